"""train: features → a model, fitted over time folds, evaluated on the last dates, promoted or kept."""

import functools
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # publishes no types

from holdfast.artifacts.contacts import ContactLog
from holdfast.artifacts.features import Features
from holdfast.artifacts.models import Model, write_model
from holdfast.artifacts.raw import read_truth
from holdfast.artifacts.stated_values import StatedValues
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.trials import open_tuner
from holdfast.artifacts.validated import ValidatedTables
from holdfast.contacts.snapshots import label_snapshots
from holdfast.evaluation.champion import Challenge, available_to, compare_with_champion
from holdfast.evaluation.changes import compare_cards
from holdfast.evaluation.inputs import EvaluationInputs
from holdfast.evaluation.lead_time import evaluate_lead_time
from holdfast.evaluation.model_card import evaluate_best
from holdfast.evaluation.references import learn_references
from holdfast.model.training import train_model
from holdfast.model.training_spec import TrainingSpec, text_spec
from holdfast.runtime.context import StageRun, logger
from holdfast.streams.definitions import define
from holdfast.text.model import parse_corpus

IN_CARD = ("churn", "timeline", "features", "tuning", "text", "gate")  # settings


def train(
    run: StageRun, features: Features, contacts: ContactLog, stated: StatedValues | None,
    champion: Model | None, validated: ValidatedTables, streams: Streams,
) -> dict[str, Any]:  # fmt: skip
    """Fit a model, evaluate it against the baselines and the champion, and write its folder."""
    settings, source, seed = run.settings, run.settings.source, run.settings.seed
    version, table = Model.folder_of(run.root, run.key).name, features.summary
    texts = features.texts() if settings.model.text else None
    labelled = label_snapshots(
        features.table(), table, contacts.contacts, settings.timeline, settings.churn.kind
    )  # fmt: skip
    test = labelled.test_rows()
    with run.engine() as engine:
        available_streams = define(validated.tables(engine), source.attributes)
        values = None if stated is None else stated.of(test, validated.tables(engine))
    available = functools.partial(
        available_to, features=table, day=run.day, churn=settings.churn, streams=available_streams
    )  # fmt: skip
    with threadpool_limits(1, "blas"):  # folds and bags already run in parallel
        trained = train_model(
            labelled.rows, labelled.splits, settings.model, table.columns, seed=seed, threads=run.threads,
            progress=logger.info, corpus=parse_corpus(texts, settings.words, settings.text),
            tuner=open_tuner(run.root, version, settings.tuning),
        )  # fmt: skip
        spec = TrainingSpec(
            trained.settings, settings.timeline, settings.features,
            None if texts is None else text_spec(settings.text, settings.words),
            source.mapping, tuple(sorted(table.columns)),
        )  # fmt: skip
        logger.info("evaluating against the baselines and the champion")
        challenge = Challenge(
            spec, labelled.rows, labelled.splits, test, features.texts(), settings.gate.allow_less_data,
            seed, run.threads,
        )  # fmt: skip
        comparison = compare_with_champion(
            challenge, None if champion is None else champion.as_champion(), available
        )
    inputs = EvaluationInputs(
        comparison, table, values, source.undated_attributes, source.currency,
        settings.model, settings.outreach, settings.gate, settings.audit,
        settings.churn.kind == "inactivity", seed,
        read_truth(run.root) if source.name == "demo" else None,
    )  # fmt: skip
    trained, card, predictions = evaluate_best(labelled, trained, inputs)
    with run.engine() as engine:
        card["lead_time"] = evaluate_lead_time(
            predictions, card, validated.tables(engine), run.buckets(streams), run.day,
            churn=settings.churn, timeline=settings.timeline, outreach=settings.outreach,
        )  # fmt: skip
    references = learn_references(trained, labelled, seed)
    tuned = {"model": trained.settings.model_dump(mode="json")}
    card |= references.drivers.to_dict() | validated.provenance() | {
        "version": version, "as_of": str(run.day), "question": settings.churn.question, "seed": seed,
        "churned_means": settings.churn.churned_means,
        "command": f"holdfast train source={source.name} as_of={run.day} seed={seed}",
        "settings": {name: run.declared[name] for name in IN_CARD} | tuned,
    }  # fmt: skip
    if champion is not None and champion.version != version:
        card["since_champion"] = compare_cards(card, champion.card())
    write_model(run.out, trained.bundle, spec.to_dict(), card, predictions, references)
    return {"version": version, "as_of": str(run.day), "gate": card["gate"]}

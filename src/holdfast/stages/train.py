"""train: features → a model, fitted over time folds, evaluated on the last dates, promoted or kept."""

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
from holdfast.evaluation.fit import fit_and_evaluate
from holdfast.evaluation.inputs import TrainingData, TrainingSettings
from holdfast.evaluation.lead_time import evaluate_lead_time
from holdfast.runtime.context import StageRun, logger
from holdfast.streams.definitions import define

IN_CARD = ("churn", "timeline", "features", "tuning", "text", "gate")  # settings


def train(
    run: StageRun, features: Features, contacts: ContactLog, stated: StatedValues | None,
    champion: Model | None, validated: ValidatedTables, streams: Streams,
) -> dict[str, Any]:  # fmt: skip
    """Fit a model, evaluate it against the baselines and the champion, and write its folder."""
    settings, churn, source, table = run.settings, run.settings.churn, run.settings.source, features.summary
    version = Model.folder_of(run.root, run.key).name
    labelled = label_snapshots(features.table(), table, contacts.contacts, settings.timeline, churn.kind)
    with run.engine() as engine:
        tables = validated.tables(engine)
        data = TrainingData(
            labelled, table, features.texts(), define(tables, source.attributes),
            stated=None if stated is None else stated.of(labelled.test_rows(), tables),
            champion=None if champion is None else champion.as_champion(),
            truth=read_truth(run.root) if source.name == "demo" else None,
        )  # fmt: skip
    given = TrainingSettings(
        churn, settings.timeline, settings.features, settings.model, settings.text, settings.words,
        settings.gate, settings.audit, settings.outreach, source, settings.seed, run.threads,
    )  # fmt: skip
    with threadpool_limits(1, "blas"):  # folds and bags already run in parallel
        fitted = fit_and_evaluate(
            data, given, version=version, day=run.day, provenance=validated.provenance(),
            recorded={name: run.declared[name] for name in IN_CARD},
            tuner=open_tuner(run.root, version, settings.tuning), progress=logger.info,
        )  # fmt: skip
    with run.engine() as engine:
        fitted.card["lead_time"] = evaluate_lead_time(
            fitted.predictions, fitted.card, validated.tables(engine), run.buckets(streams), run.day,
            churn=churn, timeline=settings.timeline, outreach=settings.outreach,
        )  # fmt: skip
    write_model(run.out, fitted)
    return {"version": version, "as_of": str(run.day), "gate": fitted.card["gate"]}

"""train: features → a model, fitted over time folds, evaluated on the last dates, promoted or kept."""

import functools
import logging
import time
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # publishes no types

from holdfast.artifacts.contacts import ContactLog
from holdfast.artifacts.features import Features
from holdfast.artifacts.models import Model, TrialFits, write_model
from holdfast.artifacts.raw import read_truth
from holdfast.artifacts.stated_values import StatedValues
from holdfast.artifacts.validated import ValidatedTables
from holdfast.contacts.snapshots import FLAGGED, apply_policy, describe_policy, mark_contacted
from holdfast.evaluation.champion import Challenge, Comparison, available_to, compare_with_champion
from holdfast.evaluation.changes import compare_cards
from holdfast.evaluation.inputs import EvaluationInputs
from holdfast.evaluation.leakage import find_leaks
from holdfast.evaluation.model_card import evaluate_model
from holdfast.explain.attribution import peer_columns
from holdfast.explain.drivers import explain_sample, sample_last_date
from holdfast.explain.peers import PeerGroups, build_peer_groups, recent_stayers
from holdfast.model.labelled import Labelled, take_labelled
from holdfast.model.matrix import CONTACT_FLAG, CONTACTED
from holdfast.model.training import TrainingResult, train_model
from holdfast.model.training_spec import SAMPLED, TrainingSpec, text_spec
from holdfast.model.tuning import TrialResult, Tuner
from holdfast.monitor.training_profile import profile_training
from holdfast.outreach.customer_value import snapshot_values
from holdfast.runtime.context import StageRun
from holdfast.streams.definitions import define
from holdfast.text.model import Corpus, parse_corpus

logger = logging.getLogger(__name__)


def train(
    run: StageRun, features: Features, contacts: ContactLog, stated: StatedValues | None,
    champion: Model | None, validated: ValidatedTables,
) -> dict[str, Any]:  # fmt: skip
    """Fit a model, evaluate it against the baselines and the champion, and write its folder."""
    settings, version = run.settings, Model.folder_of(run.root, run.key).name
    labelled = label(run, features, contacts)
    with threadpool_limits(1, "blas"):  # folds and bags already run in parallel
        trained = fit(run, features, labelled, version)
        spec = training_spec(run, features, trained)
        comparison = meet_champion(run, features, labelled, spec, champion, validated)
    card, predictions = evaluate_model(
        labelled, trained, evaluation_inputs(run, features, labelled, comparison, champion, stated)
    )
    drivers = explain_sample(
        trained.bundle, trained.with_texts(sample_last_date(labelled.rows, settings.seed))
    )  # fmt: skip
    card |= about(run, version, validated, trained) | drivers.to_dict()
    if champion is not None and champion.version != version:
        card["since_champion"] = compare_cards(card, champion.card())
    write_model(
        run.out, bundle=trained.bundle, spec=spec.to_dict(), card=card, predictions=predictions,
        profile=profile_training(trained, labelled.rows), drivers=drivers,
        peer_groups=peer_groups(trained, labelled),
    )  # fmt: skip
    return {"version": version, "as_of": str(run.day), "gate": card["gate"]}


def peer_groups(trained: TrainingResult, labelled: Labelled) -> PeerGroups:
    """The customers who stayed, with whom reasons compare."""
    rows = trained.with_texts(recent_stayers(labelled.rows))
    return build_peer_groups(rows, peer_columns(trained.bundle.columns.names, rows.column_names))


def label(run: StageRun, features: Features, contacts: ContactLog) -> Labelled:
    """The labelled snapshots; snapshots of contacted customers are kept, dropped or flagged."""
    timeline, outcome = run.settings.timeline, features.outcome
    labelled = take_labelled(features.table(), features.dates, outcome, timeline, run.settings.churn.kind)
    rows, policy = mark_contacted(labelled.rows, contacts.contacts, outcome), timeline.contacted_policy
    if policy != "keep" or CONTACTED in rows.column_names:
        logger.info(describe_policy(policy, rows))
    rows, splits = apply_policy(policy, rows, labelled.splits)
    return Labelled(rows, labelled.plan, splits)


def fit(run: StageRun, features: Features, labelled: Labelled, version: str) -> TrainingResult:
    """Fit the model, after a hyperparameter search if tuning is on."""
    settings = run.settings
    columns = features.columns | (
        {CONTACT_FLAG: FLAGGED} if CONTACT_FLAG in labelled.rows.column_names else {}
    )
    corpus: Corpus | None = None
    texts = features.texts() if settings.model.text else None
    if texts is not None and texts.table.num_rows:
        logger.info("reading %s texts", f"{texts.table.num_rows:,}")
        corpus = parse_corpus(texts, settings.words, settings.text)
    return train_model(
        labelled.rows, labelled.splits, settings.model, columns,
        seed=settings.seed, threads=run.threads, progress=logger.info, corpus=corpus,
        tuner=open_tuner(run, version) if settings.tuning.n_trials else None,
    )  # fmt: skip


def open_tuner(run: StageRun, version: str) -> Tuner:
    """A hyperparameter search that saves its fits, so that an interrupted search can resume."""
    fits, began = TrialFits(run.root, version), time.monotonic()
    if fits.begun():
        logger.info("the search for better settings goes on where it was")
    trials = run.settings.tuning.n_trials

    def log_trial(trial: TrialResult) -> None:
        changes = ", ".join(f"{name} {value:g}" for name, value in trial.params.items())
        logger.info(
            "trial %d of %d: log loss %.5f on %d folds, %s: %s",
            trial.number + 1, trials, trial.loss, len(trial.losses), trial.state, changes,
        )  # fmt: skip

    return Tuner(run.settings.tuning, lambda: time.monotonic() - began, fits.keep, log_trial)


def training_spec(run: StageRun, features: Features, trained: TrainingResult) -> TrainingSpec:
    """The settings that determine the training, beside the data."""
    settings = run.settings
    texts = None
    if settings.model.text and features.has_texts:
        texts = text_spec(settings.text, settings.words)
    columns = tuple(sorted(features.columns))
    return TrainingSpec(
        trained.settings, settings.timeline, settings.features, texts, settings.source.mapping, columns
    )


def meet_champion(
    run: StageRun, features: Features, labelled: Labelled, spec: TrainingSpec, champion: Model | None,
    validated: ValidatedTables,
) -> Comparison:  # fmt: skip
    """Compare with the champion on the test rows."""
    logger.info("evaluating against the baselines and the champion")
    if champion is None:
        return Comparison()
    with run.engine() as engine:
        streams = define(validated.tables(engine), run.settings.source.attributes)
        available = functools.partial(
            available_to, first_day=features.first_day, day=run.day, churn=run.settings.churn,
            outcome=features.outcome, dates=tuple(features.dates), rows=features.rows, streams=streams,
        )  # fmt: skip
        challenge = Challenge(
            spec, labelled.rows, labelled.splits, labelled.test_rows(), features.texts(),
            run.settings.gate.allow_less_data, run.settings.seed, run.threads,
        )  # fmt: skip
        return compare_with_champion(challenge, champion.as_champion(), available)


def evaluation_inputs(
    run: StageRun, features: Features, labelled: Labelled, comparison: Comparison, champion: Model | None,
    stated: StatedValues | None,
) -> EvaluationInputs:  # fmt: skip
    """The inputs of the evaluation beside the fitted model."""
    settings, test, outcome = run.settings, labelled.test_rows(), features.outcome
    outreach, given = settings.outreach, None
    if stated is not None:
        with run.engine() as engine:
            given = stated.of(test, engine)
    values = snapshot_values(
        test, margin=outreach.margin, value_days=outreach.value_days, least_days=outcome.horizon_days,
        stated=given,
    )  # fmt: skip
    leaks = find_leaks(labelled.rows, features.columns, settings.source.undated_attributes, settings.audit)
    return EvaluationInputs(
        comparison=comparison, champion_exists=champion is not None, values=values.to_numpy(),
        columns=features.columns, leaks=leaks, dates=features.dates,
        sampled=features.rows >= SAMPLED * settings.timeline.max_rows, outcome=outcome,
        currency=settings.source.currency, model=settings.model, outreach=outreach, gate=settings.gate,
        seed=settings.seed, truth=read_truth(run.root) if settings.source.name == "demo" else None,
    )  # fmt: skip


def about(run: StageRun, version: str, validated: ValidatedTables, trained: TrainingResult) -> dict[str, Any]:
    """The provenance of a model for its card: settings, data counts and hashes."""
    settings = run.settings
    names = ("churn", "timeline", "features", "tuning", "text", "gate")
    counts = ("read", "accepted", "rejected", "out_of_scope", "by_rule")
    return {
        "version": version,
        "as_of": str(run.day),
        "question": settings.churn.question,
        "command": f"holdfast train source={settings.source.name} as_of={run.day} seed={settings.seed}",
        "settings": {name: getattr(settings, name).model_dump(mode="json") for name in names}
        | {"model": trained.settings.model_dump(mode="json")},  # the tuned settings, if there was a search
        "seed": settings.seed,
        "data": {
            name: {count: report[count] for count in counts} for name, report in validated.reports.items()
        },
        "choices": validated.choices,
        "hashes": {"raw": validated.manifest["inputs"], "validated": validated.hashes()},
    }

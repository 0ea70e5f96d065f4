"""monitor: current and earlier scores → drift, results and a verdict on the model."""

import datetime as dt
import logging
from collections.abc import Iterator
from typing import Any

import pandas as pd

from holdfast.artifacts.labels import labels_at, labels_of
from holdfast.artifacts.lists import ListHistory
from holdfast.artifacts.models import Model, find_model
from holdfast.artifacts.monitor import MonitorTables, write_monitor
from holdfast.artifacts.scores import Scores, ScoringHistory, probabilities
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.contacts.log import contacted_in, source_contacts
from holdfast.features.request import log_before, outcome_by
from holdfast.monitor.drift import COLUMNS as DRIFT_COLUMNS
from holdfast.monitor.look import take_look
from holdfast.monitor.profile import compare_counts
from holdfast.monitor.results import COLUMNS, grade_group, grade_run, spread_evenly
from holdfast.monitor.scores import Scored, follow_scores
from holdfast.monitor.verdict import judge_results
from holdfast.runtime.context import StageRun

logger = logging.getLogger(__name__)


def monitor(
    run: StageRun, scores: Scores, model: Model, history: ScoringHistory, lists: ListHistory,
    validated: ValidatedTables, streams: Streams,
) -> dict[str, Any]:  # fmt: skip
    """Measure the drift of inputs and scores and the results of the model that scored."""
    limits, seed = run.settings.monitor, run.settings.seed
    now = as_scored(scores)
    look = take_look(
        model.profile(), scores.input_counts(), model.score_reference(), now.probability,
        day=run.day, trained=model.as_of, limits=limits,
    )  # fmt: skip
    logger.info("looking at %s earlier scoring runs", f"{len(history.dates):,}")
    runs = [as_scored(one) for one in history.runs(spread_evenly(history.dates, limits.runs))]
    found = {
        version: find_model(run.root, version) for version in {one.model_version for one in (*runs, now)}
    }
    references = {version: None if one is None else one.score_reference() for version, one in found.items()}
    trend = follow_scores([*runs, now], references)
    results = pd.DataFrame(list(past_results(run, history, lists, validated, streams)), columns=COLUMNS)
    predictions = model.test_predictions()
    test = {} if predictions is None else grade_group(predictions.to_pandas(), seed)
    of_results = judge_results(results, test, model.version, limits)
    verdict = look.verdict(limits, run.settings.churn.horizon_days, of_results)
    counts = compare_counts(model.profile(), scores.input_counts())
    drift = pd.DataFrame(columns=DRIFT_COLUMNS) if look.drift is None else look.drift
    write_monitor(run.out, MonitorTables(drift, trend, results, counts))
    about = {"as_of": str(run.day), "model_version": model.version, "test": test}
    return about | verdict.to_dict() | look.figures()


def as_scored(scores: Scores) -> Scored:
    """A scoring run in the form that the monitor reads."""
    probability = scores.table(["churn_probability"])["churn_probability"].to_numpy()
    return Scored(scores.as_of, scores.model_version, probability)


def past_results(
    run: StageRun, history: ScoringHistory, lists: ListHistory, validated: ValidatedTables, streams: Streams
) -> Iterator[dict[str, Any]]:
    """The metrics of earlier runs with a known outcome (see `grade_run`), oldest first.

    `fair` is false if the model was trained on outcomes from after the run's date.
    """
    for scores, customers in known_outcomes(run, history, lists, validated, streams):
        model = find_model(run.root, scores.model_version)
        fair = model is not None and model.as_of <= scores.as_of
        about = {"as_of": str(scores.as_of), "model_version": scores.model_version, "fair": fair}
        yield from grade_run(customers, about, run.settings.seed)


def known_outcomes(
    run: StageRun, history: ScoringHistory, lists: ListHistory, validated: ValidatedTables, streams: Streams
) -> Iterator[tuple[Scores, pd.DataFrame]]:
    """The outcomes of the scored customers, for each earlier run with mature labels.

    Yields:
        The run, and one row per customer: customer_id, churned (0 or 1), churn_probability, contacted (from
        the as-of date to the end of the outcome window), held_out. Customers without a label (erased, or no
        longer eligible after a correction) are left out.
    """
    settings = run.settings
    with run.engine() as engine:
        tables = validated.tables(engine)
        outcome = outcome_by(settings.churn, settings.timeline, log_before(tables, settings.churn, run.day))
        mature = [date for date in history.dates if outcome.mature_at(date) <= run.day]
        mature = spread_evenly(mature, settings.monitor.runs)
        if not mature:
            return
        labels = labels_at(streams, tables, settings.churn, outcome, tuple(mature), run.day, run.threads)
        contacts = source_contacts(tables, mature[0], run.day)
    for scores in history.runs(mature):
        date = scores.as_of
        customers = probabilities(scores).merge(labels_of(labels, date), on="customer_id")
        customers = customers.sort_values("customer_id", ignore_index=True)
        called = contacted(contacts, lists, date, outcome.window(date)[1])
        customers["contacted"] = customers["customer_id"].isin(called)
        customers["held_out"] = customers["customer_id"].isin(lists.held_out(date))
        yield scores, customers


def contacted(contacts: pd.DataFrame | None, lists: ListHistory, start: dt.date, over: dt.date) -> set[str]:
    """The customers contacted in `[start, over)`; without a contacts table, those on the list of `start`."""
    if contacts is None:
        return lists.customers(start)
    return set(contacted_in(contacts, start, over)["customer_id"])

"""monitor: current and earlier scores → drift, results and a verdict on the model."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from holdfast.artifacts.lists import ListHistory
from holdfast.artifacts.models import Model, find_model, score_references
from holdfast.artifacts.monitor import MonitorTables, write_monitor
from holdfast.artifacts.scores import Scores, ScoringHistory, as_scored, probabilities
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.contacts.log import contacted_in, source_contacts
from holdfast.features.labels import labels_at, labels_of
from holdfast.features.request import outcome_at
from holdfast.monitor.drift import COLUMNS as DRIFT_COLUMNS
from holdfast.monitor.look import take_look
from holdfast.monitor.profile import compare_counts
from holdfast.monitor.results import COLUMNS, grade_group, grade_run, spread_evenly
from holdfast.monitor.scores import follow_scores
from holdfast.monitor.verdict_on_results import judge_results
from holdfast.runtime.context import StageRun, logger


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
    runs = [*map(as_scored, history.of_dates(spread_evenly(history.dates, limits.runs))), now]
    trend = follow_scores(runs, score_references(run.root, {scored.model_version for scored in runs}))
    results = pd.DataFrame(list(past_results(run, history, lists, validated, streams)), columns=COLUMNS)
    predictions = model.test_predictions()
    test = {} if predictions is None else grade_group(predictions.to_pandas(), seed)
    of_results = judge_results(results, test, model.version, limits)
    verdict = look.verdict(limits, run.settings.churn.horizon_days, of_results)
    counts = compare_counts(model.profile(), scores.input_counts())
    drift = pd.DataFrame(columns=DRIFT_COLUMNS) if look.drift is None else look.drift
    write_monitor(run.out, MonitorTables(drift, trend, results, counts))
    about = {
        "as_of": str(run.day), "model_version": model.version, "test": test,
        "churned_means": run.settings.churn.churned_means,
    }  # fmt: skip
    return about | verdict.to_dict() | look.figures()


def past_results(
    run: StageRun, history: ScoringHistory, lists: ListHistory, validated: ValidatedTables, streams: Streams
) -> Iterator[dict[str, Any]]:
    """The metrics of earlier runs with a known outcome (see `grade_run`), oldest first.

    Customers without a label (erased, or no longer eligible after a correction) are left out. `fair` is false
    if the model was trained on outcomes from after the run's date.
    """
    churn, timeline, day = run.settings.churn, run.settings.timeline, run.day
    with run.engine() as engine:
        tables = validated.tables(engine)
        outcome = outcome_at(tables, churn, timeline, day)
        mature = [date for date in history.dates if outcome.mature_at(date) <= day]
        if not mature:
            return
        mature = spread_evenly(mature, run.settings.monitor.runs)
        buckets = run.buckets(streams)
        labels = labels_at(
            tuple(mature), tables, buckets, churn=churn, outcome=outcome, known_before=day
        )  # fmt: skip
        contacts = source_contacts(tables, mature[0], day)
    for scores in history.of_dates(mature):
        date, version = scores.as_of, scores.model_version
        called = lists.customers(date)
        if contacts is not None:
            called = set(contacted_in(contacts, date, outcome.window(date)[1])["customer_id"])
        customers = probabilities(scores).merge(labels_of(labels, date), on="customer_id")
        customers = customers.sort_values("customer_id", ignore_index=True)
        customers["contacted"] = customers["customer_id"].isin(called)
        customers["held_out"] = customers["customer_id"].isin(lists.held_out(date))
        model = find_model(run.root, version)
        fair = model is not None and model.as_of <= date
        about = {"as_of": str(date), "model_version": version, "fair": fair}
        yield from grade_run(customers, about, run.settings.seed)

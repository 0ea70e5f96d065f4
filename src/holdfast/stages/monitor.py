"""monitor: current and earlier scores → drift, results and a verdict on the model."""

from typing import Any

from holdfast.artifacts.lists import ListHistory
from holdfast.artifacts.models import Model, score_references
from holdfast.artifacts.monitor import MonitorTables, find_past_runs, write_monitor
from holdfast.artifacts.scores import Scores, ScoringHistory, as_scored
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.features.request import outcome_at
from holdfast.monitor.comparison import compare_with_training
from holdfast.monitor.past_runs import grade_runs, sample_mature_dates
from holdfast.monitor.profile import compare_counts
from holdfast.monitor.results import grade_group, spread_evenly
from holdfast.monitor.scores import follow_scores
from holdfast.monitor.verdict_on_results import judge_results
from holdfast.runtime.context import StageRun, logger


def monitor(
    run: StageRun, scores: Scores, model: Model, history: ScoringHistory, lists: ListHistory,
    validated: ValidatedTables, streams: Streams,
) -> dict[str, Any]:  # fmt: skip
    """Measure the drift of inputs and scores and the results of the model that scored."""
    limits, seed, churn, day = run.settings.monitor, run.settings.seed, run.settings.churn, run.day
    now, profile, counts = as_scored(scores), model.profile(), scores.input_counts()
    comparison = compare_with_training(
        profile, counts, model.score_reference(), now.probability, day=day, trained=model.as_of, limits=limits
    )
    logger.info("comparing with %s earlier scoring runs", f"{len(history.dates):,}")
    runs = [*map(as_scored, history.of_dates(spread_evenly(history.dates, limits.runs))), now]
    trend = follow_scores(runs, score_references(run.root, {scored.model_version for scored in runs}))
    with run.engine() as engine:
        tables = validated.tables(engine)
        outcome = outcome_at(tables, churn, run.settings.timeline, day)
        dates = sample_mature_dates(history.dates, outcome, day, limits.runs)
        results = grade_runs(
            find_past_runs(history, dates, lists), dates, tables, run.buckets(streams),
            churn=churn, outcome=outcome, day=day, seed=seed,
        )  # fmt: skip
    test = grade_group(model.test_predictions().to_pandas(), seed)
    verdict = comparison.verdict(
        limits, churn.horizon_days, judge_results(results, test, model.version, limits)
    )
    write_monitor(run.out, MonitorTables(comparison.drift, trend, results, compare_counts(profile, counts)))
    about = {"as_of": str(day), "model_version": model.version, "test": test}
    return about | {"churned_means": churn.churned_means} | verdict.to_dict() | comparison.figures()

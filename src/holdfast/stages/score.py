"""score: model and streams → scores of every eligible customer at one as-of date."""

from typing import Any

import pyarrow as pa

from holdfast.artifacts.models import Model
from holdfast.artifacts.scores import ScoringHistory, map_model_input, write_model_input, write_scores
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.features.request import log_before
from holdfast.monitor.comparison import compare_with_training
from holdfast.monitor.delivery_contents import EARLIER_LISTS, check_deliveries, judge_deliveries
from holdfast.monitor.profile import Seen, Tally
from holdfast.runtime.context import StageRun, logger
from holdfast.scoring.model_input import request_input
from holdfast.scoring.scores import guard_scores, rank_customers, refuse_no_customers, score_rows


def score(
    run: StageRun, model: Model, validated: ValidatedTables, streams: Streams, history: ScoringHistory
) -> dict[str, Any]:
    """Write the model's input bucket by bucket, score it, and refuse impossible scores."""
    settings, limits, churn = run.settings, run.settings.monitor, run.settings.churn
    doubts = judge_deliveries(
        validated.arrivals(), run.day, validated.contents, history.contents(EARLIER_LISTS), churn.stream,
        validated.rejected_files,
    )  # fmt: skip
    check_deliveries(doubts, accept=limits.accept_changes)
    if model.as_of > run.day:
        logger.warning("the model of %s has seen what happened after %s", model.as_of, run.day)
    bundle, profile, buckets = model.bundle(), model.profile(), run.buckets(streams)
    with run.engine() as engine:
        tables = validated.tables(engine)
        log_before(tables, churn, run.day)  # an empty log is refused
        request = request_input(
            bundle, tables, settings.source.attributes, run.day, churn=churn, features=settings.features
        )
    logger.info("%d features as of %s", len(request.extraction.plan.columns), run.day)
    rows = write_model_input(run.large, request, buckets)
    refuse_no_customers(rows, run.day, churn.kind)

    def score_bucket(part: pa.Table) -> tuple[pa.Table, dict[str, Seen]]:
        return score_rows(bundle, part), Tally(profile).count(part, rows)

    scored, seen = zip(*map_model_input(run.large, score_bucket, buckets), strict=True)
    scores, counts = rank_customers(scored, run.day, model.version), Tally(profile).merge(seen).to_table()
    guard_scores(scores)
    write_scores(run.out, scores, counts)
    comparison = compare_with_training(
        profile, counts, model.score_reference(), scores["churn_probability"].to_numpy(),
        day=run.day, trained=model.as_of, limits=limits,
    )  # fmt: skip
    return {
        "as_of": str(run.day), "model_version": model.version, "rows": rows,
        "monitor": comparison.verdict(limits, churn.horizon_days).to_dict() | comparison.figures(),
        "tables": validated.contents, "deliveries": [doubt.to_dict() for doubt in doubts],
        "accepted_changes": any(doubt.refuse for doubt in doubts),
    }  # fmt: skip

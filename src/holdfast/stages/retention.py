"""retention: validated tables → rates, revenue, cohorts, segments, the voice of the customer and goals."""

import datetime as dt
from typing import Any

import pandas as pd

from holdfast.artifacts.outcomes import OutcomesHistory
from holdfast.artifacts.reason_history import ReasonHistory
from holdfast.artifacts.retention import write_retention
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.features.labels import labels_at
from holdfast.features.request import log_before
from holdfast.retention.log import Log
from holdfast.retention.measure import measure_retention
from holdfast.runtime.context import StageRun, logger


def retention(
    run: StageRun,
    validated: ValidatedTables,
    streams: Streams,
    reasons: ReasonHistory,
    outcomes: OutcomesHistory,
) -> dict[str, Any]:
    """Measure how well customers are kept, by what was known before the as-of date."""
    settings, churn, day, buckets = run.settings, run.settings.churn, run.day, run.buckets(streams)
    with run.engine() as engine:
        tables = validated.tables(engine)
        span = log_before(tables, churn, day)
        delay = settings.timeline.label_delay_days
        outcome = churn.outcome(span.delay_days if delay is None else delay)
        assert span.first_day is not None, "an empty log is refused"
        log = Log(
            tables=tables, day=day, churn=churn, outcome=outcome, first_day=span.first_day,
            attributes=tuple(settings.source.attributes), margin=settings.outreach.margin,
            value_days=settings.outreach.value_days,
        )  # fmt: skip

        def labels_of(dates: tuple[dt.date, ...]) -> pd.DataFrame:
            labels = labels_at(dates, tables, buckets, churn=churn, outcome=outcome, known_before=day)
            frame: pd.DataFrame = labels.select(["customer_id", "as_of", "churned"]).to_pandas()
            return frame

        logger.info("measuring rates, cohorts and segments by %s", settings.retention.period)
        measured, figures = measure_retention(log, settings.retention, labels_of, reasons.latest_first())
    content = {
        "as_of": str(day), "source": settings.source.name, "currency": settings.source.currency,
        "question": churn.question, "churned_means": churn.churned_means,
        "settings": settings.retention.model_dump(mode="json"),
        "margin": log.margin, "value_days": log.value_days,
        "outcomes": outcomes.verdicts(), "reason_labels": settings.page_words.labels, **figures,
    }  # fmt: skip
    return write_retention(run.out, measured, content)

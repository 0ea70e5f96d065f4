"""features: streams → snapshots with labels and features at the training dates."""

import dataclasses
import datetime as dt
from typing import Any

import pyarrow as pa
from ibis import Table

from holdfast.artifacts.features import customers_in, write_part, write_texts
from holdfast.artifacts.question import keep_question
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.engine.duckdb import DuckDB
from holdfast.engine.parallel import map_buckets
from holdfast.features.extraction import LABELS, Extraction, count_dates, extract_bucket, sample_share
from holdfast.features.request import (
    log_before,
    outcome_by,
    refuse_short_log,
    request_at,
    training_dates,
)
from holdfast.runtime.context import StageRun, logger
from holdfast.text.collecting import collect_texts, read_texts


def extract_features(run: StageRun, validated: ValidatedTables, streams: Streams) -> dict[str, Any]:
    """Extract labels, features and the customers' texts, bucket by bucket."""
    with run.engine() as engine:
        tables = validated.tables(engine)
        first_day, extraction = training_request(run, tables)
        columns = {column.name: column.reason for column in extraction.plan.columns}
        logger.info("%d features at %s", len(columns), describe_dates(extraction.dates))
        dates = write_buckets(run, extraction, streams)
        rows = sum(date["rows"] for date in dates.values())
        if 0 < sum(date["churned"] for date in dates.values()) < rows:
            keep_question(run.root, run.context.question, "churn")  # from here on the question is fixed
        manifest = {
            "as_of": str(run.day), "dates": dates, "columns": columns, "rows": rows,
            "outcome": dataclasses.asdict(extraction.outcome), "first_day": str(first_day),
        }  # fmt: skip
        return manifest | keep_texts(run, engine, tables, extraction.dates)


def training_request(run: StageRun, tables: dict[str, Table]) -> tuple[dt.date, Extraction]:
    """The first day of the log, and the extraction of labels and features for a training.

    Raises:
        DataRefused: nothing was known before the as-of date, or no label is mature.
    """
    churn, timeline = run.settings.churn, run.settings.timeline
    span = log_before(tables, churn, run.day)
    assert span.first_day is not None
    outcome = outcome_by(churn, timeline, span)
    dates = training_dates(span.first_day, run.day, outcome, timeline)
    if not dates:
        raise refuse_short_log(churn.stream, span.first_day, run.day, outcome)
    extraction = request_at(
        tables, run.settings.source.attributes, dates,
        churn=churn, outcome=outcome, features=run.settings.features, known_before=run.day,
    )  # fmt: skip
    return span.first_day, dataclasses.replace(extraction, max_rows=timeline.max_rows)


def write_buckets(run: StageRun, extraction: Extraction, streams: Streams) -> dict[str, dict[str, int]]:
    """Write the features of every bucket and return the counts of every as-of date."""
    share = sample_share(extraction, streams.bucket(0, extraction.streams), streams.buckets)

    def work(number: int) -> pa.Table:
        part = extract_bucket(extraction, streams.bucket(number, extraction.streams), share)
        write_part(run.out, number, part)
        return part.select([name for name in ("as_of", *LABELS) if name in part.column_names])

    return count_dates(pa.concat_tables(map_buckets(work, streams.buckets, run.threads)))


def keep_texts(
    run: StageRun, engine: DuckDB, tables: dict[str, Table], dates: tuple[dt.date, ...]
) -> dict[str, Any]:
    """Write the texts of the customers in the features, if the source has texts."""
    texts = collect_texts(tables, run.day)
    if texts is None:
        return {}
    return write_texts(run.out, read_texts(texts, dates, customers_in(engine, run.out)))


def describe_dates(dates: tuple[dt.date, ...]) -> str:
    """A single date, or the number of dates with the first and the last."""
    return str(dates[0]) if len(dates) == 1 else f"{len(dates)} as-of dates from {dates[0]} to {dates[-1]}"

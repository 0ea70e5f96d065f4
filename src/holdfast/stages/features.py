"""features: streams → snapshots with labels and features at the training dates."""

import dataclasses
from typing import Any

from holdfast.artifacts.features import customers_in, write_features, write_texts
from holdfast.artifacts.question import keep_question
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.features.request import training_request
from holdfast.runtime.context import StageRun, logger
from holdfast.text.collecting import read_texts


def extract_features(run: StageRun, validated: ValidatedTables, streams: Streams) -> dict[str, Any]:
    """Extract labels, features and the customers' texts, bucket by bucket."""
    settings = run.settings
    with run.engine() as engine:
        tables = validated.tables(engine)
        first_day, extraction = training_request(
            tables, settings.source.attributes, run.day,
            churn=settings.churn, features=settings.features, timeline=settings.timeline,
        )  # fmt: skip
        columns = {column.name: column.reason for column in extraction.plan.columns}
        days = extraction.dates
        logger.info("%d features at %d as-of dates, %s to %s", len(columns), len(days), days[0], days[-1])
        written = write_features(run.large, extraction, run.buckets(streams))
        if 0 < sum(date["churned"] for date in written["dates"].values()) < written["rows"]:
            keep_question(run.root, run.context.question, "churn")  # from here on the question is fixed
        texts = read_texts(tables, run.day, days, customers_in(engine, run.large))
    return {
        **written, "as_of": str(run.day), "columns": columns,
        "outcome": dataclasses.asdict(extraction.outcome), "first_day": str(first_day),
        **({} if texts is None else write_texts(run.out, texts)),
    }  # fmt: skip

"""streams: validated tables → streams, all facts of a customer in one bucket."""

from typing import Any

from holdfast.artifacts.stream_writer import StreamWriter
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.engine.buckets import choose_buckets
from holdfast.runtime.context import StageRun, logger


def sort_into_buckets(run: StageRun, validated: ValidatedTables) -> dict[str, Any]:
    """Write every stream in buckets of customers, or append new rows to existing buckets."""
    facts = sum(report["accepted"] for report in validated.reports.values())
    buckets = choose_buckets(facts, run.settings.engine.buckets)
    before = run.previous
    assert before is None or isinstance(before, Streams)
    usable = before is not None and before.buckets == buckets and before.store == run.store
    unchanged = before.unchanged_streams() if before is not None and usable else {}
    logger.info("sorting %s rows into %d buckets of customers", f"{facts:,}", buckets)
    with run.engine() as engine:
        attributes = run.settings.source.attributes
        writer = StreamWriter(engine, validated, attributes, run.large, buckets, unchanged)
        entries = writer.write_all()
    return {"buckets": buckets, "facts": facts, "streams": entries, "kept": writer.kept}

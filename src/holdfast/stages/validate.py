"""validate: raw tables → validated tables, and rejected rows with the broken rule."""

from pathlib import Path
from typing import Any

from holdfast.artifacts.question import keep_question
from holdfast.artifacts.validated import (
    ValidatedTables,
    copy_parts,
    day_after,
    rejected_folder,
    write_arrivals,
)
from holdfast.artifacts.validation import describe, earlier_tables, new_files
from holdfast.files import replacing_folder
from holdfast.runtime.context import StageRun, logger
from holdfast.sources.deliveries import count_days, describe_tables
from holdfast.sources.ingest import ingest
from holdfast.sources.inputs import RawFiles
from holdfast.sources.refusals import rejected_files
from holdfast.storage import RemotePath
from holdfast.timeline.arrivals import last_days
from holdfast.timeline.choices import measure_choices


def validate_tables(run: StageRun, raw: RawFiles) -> dict[str, Any]:
    """Check every row of the source's tables, or only new rows if earlier ones are already validated."""
    source, before = run.settings.source, run.previous
    assert before is None or isinstance(before, ValidatedTables)
    rejected = rejected_folder(ValidatedTables.folder_of(run.root, run.key))
    with (
        run.context.duckdb(raw.local_bytes()) as engine,
        engine.scratch("staging") as staging,
        replacing_folder(rejected, {"fingerprint": run.key.fingerprint}) as (rejected_out, _),
    ):
        assert isinstance(staging, Path)
        tables = ingest(
            engine, source, run.settings.contracts, run.out, rejected_out, staging, run.context.started,
            logger.info, hashes=raw.tables, earlier={} if before is None else earlier_tables(before),
            previous_customers=None if before is None else before.customers_folder,
            tasks=run.context.file_tasks(),
        )  # fmt: skip
        fresh = {} if before is None else {table.report.name: new_files(table, before) for table in tables}
        doubtful = [
            figures
            for name, new in fresh.items()
            for figures in rejected_files(name, new, run.settings.contracts)
        ]
        reports = {table.report.name: table.report for table in tables}
        validated = {name: engine.read_parquet(run.out / f"{name}.parquet") for name in sorted(reports)}
        arrivals = count_days(validated)
        write_arrivals(run.out, arrivals)
        contents, choices = describe_tables(validated), None
        if "transactions" in reports and (last := reports["transactions"].last_known_at):
            choices = measure_choices(validated["transactions"], day_after(last))
    keep_question(run.root, run.context.question, "source")
    described, kept = describe(tables, {} if before is None else before.reports), {}
    if isinstance(run.large, RemotePath):
        earlier = before.unchanged_at(run.store) if before is not None else {}
        kept = copy_parts(run.large, run.out, described["parts"], earlier)
    return {
        "inputs": raw.digest(), **described, "contents": contents, "choices": choices,
        "rejected_files": doubtful, "ends": last_days(arrivals), "kept": kept,
    }  # fmt: skip

"""How a validation has read each table, so that the next one reads only what is new."""

from collections.abc import Mapping
from typing import Any

from holdfast.artifacts.validated import ValidatedTables
from holdfast.files import matches, sha256_file
from holdfast.sources.growing import Standing
from holdfast.sources.ingest import Taken
from holdfast.sources.reading import Reading
from holdfast.sources.report import TableReport


def standing_tables(before: ValidatedTables) -> dict[str, Standing]:
    """Table → what an earlier validation left of it, where no byte of it has changed since."""
    found: dict[str, Standing] = {}
    for name, content in before.manifest["readings"].items():
        reading, rejected = Reading(**content), before.rejected / f"{name}.parquet"
        # a run that was killed between the two folders left rejected rows of a later reading
        whole = rejected.is_file() and sha256_file(rejected) == reading.rejected
        if whole and matches(before.folder, {f"{name}.parquet": before.table_digest(name)}):
            report = TableReport(**before.reports[name])
            found[name] = Standing(
                reading, report, before.file(name), rejected, before.table_digest(name)
            )  # fmt: skip
    return found


def describe(taken: list[Taken]) -> Mapping[str, Any]:
    """The part of the manifest that says what became of the raw rows, and how they were read."""
    return {
        "tables": {table.report.name: table.report.to_dict() for table in taken},
        "readings": {table.report.name: table.reading.to_dict() for table in taken},
    }

"""The parts of each table from the last validation, so that the next one reads only new files."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from holdfast.artifacts.validated import ValidatedTables
from holdfast.files import matches
from holdfast.sources.ingest import ValidatedTable
from holdfast.sources.parts import Earlier, Part


def earlier_tables(before: ValidatedTables) -> dict[str, Earlier]:
    """Table → the parts of an earlier validation, where they are unchanged."""
    unchanged: dict[str, Earlier] = {}
    for name, contents in before.manifest["parts"].items():
        parts = [Part(**content) for content in contents]
        validated, rejected = (
            folder / f"{name}.parquet" for folder in (before.folder, before.rejected)
        )  # fmt: skip
        # a run that was killed between the two folders left rejected rows of a later validation
        if matches(validated, {part.name: part.validated_sha256 for part in parts}) and matches(
            rejected, {part.name: part.rejected_sha256 for part in parts}
        ):
            unchanged[name] = Earlier({part.file: part for part in parts}, validated, rejected)
    return unchanged


def describe(tables: list[ValidatedTable], before: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The manifest entries: the report of each table and its parts.

    Args:
        before: the reports of the previous delivery; their column profiles are kept for comparison.
    """
    reports = {table.report.name: table.report.to_dict() for table in tables}
    for name, report in reports.items():
        report["profile_before"] = before.get(name, {}).get("profile", {})
    return {
        "tables": reports,
        "parts": {table.report.name: [asdict(part) for part in table.parts] for table in tables},
    }


def new_files(table: ValidatedTable, before: ValidatedTables) -> dict[str, Part]:
    """File → its part, of the files that are new or changed since an earlier validation.

    Of a table that is one file, which is delivered whole each time, none.
    """
    known = {part["raw_sha256"] for part in before.manifest["parts"].get(table.report.name, [])}
    several = len(table.parts) > 1 and known
    return {part.file: part for part in table.parts if several and part.raw_sha256 not in known}

"""The parts of each table that a validation left, so that the next one reads only what is new."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from holdfast.artifacts.validated import ValidatedTables
from holdfast.files import matches
from holdfast.sources.ingest import ValidatedTable
from holdfast.sources.parts import Earlier, Part


def earlier_tables(before: ValidatedTables) -> dict[str, Earlier]:
    """Table → the parts that an earlier validation left, where no byte of them has changed since."""
    found: dict[str, Earlier] = {}
    for name, contents in before.manifest["parts"].items():
        parts = [Part(**content) for content in contents]
        validated, rejected = (
            folder / f"{name}.parquet" for folder in (before.folder, before.rejected)
        )  # fmt: skip
        # a run that was killed between the two folders left rejected rows of a later validation
        if matches(validated, {part.name: part.validated_sha256 for part in parts}) and matches(
            rejected, {part.name: part.rejected_sha256 for part in parts}
        ):
            found[name] = Earlier({part.file: part for part in parts}, validated, rejected)
    return found


def describe(tables: list[ValidatedTable], before: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The part of the manifest that says what became of the raw rows, and which parts hold them.

    Args:
        before: the reports of the delivery before, whose profile of columns is kept beside the new one.
    """
    reports = {table.report.name: table.report.to_dict() for table in tables}
    for name, report in reports.items():
        report["profile_before"] = before.get(name, {}).get("profile", {})
    return {
        "tables": reports,
        "parts": {table.report.name: [asdict(part) for part in table.parts] for table in tables},
    }

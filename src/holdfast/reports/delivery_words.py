"""Sentences and ranges about what arrived, for the page of a delivery and the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.reports.words import NOTHING, count

Report = Mapping[str, Any]


def notes(name: str, report: Report) -> Iterator[str]:
    """What somebody should know about the rows of a table, in sentences; for the page and the terminal."""
    if report["undecided"]:
        yield f"{name}: for {count(report['undecided'])} rows `where` is NULL; they are out of scope"
    for joined, unmatched in report["unmatched"].items():
        yield (
            f"{name}: {count(unmatched)} rows have no row in {joined}; "
            f"{count(report['unused'][joined])} rows of {joined} belong to none"
        )
    for column, skipped in report["skipped_by_clock"].items():
        yield (
            f"{name}: {count(skipped)} values of {column} lie in an hour that the clocks of time_zone "
            "skipped; they may be in another zone"
        )
    if report["denied"]:
        yield f"{name}: {count(report['denied'])} rows may not be contacted, as a duplicate of them says"


def range_of(profile: Mapping[str, Any]) -> str:
    """From the least to the greatest value."""
    ends = [profile.get(end) for end in ("least", "most")]
    return NOTHING if None in ends else " to ".join(map(end_of_range, ends))


def end_of_range(value: float | str | None) -> str:
    """The least or greatest value of a column; blank: there is none."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value).replace("T", " ")

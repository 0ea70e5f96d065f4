"""The page about a delivery: `report.html` beside the validated tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.artifacts.validated import ValidatedTables
from holdfast.reports.page import render_page
from holdfast.reports.words import NOTHING, count, share

Report = Mapping[str, Any]
MOVED = 0.05  # a change of the share of missing values that is marked


def render_validation(tables: ValidatedTables) -> dict[str, bytes]:
    """report.html."""
    reports = tables.reports
    values = {
        "source": tables.folder.name,
        "counts": [counts_row(name, report) for name, report in reports.items()],
        "notes": [note for name, report in reports.items() for note in notes(name, report)],
        "known": [
            {"table": name, **{other: share(report["known_customers"].get(other)) for other in reports}}
            for name, report in reports.items()
        ],
        "tables": [{"name": name, "columns": column_rows(report)} for name, report in reports.items()],
        "names": list(reports),
        "rejected": str(tables.rejected),
    }
    return {"report.html": render_page("validation.html.j2", {"delivery": values})}


def counts_row(name: str, report: Report) -> dict[str, str]:
    """What became of a table's rows; accepted + rejected + out of scope = read."""
    by_size = sorted(report["by_rule"].items(), key=lambda entry: (-entry[1], entry[0]))
    rules = ", ".join(f"{rule} {count(number)}" for rule, number in by_size) or NOTHING
    steps = {step: count(report[step]) for step in ("read", "accepted", "rejected", "out_of_scope")}
    return {"table": name, **steps, "rules": rules}


def notes(name: str, report: Report) -> Iterator[str]:
    """Sentences about a table that somebody should read."""
    if report["advice"]:
        yield report["advice"]
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


def column_rows(report: Report) -> list[dict[str, str]]:
    """The columns of a table beside those of the delivery before."""
    before = report["profile_before"]
    return [
        {
            "column": column, "missing": share(now["null_share"]),
            "missing_before": share(before.get(column, {}).get("null_share")),
            "moved": "changed" if _has_moved(now, before.get(column)) else "",
            "distinct": count(now["distinct"]),
            "distinct_before": count(before.get(column, {}).get("distinct")),
            "range": _range(now), "range_before": _range(before.get(column, {})),
            "samples": ", ".join(now["samples"]) or NOTHING,
            "samples_before": ", ".join(before.get(column, {}).get("samples", ())) or NOTHING,
        }
        for column, now in report["profile"].items()
    ]  # fmt: skip


def _has_moved(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    return before is not None and abs(now["null_share"] - before["null_share"]) > MOVED


def _range(profile: Mapping[str, Any]) -> str:
    """From the least to the greatest value."""
    ends = [profile.get(end) for end in ("least", "most")]
    if None in ends:
        return NOTHING
    return " to ".join(f"{end:.6g}" if isinstance(end, float) else str(end).replace("T", " ") for end in ends)

"""The page about a delivery: `report.html` beside the validated tables."""

from collections.abc import Mapping
from typing import Any

from holdfast.artifacts.validated import ValidatedTables
from holdfast.reports.delivery_words import notes, range_of
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
        "notes": [
            note
            for name, report in reports.items()
            for note in (*filter(None, [report["advice"]]), *notes(name, report))
        ],
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
            "range": range_of(now), "range_before": range_of(before.get(column, {})),
            "samples": ", ".join(now["samples"]) or NOTHING,
            "samples_before": ", ".join(before.get(column, {}).get("samples", ())) or NOTHING,
        }
        for column, now in report["profile"].items()
    ]  # fmt: skip


def _has_moved(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    return before is not None and abs(now["null_share"] - before["null_share"]) > MOVED

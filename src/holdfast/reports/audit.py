"""The page about an audit: `report.html` beside its `audit.json`."""

from collections.abc import Mapping
from typing import Any

from holdfast.artifacts.audits import Audit
from holdfast.reports.page import Tile, render_page
from holdfast.reports.words import NOTHING, count, number, share

Content = Mapping[str, Any]

STRONGEST = 15  # columns shown with their figures
MOSTLY_EMPTY = 0.95  # share of nulls
SEVERITIES = {
    "leak": "Leaks: the audit refuses until these are gone",
    "suspicious": "Suspicious: somebody who knows the source should look",
    "note": "Notes: good to know",
}


def render_audit(audit: Audit) -> dict[str, bytes]:
    """report.html."""
    return {"report.html": render_audit_page(audit.content())}


def render_audit_page(audit: Content) -> bytes:
    """The page of an audit, from the content of `audit.json` (see `audit.examine`)."""
    leaks = audit["counts"]["leak"]
    values = {
        "as_of": audit["as_of"],
        "question": audit["question"],
        "tone": "c" if leaks else "b" if audit["counts"]["suspicious"] else "a",
        "verdict": verdict(audit["counts"]),
        "figures": headlines(audit),
        "variants": audit["variants"],
        "dates": [proof_of(audit, date, customers) for date, customers in audit["dates"].items()],
        "differences": [difference_of(audit, item) for item in audit["differences"]],
        "groups": [
            (title, [item for item in audit["findings"] if item["severity"] == severity])
            for severity, title in SEVERITIES.items()
        ],
        "strongest": strongest(audit["columns"]),
        "moved": moved(audit["columns"]),
        "command": f"holdfast audit as_of={audit['as_of']}",
    }
    return render_page("audit.html.j2", {"audit": values})


def verdict(counts: Mapping[str, int]) -> str:
    """The outcome in a sentence."""
    if counts["differing"]:
        return f"{count(counts['differing'])} of {count(counts['columns'])} columns see the future."
    if counts["leak"]:
        return "No feature changes with the future, but a column that the source gives knows it."
    rest = " Look at what is suspicious below." if counts["suspicious"] else ""
    return f"Not one of {count(counts['columns'])} features changes with what comes later.{rest}"


def headlines(audit: Content) -> list[Tile]:
    """The key figures."""
    counts, dates = audit["counts"], audit["dates"]
    return [
        Tile("features compared", count(counts["columns"]), "bit by bit"),
        Tile("snapshots", count(counts["rows"]), f"at {len(dates)} as-of dates, twice each"),
        Tile("features that differ", count(counts["differing"]), "must be none"),
        Tile("suspicious", count(counts["suspicious"]), "findings to look at"),
    ]


def proof_of(audit: Content, date: str, customers: int) -> dict[str, Any]:
    """One as-of date of the experiment: the number of columns that differ on each changed log."""
    pairs = {(d["as_of"], d["variant"], d["column"]) for d in audit["differences"]}
    cells = [count(sum(pair[:2] == (date, variant) for pair in pairs)) for variant in audit["variants"]]
    return {"as_of": date, "customers": count(customers), "cells": cells}


def difference_of(audit: Content, item: Mapping[str, Any]) -> dict[str, str]:
    """One column that differed."""
    whole, other = item["example"]
    return {
        "column": item["column"],
        "as_of": item["as_of"],
        "variant": audit["variants"][item["variant"]],
        "rows": count(item["rows"]),
        "largest": NOTHING if item["largest"] is None else f"{item['largest']:.6g}",
        "example": f"{whole} instead of {other}",
    }


def top_columns(columns: Mapping[str, Content], figure: str) -> list[tuple[str, Content]]:
    """The STRONGEST columns with the highest value of a figure."""
    measured = {name: figures for name, figures in columns.items() if figures[figure] is not None}
    return sorted(measured.items(), key=lambda item: (-item[1][figure], item[0]))[:STRONGEST]


def strongest(columns: Mapping[str, Content]) -> list[dict[str, str]]:
    """The columns with the highest AUC on their own."""
    return [
        {"column": name, **{auc: number(figures[auc]) for auc in ("value_auc", "missing_auc")}}
        for name, figures in top_columns(columns, "value_auc")
    ]


def moved(columns: Mapping[str, Content]) -> list[dict[str, str]]:
    """The columns with the largest shift from the oldest training dates to the newest date.

    Columns that were empty at first are left out: long windows fill up as the log grows.
    """
    compared = {
        name: figures
        for name, figures in columns.items()
        if figures["psi"] is not None and figures["missing_old"] < MOSTLY_EMPTY
    }
    return [
        {
            "column": name, "psi": number(figures["psi"], 2),
            **{key: share(figures[key]) for key in ("missing_old", "missing_new")},
        }
        for name, figures in top_columns(compared, "psi")
    ]  # fmt: skip

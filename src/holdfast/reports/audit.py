"""The page about an audit: `report.html` beside its `audit.json`."""

from collections.abc import Mapping
from typing import Any

from holdfast.artifacts.audits import Audit
from holdfast.reports.page import render_page
from holdfast.reports.words import NOTHING, count, number, share

Content = Mapping[str, Any]

STRONGEST = 15  # columns shown with their figures
MOSTLY_EMPTY = 0.95  # share of nulls
SEVERITIES = {
    "leak": "Leaks: the audit refuses until these are gone",
    "suspicious": "Suspicious: somebody who knows the source should look",
    "note": "Notes: good to know",
}


def render_audit(found: Audit) -> dict[str, bytes]:
    """report.html."""
    return {"report.html": render_audit_page(found.content())}


def render_audit_page(audit: Content) -> bytes:
    """The page of an audit, by what `audit.json` holds (see `stages.audit`)."""
    leaks = audit["counts"]["leak"]
    values = {
        "as_of": audit["as_of"],
        "question": audit["question"],
        "tone": "c" if leaks else "b" if audit["counts"]["suspicious"] else "a",
        "verdict": verdict(audit["counts"]),
        "figures": headlines(audit),
        "variants": audit["variants"],
        "dates": [proof_of(audit, date, customers) for date, customers in audit["dates"].items()],
        "differences": [difference_of(audit, one) for one in audit["differences"]],
        "groups": [
            (title, [one for one in audit["findings"] if one["severity"] == severity])
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


def headlines(audit: Content) -> list[dict[str, str]]:
    """The figures that a reader in a hurry takes along."""
    counts, dates = audit["counts"], audit["dates"]
    return [
        {"name": "features compared", "value": count(counts["columns"]), "note": "bit by bit"},
        {
            "name": "snapshots",
            "value": count(counts["rows"]),
            "note": f"at {len(dates)} as-of dates, twice each",
        },
        {"name": "features that differ", "value": count(counts["differing"]), "note": "must be none"},
        {"name": "suspicious", "value": count(counts["suspicious"]), "note": "findings to look at"},
    ]


def proof_of(audit: Content, date: str, customers: int) -> dict[str, Any]:
    """One as-of date of the experiment: how many columns differed with each other log."""
    cells = [
        len({one["column"] for one in audit["differences"] if (one["as_of"], one["variant"]) == (date, name)})
        for name in audit["variants"]
    ]
    return {"as_of": date, "customers": count(customers), "cells": [count(cell) for cell in cells]}


def difference_of(audit: Content, one: Mapping[str, Any]) -> dict[str, str]:
    """One column that differed."""
    whole, other = one["example"]
    return {
        "column": one["column"],
        "as_of": one["as_of"],
        "variant": audit["variants"][one["variant"]],
        "rows": count(one["rows"]),
        "largest": NOTHING if one["largest"] is None else f"{one['largest']:.6g}",
        "example": f"{whole} instead of {other}",
    }


def strongest(columns: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """The columns that rank best by themselves."""
    judged = [(name, found) for name, found in columns.items() if found["value_auc"] is not None]
    judged.sort(key=lambda one: (-one[1]["value_auc"], one[0]))
    return [
        {
            "column": name,
            "value_auc": number(found["value_auc"]),
            "missing_auc": number(found["missing_auc"]),
        }
        for name, found in judged[:STRONGEST]
    ]


def moved(columns: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """The columns that moved furthest from the oldest training dates to the newest date.

    Not those that were empty then: long windows fill up as the log grows.
    """
    judged = [
        (name, found)
        for name, found in columns.items()
        if found["psi"] is not None and found["missing_old"] < MOSTLY_EMPTY
    ]
    judged.sort(key=lambda one: (-one[1]["psi"], one[0]))
    return [
        {
            "column": name,
            "psi": number(found["psi"], 2),
            "missing_old": share(found["missing_old"]),
            "missing_new": share(found["missing_new"]),
        }
        for name, found in judged[:STRONGEST]
    ]

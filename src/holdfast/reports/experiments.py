"""The company's own campaigns and the actions whose effect was measured, as rows of the page of outcomes."""

from collections.abc import Mapping
from typing import Any

from holdfast.reports.outcome_words import Content, points
from holdfast.reports.words import count, interval
from holdfast.uplift.actions import ActionEffect


def experiments(content: Content) -> dict[str, Any]:
    """as_of, and the rows of campaigns and actions; empty: nothing was measured.

    Args:
        content: the content of outcomes.json; its key `experiments` is null if nothing was measured.
    """
    measured = content["experiments"]
    if measured is None:
        return {}
    return {
        "as_of": measured["as_of"],
        "campaigns": [campaign(row) for row in measured["campaigns"]],
        "actions": [action(row) for row in measured["actions"]],
    }


def campaign(row: Mapping[str, Any]) -> dict[str, str]:
    """A campaign; its effect only if its draw looks random."""
    saved = row["saved"] or {"value": None, "low": None, "high": None}
    return {
        "name": row["campaign"], "first_day": row["first_day"],
        "contacted": count(row["contacted"]), "control": count(row["control"]),
        "saved": points(saved["value"]), "span": interval(saved["low"], saved["high"], points),
        "balance": f"failed: {row['not_by_chance']}" if row["not_by_chance"] else "passed",
    }  # fmt: skip


def action(row: Mapping[str, Any]) -> dict[str, str]:
    """An action, and whether its churn reduction is proven (see `uplift.actions`)."""
    return {
        "name": row["action"], "contacted": count(row["contacted"]), "control": count(row["control"]),
        "saved": points(row["saved"]), "span": interval(row["low"], row["high"], points),
        "proven": "yes" if ActionEffect(**row).proven else "no",
    }  # fmt: skip

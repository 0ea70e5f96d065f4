"""Predicted and observed churn of each group of a list's customers."""

from typing import Any

import pandas as pd

from holdfast.metrics.shares import wilson
from holdfast.outreach.selection import EXCLUSIONS

DECISIONS = ("listed", "held_out", *EXCLUSIONS)
TIERS = ("high", "medium", "low")


def follow_groups(followed: pd.DataFrame) -> list[dict[str, Any]]:
    """Predicted and observed churn of each decision, then of all not listed, and of all (see `grade`).

    Groups without customers are left out. Contacts may have changed the figures of the listed; those of the
    held out, whom the same ranking selected, are unaffected.

    Args:
        followed: one row a customer and list (see `follow_up`).
    """
    parts = [(name, followed[followed["decision"] == name]) for name in DECISIONS]
    parts += [("not_listed", followed[followed["decision"] != "listed"]), ("all", followed)]
    return [{"group": name, **grade(rows)} for name, rows in parts if len(rows)]


def follow_tiers(followed: pd.DataFrame) -> list[dict[str, Any]]:
    """`grade` of the listed and the held out of each `risk_tier`."""
    rows = followed.groupby(["risk_tier", "decision"], observed=True)
    grades = {(tier, decision): grade(part) for (tier, decision), part in rows}
    return [
        {"tier": tier, "group": decision, **grades[tier, decision]}
        for tier in TIERS
        for decision in ("listed", "held_out")
        if (tier, decision) in grades
    ]


def grade(rows: pd.DataFrame) -> dict[str, Any]:
    """The counts of one group, its mean probability, and its churn rate with the 95% Wilson interval.

    `predicted` covers only customers with a known outcome, as the churn rate does; `contacted` is a share.
    Unknown figures are None.
    """
    labelled = rows[rows["churned"].notna()]
    left, size = int(labelled["churned"].sum()), len(labelled)
    low, high = map(float, wilson(left, size)) if size else (None, None)
    reached = rows["contacted"].dropna()
    return {
        "customers": len(rows),
        "known": size,
        "left": left,
        "predicted": float(labelled["churn_probability"].mean()) if size else None,
        "observed": left / size if size else None,
        "low": low,
        "high": high,
        "contacted": float(reached.astype(bool).mean()) if len(reached) else None,
    }


def grade_list(followed: pd.DataFrame) -> dict[str, Any]:
    """Precision, recall and lift of the list, as observed and as estimated without outreach.

    precision: churn rate of the listed. recall: share of churners who were listed. lift: precision divided
    by the churn rate of all. `clean`: the same with the churn rate of the held out for the listed, because
    contacts may have kept some of the listed; None without held-out customers.
    """
    labelled = followed[followed["churned"].notna()]
    listed, held = (labelled[labelled["decision"] == name] for name in ("listed", "held_out"))
    others = labelled[labelled["decision"] != "listed"]
    observed = _shares(
        float(listed["churned"].sum()), len(listed), float(others["churned"].sum()), len(labelled)
    )
    clean = None
    if len(held) and len(listed):
        rate = float(held["churned"].mean())
        clean = _shares(rate * len(listed), len(listed), float(others["churned"].sum()), len(labelled))
    return {"observed": observed, "clean": clean}


def _shares(churned: float, listed: int, missed: float, everybody: int) -> dict[str, float | None]:
    left = churned + missed
    precision = churned / listed if listed else None
    return {
        "precision": precision,
        "recall": churned / left if left else None,
        "lift": precision / (left / everybody) if precision is not None and left else None,
    }

"""Predicted and observed churn of each group of a list's customers."""

from typing import Any

import pandas as pd

from holdfast.outreach.selection import EXCLUSIONS

DECISIONS = ("listed", "held_out", *EXCLUSIONS)
TIERS = ("high", "medium", "low")


def follow_groups(followed: pd.DataFrame) -> list[dict[str, Any]]:
    """Predicted and observed leaving of each decision, then of all not listed, and of all.

    Args:
        followed: one row a customer and list: decision, churn_probability, churned (0, 1 or null),
            contacted (True, False or null).

    Returns:
        See `grade`; groups without customers are left out. Calling may have changed the figures of the
        listed: clean are those of the held out, who would have been listed.
    """
    parts = [(name, followed[followed["decision"] == name]) for name in DECISIONS]
    parts += [("not_listed", followed[followed["decision"] != "listed"]), ("all", followed)]
    return [{"group": name, **grade(rows)} for name, rows in parts if len(rows)]


def follow_tiers(followed: pd.DataFrame) -> list[dict[str, Any]]:
    """The same of the listed and the held out by `risk_tier`: how much money is at risk."""
    rows = followed.groupby(["risk_tier", "decision"], observed=True)
    grades = {(tier, decision): grade(part) for (tier, decision), part in rows}
    return [
        {"tier": tier, "group": decision, **grades[tier, decision]}
        for tier in TIERS
        for decision in ("listed", "held_out")
        if (tier, decision) in grades
    ]


def grade(rows: pd.DataFrame) -> dict[str, Any]:
    """Of one group: counts, mean probability, share that left with its 95% Wilson interval.

    `predicted` is that of the customers whose outcome is known, so that both shares are of the same ones;
    `contacted` is a share; what cannot be told is None.
    """
    from statsmodels.stats.proportion import proportion_confint  # takes seconds to import

    known = rows[rows["churned"].notna()]
    left, size = int(known["churned"].sum()), len(known)
    low, high = proportion_confint(left, size, method="wilson") if size else (None, None)
    reached = rows["contacted"].dropna()
    return {
        "customers": len(rows),
        "known": size,
        "left": left,
        "predicted": float(known["churn_probability"].mean()) if size else None,
        "observed": left / size if size else None,
        "low": None if low is None else float(low),
        "high": None if high is None else float(high),
        "contacted": float(reached.astype(bool).mean()) if len(reached) else None,
    }


def grade_list(followed: pd.DataFrame) -> dict[str, Any]:
    """How well the list was chosen, as observed and as it would have been had nobody been called.

    precision: share of the listed who left. recall: share of all who left that were listed. lift: precision
    over the share of all who left. `clean`: the same with the held out's rate in place of the listed's, whom
    calling may have kept; None without held-out customers.
    """
    known = followed[followed["churned"].notna()]
    listed, held = (known[known["decision"] == name] for name in ("listed", "held_out"))
    others = known[known["decision"] != "listed"]
    observed = _shares(
        float(listed["churned"].sum()), len(listed), float(others["churned"].sum()), len(known)
    )
    clean = None
    if len(held) and len(listed):
        rate = float(held["churned"].mean())
        clean = _shares(rate * len(listed), len(listed), float(others["churned"].sum()), len(known))
    return {"observed": observed, "clean": clean}


def _shares(leavers: float, listed: int, missed: float, everybody: int) -> dict[str, float | None]:
    left = leavers + missed
    precision = leavers / listed if listed else None
    return {
        "precision": precision,
        "recall": leavers / left if left else None,
        "lift": precision / (left / everybody) if precision is not None and left else None,
    }

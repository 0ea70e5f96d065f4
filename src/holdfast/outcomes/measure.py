"""Measure the outcome of one list or of several pooled lists, as plain data with a verdict."""

from typing import Any, Literal

import pandas as pd

from holdfast.outcomes.breakdown import break_down
from holdfast.outcomes.comparable import WHY
from holdfast.outcomes.effect import NOTHING, Effect, measure_effect
from holdfast.outcomes.groups import follow_groups, follow_tiers, grade_list
from holdfast.outcomes.power import judge_power
from holdfast.outcomes.settings import OutcomesSettings

Verdict = Literal[
    "helped", "harmed", "too early to tell", "no hold-out", "not worked", "made afterwards"
]  # fmt: skip
UNTOLD = ("not worked", "made afterwards")  # nothing can be said of an effect

BREAKDOWNS = {"reasons": "reason_1_code", "actions": "recommended_action"}


def measure_outcomes(
    followed: pd.DataFrame,
    settings: OutcomesSettings,
    *,
    contact_cost: float,
    seed: int,
    afterwards: bool = False,
) -> dict[str, Any]:
    """The outcome of one list, or of several pooled.

    Args:
        followed: one row a customer and list: what `comparable` and `groups` take, cost (money spent on
            contacting them, null: not known).
        contact_cost: of a contact whose cost is not known.
        seed: of the bootstrap.
        afterwards: a list was published when its outcome window had begun.

    Returns:
        What outcomes.json holds; no customers.
    """
    compared = followed[followed["compared"]]
    drawn = {"replicates": settings.replicates, "seed": seed}
    effect = measure_effect(compared, **drawn)
    verdict: Verdict = "made afterwards" if afterwards else judge(effect)
    if verdict in UNTOLD:  # only who was contacted may be said
        effect = Effect(*[NOTHING] * 5)._replace(reached=effect.reached)
    listed, held = (compared[compared["decision"] == group] for group in ("listed", "held_out"))
    return {
        "verdict": verdict,
        "compared": {
            "listed": len(listed),
            "held_out": len(held),
            "customers": int(compared["customer_id"].nunique()),
            "not_compared": {name: int((followed["why_not"] == name).sum()) for name in WHY},
            "rate_listed": rate(listed),
            "rate_held_out": rate(held),
            "value": float(listed["value"].sum()),
        },
        "effect": in_figures(effect),
        "cost": cost_of(listed, contact_cost),
        "power": judge_power(
            rate=float(held["churned"].mean()), listed=len(listed), held=len(held),
            min_effect=settings.min_effect, power=settings.power,
        ) if len(held) and len(listed) and verdict not in UNTOLD else None,
        "groups": follow_groups(followed),
        "tiers": follow_tiers(followed),
        "list_quality": grade_list(followed),
        **{
            name: []
            if verdict in UNTOLD
            else break_down(compared, column, min_customers=settings.min_customers, **drawn)
            for name, column in BREAKDOWNS.items()
        },
    }  # fmt: skip


def judge(effect: Effect) -> Verdict:
    """Whether the list was worked, and whether the interval of its effect leaves room for the opposite."""
    saved = effect.saved
    if effect.reached.low is not None and effect.reached.low <= 0:
        return "not worked"
    if saved.low is None or saved.high is None:
        return "no hold-out"
    if saved.low > 0:
        return "helped"
    return "harmed" if saved.high < 0 else "too early to tell"


def rate(rows: pd.DataFrame) -> float | None:
    """The share that left, as weighted for the comparison; None of nobody."""
    weight = rows["weight"].sum()
    return float((rows["churned"].astype("float64") * rows["weight"]).sum() / weight) if weight else None


def in_figures(effect: Effect) -> dict[str, dict[str, float | None]]:
    """Estimates with their intervals, by name."""
    return {
        name: {"value": estimate.value, "low": estimate.low, "high": estimate.high}
        for name, estimate in effect._asdict().items()
    }


def cost_of(listed: pd.DataFrame, contact_cost: float) -> float:
    """What contacting the compared listed cost: as recorded, else `contact_cost` for each.

    Where it is not known who was contacted, all of them are taken to have been.
    """
    contacted = listed["contacted"].astype("boolean").fillna(True).astype(bool)
    return float(listed.loc[contacted, "cost"].astype("float64").fillna(contact_cost).sum())

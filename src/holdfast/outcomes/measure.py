"""Measure the outcome of one list or of several pooled lists, as plain data with a verdict."""

from typing import Any, Literal

import pandas as pd

from holdfast.metrics.bootstrap import as_dicts
from holdfast.outcomes.breakdown import break_down
from holdfast.outcomes.comparable import WHY
from holdfast.outcomes.effect import NOTHING, Effect, measure_effect
from holdfast.outcomes.groups import follow_groups, follow_tiers, grade_list
from holdfast.outcomes.payments import follow_payments
from holdfast.outcomes.power import judge_power
from holdfast.outcomes.settings import OutcomesSettings

Verdict = Literal[
    "helped", "harmed", "too early to tell", "no hold-out", "not worked", "made afterwards"
]  # fmt: skip
INCONCLUSIVE = ("not worked", "made afterwards")  # no statement about an effect

BREAKDOWNS = {"reasons": "reason_1_code", "actions": "recommended_action"}


def measure_outcomes(
    followed: pd.DataFrame, settings: OutcomesSettings, *, contact_cost: float, seed: int,
    afterwards: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """The content of outcomes.json about one list, or several pooled; no customers.

    Args:
        followed: see `follow_up`; cost null: unknown.
        contact_cost: the cost of a contact if it is unknown.
        afterwards: a list was published when its outcome window had begun.
    """
    compared = followed[followed["compared"]]
    drawn = {"replicates": settings.replicates, "seed": seed}
    effect = measure_effect(compared, **drawn)
    verdict: Verdict = "made afterwards" if afterwards else judge(effect)
    if verdict in INCONCLUSIVE:  # only the contact rates are stated
        effect = Effect(*[NOTHING] * 5)._replace(reached=effect.reached)
    listed, held = (compared[compared["decision"] == group] for group in ("listed", "held_out"))
    return {
        "verdict": verdict,
        "settings": settings.model_dump(),
        "compared": {
            "listed": len(listed),
            "held_out": len(held),
            "customers": int(compared["customer_id"].nunique()),
            "not_compared": {name: int((followed["why_not"] == name).sum()) for name in WHY},
            "rate_listed": rate(listed),
            "rate_held_out": rate(held),
            "value": float(listed["value"].sum()),
        },
        "effect": as_dicts(effect._asdict()),
        "cost": cost_of(listed, contact_cost),
        "power": judge_power(
            rate=float(held["churned"].mean()), listed=len(listed), held=len(held),
            min_effect=settings.min_effect, power=settings.power,
        ) if len(held) and len(listed) and verdict not in INCONCLUSIVE else None,
        "payments": follow_payments(followed),
        "groups": follow_groups(followed),
        "tiers": follow_tiers(followed),
        "list_quality": grade_list(followed),
        **{
            name: []
            if verdict in INCONCLUSIVE
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
    """The weighted churn rate; None without customers."""
    weight = rows["weight"].sum()
    return float((rows["churned"].astype("float64") * rows["weight"]).sum() / weight) if weight else None


def cost_of(listed: pd.DataFrame, contact_cost: float) -> float:
    """The cost of contacting the compared listed customers: as recorded, else `contact_cost` for each.

    If it is unknown who was contacted, all of them count as contacted.
    """
    contacted = listed["contacted"].astype("boolean").fillna(True).astype(bool)
    return float(listed.loc[contacted, "cost"].astype("float64").fillna(contact_cost).sum())

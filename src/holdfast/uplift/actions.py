"""The effect of each action of the playbook, from campaigns and lists that chance drew.

An action is proven if enough customers drew it, their campaign's draw looks random, and the interval of its
churn reduction, adjusted for the number of actions (Holm, 1979), lies above 0.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from holdfast.contracts.arms import ARM, CONTROL
from holdfast.outcomes.breakdown import adjusted
from holdfast.outcomes.effect import measure_effect
from holdfast.uplift.campaigns import check_balance

SIGNIFICANT = 0.05  # the adjusted p-value below which an action is proven
REPLICATES = 500
WIDTH = 2 * 1.96  # of a 95% interval, in standard errors


class ActionEffect(NamedTuple):
    """The effect of contacts with one action, for JSON.

    Attributes:
        action: its code, or its text if it has none.
        contacted, control: different customers of either arm whose outcome is known.
        cost: the mean recorded cost of such a contact; None: unknown.
        saved, low, high: the churn reduction, a share, with its 95% interval.
        adjusted_p: p-value of no effect, adjusted for all actions.
    """

    action: str
    contacted: int
    control: int
    cost: float | None
    saved: float
    low: float
    high: float
    adjusted_p: float

    @property
    def proven(self) -> bool:
        """Whether it certainly keeps customers."""
        return self.adjusted_p < SIGNIFICANT and self.low > 0


def measure_actions(rows: pd.DataFrame, *, min_customers: int, seed: int) -> list[ActionEffect]:
    """The effect of each action with `min_customers` in either arm; the most contacted first."""
    effects = []
    for action, arms in rows.groupby("action"):
        compared = with_weights(arms)
        listed = compared["decision"] == "listed"
        contacted, control = (compared.loc[arm, "customer_id"].nunique() for arm in (listed, ~listed))
        if min(contacted, control) < min_customers:
            continue
        saved = measure_effect(compared, replicates=REPLICATES, seed=seed).saved
        if saved.value is None or saved.low is None or saved.high is None:
            continue
        cost = compared.loc[listed, "cost"].astype("float64").mean()
        effects.append({
            "action": str(action), "contacted": contacted, "control": control,
            "cost": None if np.isnan(cost) else float(cost),
            "saved": saved.value, "low": saved.low, "high": saved.high,
            "p": p_value(saved.value, saved.high - saved.low),
        })  # fmt: skip
    measured = [ActionEffect(**effect) for effect in adjusted(effects)]
    return sorted(measured, key=lambda effect: (-effect.contacted, effect.action))


def with_weights(arms: pd.DataFrame) -> pd.DataFrame:
    """Draws with both arms; the control group weighs as much as the contacted of its draw."""
    contacted = arms["decision"] == "listed"
    listed, held = (group.groupby(arms["draw"]).transform("sum") for group in (contacted, ~contacted))
    weighted = arms.assign(
        weight=np.where(contacted, 1.0, listed / held.clip(lower=1)), value=np.nan, spend=np.nan,
        contacted=np.nan,
    )  # fmt: skip
    return weighted[(listed > 0) & (held > 0)]


def p_value(value: float, width: float) -> float:
    """Of no effect, two-sided, from the width of a 95% interval."""
    from scipy.stats import norm

    return float(2 * norm.sf(abs(value) * WIDTH / width)) if width > 0 else 1.0


def arms_of_campaigns(rows: pd.DataFrame, features: pa.Table, covariates: list[str]) -> pd.DataFrame:
    """For each campaign and action, its contacted customers and the campaign's control group.

    In a campaign with several actions, an action is left out if its customers differ from the control group:
    chance did not draw them.

    Args:
        rows: of campaigns whose draw looks random (see `campaigns.read_experiments`), with churned.
        features: of the same rows.
        covariates: the columns that are compared between the arms.

    Returns:
        The rows with action, draw (which arms belong together) and decision (`listed` or `held_out`).
    """

    def compared() -> Iterator[pd.DataFrame]:
        for campaign, part in rows.groupby("campaign"):
            actions = part.loc[part[ARM] != CONTROL, "action"].dropna().unique()
            for action in actions:
                arms = part[(part["action"] == action) | (part[ARM] == CONTROL)]
                inputs = features.take(pa.array(arms.index)).select(covariates)
                if len(actions) == 1 or check_balance(arms, inputs).objection() is None:
                    yield arms.assign(action=action, draw=f"campaign {campaign}")

    parts = list(compared())
    arms = pd.concat(parts) if parts else rows.iloc[:0].assign(draw="")
    return arms.assign(decision=np.where(arms[ARM] == CONTROL, "held_out", "listed")).drop(columns=ARM)

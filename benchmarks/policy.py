"""Learn a rule from a trial of several actions of different cost: which action, or none, for each customer.

An action is worth what it adds to the outcome, in money, less what it costs. The effect of each action is
estimated against the control group (see `uplift.effects`); the rule chooses the highest positive worth.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.uplift.effects import Effects, learn_effects

NONE = ""  # no action: the control group

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Policy:
    """The effects of several actions, and what each costs a customer."""

    effects: Mapping[str, Effects]
    costs: Mapping[str, float]

    def worth(self, features: pa.Table, value: Floats | float) -> dict[str, Floats]:
        """Action → (rows,) the expected money that it brings each customer, less its cost.

        Args:
            value: the money that one unit of the outcome is worth.
        """
        return {
            name: value * effects.effect(features) - self.costs[name]
            for name, effects in self.effects.items()
        }

    def choose(self, features: pa.Table, value: Floats | float) -> NDArray[np.str_]:
        """(rows,) the action that brings each customer most; NONE if none brings more than it costs."""
        worth = self.worth(features, value)
        names = np.array([NONE, *worth])
        money = np.stack([np.zeros(features.num_rows), *worth.values()])
        return np.asarray(names[money.argmax(axis=0)])


def learn_policy(
    features: pa.Table, action: NDArray[Any], outcome: Floats, costs: Mapping[str, float], *,
    min_customers: int = 100, seed: int = 0, threads: int | None = None,
) -> Policy:  # fmt: skip
    """Learn from a trial; actions that fewer than `min_customers` customers drew are left out.

    Args:
        action: (rows,) the action drawn by chance; NONE: the control group.
        costs: the cost of each action, in money.
    """
    effects = {}
    for name in costs:
        rows = np.flatnonzero(np.isin(action, [name, NONE]))
        treated = (action[rows] == name).astype(np.float64)
        if min(treated.sum(), len(rows) - treated.sum()) >= min_customers:
            trial = learn_effects(
                features.take(pa.array(rows)), treated, outcome[rows], seed=seed, threads=threads
            )
            effects[name] = trial.effects
    return Policy(effects, costs)


def policy_value(
    chosen: NDArray[Any], action: NDArray[Any], outcome: Floats, costs: Mapping[str, float],
    shares: Mapping[str, float], value: float = 1.0,
) -> float:  # fmt: skip
    """The money a customer of a rule, on a trial that it had not seen, by inverse probability weighting.

    Args:
        chosen: (rows,) what the rule chooses.
        action: (rows,) what was drawn.
        shares: the probability with which each action, and NONE, was drawn.
    """
    money = value * outcome - np.array([costs.get(name, 0.0) for name in action])
    weight = (chosen == action) / np.array([shares[name] for name in action])
    return float((weight * money).sum() / weight.sum())

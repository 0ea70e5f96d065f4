"""The effect of contacting: listed against held out, and contacted customers with the draw as instrument.

Groups are compared as drawn, whoever was really called (intention to treat), because called and uncalled
listed customers differ. All figures are functions of sums over the customers of each group, so a bootstrap
draw of customers is one matrix product.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t
from statsmodels.stats.proportion import confint_proportions_2indep

from holdfast.metrics.bootstrap import CONFIDENCE, Interval

Floats = NDArray[np.float64]

LEAST_COMPLIANCE = 0.1  # the lower end of the difference in contacts from which the instrument is used
CELLS = 20_000_000  # customers × draws held at once
NOTHING = Interval(None, None, None)


class Effect(NamedTuple):
    """The effects of contacting, each with its 95% interval; None if it cannot be estimated.

    Attributes:
        saved: the churn reduction: churn rate of the held out minus that of the listed.
        value_kept: the retained value of all compared listed customers, in money.
        spend: their additional spend in the outcome window, in money, adjusted for customer value.
        reached: contact rate of the listed minus that of the held out.
        saved_if_contacted: `saved` among customers who were contacted because they were listed (complier
            average causal effect: Imbens and Angrist, 1994); None if hardly more of them were contacted.
    """

    saved: Interval
    value_kept: Interval
    spend: Interval
    reached: Interval
    saved_if_contacted: Interval


class Group(NamedTuple):
    """Weighted sums over the customers of one group, each (draws,) or a number."""

    size: Any
    churned: Any
    value: Any
    value_churned: Any
    value_squared: Any
    spend: Any
    value_spend: Any
    contacted: Any


def measure_effect(compared: pd.DataFrame, *, replicates: int, seed: int) -> Effect:
    """The effect on the rows that may be compared (see `comparable`).

    Args:
        compared: one row a customer and list: customer_id, decision, weight, churned (0 or 1), value, spend
            (money or null), contacted (True, False or null: not known).
    """
    listed = (compared["decision"] == "listed").to_numpy()
    if listed.all() or not listed.any():
        return Effect(*[NOTHING] * 5)
    sums = columns_of(compared)
    both = np.concatenate([sums * listed[:, None], sums * ~listed[:, None]], axis=1)
    draws = draw_sums(both, compared["customer_id"].to_numpy(), replicates, seed)
    freedom = min(listed.sum(), (~listed).sum()) - 1

    def interval(figure: Callable[[Group, Group], Any]) -> Interval:
        with np.errstate(divide="ignore", invalid="ignore"):  # a draw may hold nobody of a group
            return t_interval(figure(*groups(both.sum(axis=0))), figure(*groups(draws)), freedom)

    weights = compared["weight"].to_numpy()[~listed]
    simple = compared["customer_id"].is_unique and np.allclose(weights, weights[0])
    saved = newcombe(compared, listed) if simple else interval(saved_share)
    reached = interval(reached_share)
    strong = reached.low is not None and reached.low > LEAST_COMPLIANCE
    return Effect(
        saved=saved, value_kept=interval(kept_value), spend=interval(more_spend), reached=reached,
        saved_if_contacted=interval(saved_of_compliers) if strong else NOTHING,
    )  # fmt: skip


def columns_of(compared: pd.DataFrame) -> Floats:
    """(rows, fields of Group) what is summed, weighted."""
    churned, value, spend, contacted = (
        compared[name].astype("float64").to_numpy() for name in ("churned", "value", "spend", "contacted")
    )
    parts = Group(
        np.ones_like(churned), churned, value, value * churned, value**2, spend, value * spend, contacted
    )
    weighted: Floats = np.column_stack(parts) * compared["weight"].to_numpy()[:, None]
    return weighted


def groups(sums: Floats) -> tuple[Group, Group]:
    """Listed and held out, from the last axis of sums."""
    listed, held = np.split(sums, 2, axis=-1)
    return Group(*np.moveaxis(listed, -1, 0)), Group(*np.moveaxis(held, -1, 0))


def saved_share(listed: Group, held: Group) -> Any:
    """Churn rate of the held out minus that of the listed."""
    return held.churned / held.size - listed.churned / listed.size


def kept_value(listed: Group, held: Group) -> Any:
    """The difference of the value-weighted churn rates, times the value of the listed."""
    difference = held.value_churned / held.value - listed.value_churned / listed.value
    return difference * listed.value


def more_spend(listed: Group, held: Group) -> Any:
    """Mean spend of the listed minus that of the held out, times the number of the listed.

    It is adjusted for customer value by a common slope within the groups (analysis of covariance), because
    spend varies far more between customers than a contact changes it.
    """
    across = sum(group.value_spend - group.value * group.spend / group.size for group in (listed, held))
    spread = sum(group.value_squared - group.value**2 / group.size for group in (listed, held))
    slope = np.where(spread > 0, across / spread, 0.0)
    raw = listed.spend / listed.size - held.spend / held.size
    return (raw - slope * (listed.value / listed.size - held.value / held.size)) * listed.size


def reached_share(listed: Group, held: Group) -> Any:
    """Contact rate of the listed minus that of the held out."""
    return listed.contacted / listed.size - held.contacted / held.size


def saved_of_compliers(listed: Group, held: Group) -> Any:
    """The Wald estimator: what listing changed in leaving, over what it changed in being contacted."""
    return saved_share(listed, held) / reached_share(listed, held)


def newcombe(compared: pd.DataFrame, listed: NDArray[np.bool_]) -> Interval:
    """Newcombe (1998), Statistics in Medicine 17, method 10: two Wilson intervals combined."""
    churned = compared["churned"].to_numpy(float)
    held = churned[~listed]
    low, high = confint_proportions_2indep(
        held.sum(), len(held), churned[listed].sum(), listed.sum(), method="newcomb", alpha=1 - CONFIDENCE
    )
    return Interval(float(held.mean() - churned[listed].mean()), float(low), float(high))


def draw_sums(rows: Floats, customers: NDArray[Any], replicates: int, seed: int) -> Floats:
    """(replicates, columns) the sums of bootstrap draws, each customer drawn with all their rows."""
    customer, names = pd.factorize(customers, sort=True)
    sums = np.zeros((len(names), rows.shape[1]))
    np.add.at(sums, customer, rows)
    random = np.random.default_rng(seed)
    at_once = max(1, CELLS // len(names))
    parts = []
    for start in range(0, replicates, at_once):
        drawn = random.multinomial(
            len(names), np.full(len(names), 1 / len(names)), size=min(at_once, replicates - start)
        )
        parts.append(drawn.astype(np.float64) @ sums)
    return np.concatenate(parts)


def t_interval(value: Any, draws: Floats, freedom: int) -> Interval:
    """A figure with its interval: bootstrap standard deviation times Student's t for the smaller group.

    With few held-out customers, percentile intervals would be too narrow; tests with simulated lists check
    the coverage. None if the figure or half of its draws are undefined.
    """
    defined = draws[np.isfinite(draws)]
    if not math.isfinite(value) or freedom < 1 or len(defined) < len(draws) / 2:
        return NOTHING
    half = t.ppf((1 + CONFIDENCE) / 2, freedom) * defined.std() * math.sqrt((freedom + 1) / freedom)
    return Interval(float(value), float(value - half), float(value + half))

"""What calling by a model would have brought: money a customer, on rows whose outcome is known."""

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from holdfast.evaluation.intervals import Interval, replicated
from holdfast.evaluation.metrics import room
from holdfast.evaluation.weighted import Floats, Weights

SURE = 20.0  # α + β of the Beta distribution of acceptance in Verbraken et al. (2013): α = 6, β = 14
REPLICATES = 100  # half of the usual: each sorts the rows anew
TYPICAL_VALUE = 200.0  # their customer lifetime value, where nothing is known of the customers' own


@dataclasses.dataclass(frozen=True)
class Money:
    """What the test's customers are worth, and the terms of a campaign. All money in one currency.

    Attributes:
        gain: (rows,) what contacting each would have brought, costs taken off, given who really left; of
            whom a contact keeps, the expected share.
        promised: (rows,) the same as the model expected it beforehand; the list is cut where it is 0.
        value: mean worth of a customer if kept.
        accept_share: share of would-be leavers whom a contact keeps.
        offer_cost, contact_cost: of one customer.
        assumed: nothing is known of the customers' own worth; `value` is `TYPICAL_VALUE` for each.
    """

    gain: NDArray[Any]
    promised: NDArray[Any]
    value: float
    accept_share: float
    offer_cost: float
    contact_cost: float
    assumed: bool


def judge_money(
    money: Money, churned: NDArray[Any], probability: NDArray[Any], customers: NDArray[Any],
    list_share: float, seed: int,
) -> dict[str, Interval]:  # fmt: skip
    """Both figures with intervals from the same draws of customers.

    list_profit: money for each customer of the base, when the list is filled with those who promise most.
    empc: expected maximum profit, see `empc`; not tied to the size of the list or to single customers' worth.
    """
    order, ranks = np.argsort(-money.promised, kind="stable"), np.argsort(-probability, kind="stable")
    left, scores = churned[ranks], probability[ranks]  # sorted once: what is drawn from it nearly is

    def figures(weights: Weights) -> Floats:
        times = weights[ranks].astype(np.intp)
        drawn = np.repeat(left, times), np.repeat(scores, times)
        return np.array([list_profit(money, order, weights, list_share), empc(money, *drawn)])

    return dict(zip(("list_profit", "empc"), replicated(figures, customers, REPLICATES, seed), strict=True))


def list_profit(money: Money, order: NDArray[np.intp], weights: Floats | Weights, list_share: float) -> float:
    """Money a customer: the gain of those who promise most, as many as the list holds and as promise any."""
    weights = weights[order].astype(np.float64)
    total = weights.sum()
    if total <= 0:
        return math.nan
    worth_it = weights[money.promised[order] > 0].sum()
    gained = np.append(0.0, np.cumsum(weights * money.gain[order]))
    listed = min(room(total, list_share), worth_it)
    return float(np.interp(listed, np.append(0.0, np.cumsum(weights)), gained) / total)


def empc(money: Money, churned: NDArray[Any], probability: NDArray[Any]) -> float:
    """Money a customer at the best cut-off, averaged over how many accept; NaN where undefined.

    Source: Verbraken, Verbeke, Baesens (2013), A Novel Profit Maximizing Metric for Measuring Classification
    Performance of Customer Churn Prediction Models, IEEE TKDE 25(5), with the mean worth of a customer.
    """
    from empulse.metrics import empc_score  # takes seconds to import

    if money.value <= money.offer_cost or len(np.unique(churned)) < 2:
        return math.nan
    alpha = SURE * min(max(money.accept_share, 0.01), 0.99)
    return float(
        empc_score(
            churned, probability, alpha=alpha, beta=SURE - alpha, clv=money.value,
            incentive_cost=money.offer_cost, contact_cost=money.contact_cost,
        )
    )  # fmt: skip

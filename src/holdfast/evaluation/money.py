"""What calling by a model would have brought: money a customer, on rows whose outcome is known."""

import dataclasses
import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from holdfast.evaluation.intervals import Interval, Sample, Weights, replicated
from holdfast.evaluation.metrics import room
from holdfast.evaluation.weighted import Floats

SURE = 20.0  # α + β of the Beta distribution of acceptance in Verbraken et al. (2013): α = 6, β = 14
REPLICATES = 100  # half of the usual: each walks the rows twice
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
    money: Money, churned: NDArray[Any], probability: NDArray[Any], customers: NDArray[Any] | Sample,
    list_share: float, seed: int,
) -> dict[str, Interval]:  # fmt: skip
    """Both figures with intervals from the same draws of customers.

    list_profit: money for each customer of the base, when the list is filled with those who promise most.
    empc: expected maximum profit, see `empc`; not tied to the size of the list or to single customers' worth.
    """
    order, ranks = np.argsort(-money.promised, kind="stable"), np.argsort(-probability, kind="stable")
    left = churned[ranks] > 0
    last = np.append(np.diff(probability[ranks]) != 0, True)[: len(ranks)]

    def figures(weights: Weights) -> Floats:
        profit = list_profit(money, order, weights, list_share)
        return np.array([profit, hull_profit(money, *hull(weights[ranks], left, last))])

    profit, best = replicated(figures, customers, REPLICATES, seed)
    value = empc(money, churned, probability)  # the draws' way agrees with it; it is theirs
    best = dataclasses.replace(best, value=value if math.isfinite(value) else None)
    return {"list_profit": profit, "empc": best}


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


@numba.njit(cache=True, nogil=True)
def hull(
    weights: Weights, left: NDArray[np.bool_], last: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The corners of the ROC curve's convex hull, from (0, 0) on: called who left, and who stayed.

    Args:
        weights, left, last: of the rows by falling probability: how often each counts, whether it left,
            and whether a run of equal probabilities ends there.
    """
    found, wasted = np.empty(len(weights) + 1), np.empty(len(weights) + 1)
    found[0], wasted[0] = 0.0, 0.0
    corners, yes, no, called = 1, 0.0, 0.0, 0.0
    for row in range(len(weights)):
        called += weights[row]
        if left[row]:
            yes += weights[row]
        else:
            no += weights[row]
        if not last[row] or called == 0:
            continue
        called = 0.0
        while corners > 1:  # whole numbers: exact
            rise, run = found[corners - 1] - found[corners - 2], wasted[corners - 1] - wasted[corners - 2]
            if (yes - found[corners - 2]) * run < rise * (no - wasted[corners - 2]):
                break
            corners -= 1
        found[corners], wasted[corners] = yes, no
        corners += 1
    return found[:corners], wasted[:corners]


def hull_profit(money: Money, found: NDArray[Any], wasted: NDArray[Any]) -> float:
    """The same as `empc`, from the corners of the hull.

    Between two acceptances at which the best cut-off moves from one corner to the next, the profit is linear
    in the acceptance, and its integral over the Beta distribution is known.
    """
    everyone = found[-1] + wasted[-1]
    if money.value <= money.offer_cost or found[-1] == 0 or wasted[-1] == 0:
        return math.nan
    alpha = SURE * min(max(money.accept_share, 0.01), 0.99)
    beta = SURE - alpha
    offer, contact = money.offer_cost / money.value, money.contact_cost / money.value
    with np.errstate(divide="ignore"):  # a corner that finds no more is never the better one
        turns = ((offer + contact) * np.diff(wasted) / np.diff(found) + contact) / (1 - offer)
    edges = np.concatenate([[0.0], np.minimum(turns, 1.0), [1.0]])
    share = np.diff(betainc(alpha, beta, edges))
    mean = np.diff(betainc(alpha + 1, beta, edges)) * alpha / SURE
    gains = found * ((1 - offer) * mean - contact * share) - wasted * (offer + contact) * share
    return float(money.value * gains.sum() / everyone)

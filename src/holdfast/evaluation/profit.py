"""The profit of contacting customers in the order of a model, on rows whose outcome is known."""

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from holdfast.metrics.bootstrap import CustomerBootstrap, Interval, Weights
from holdfast.metrics.classification import top_count
from holdfast.metrics.weighted import Floats

ALPHA_PLUS_BETA = 20.0  # of the Beta distribution of acceptance in Verbraken et al. (2013): α = 6, β = 14
REPLICATES = 100  # half of the usual: each sorts the rows again
PROFITS = ("list_profit", "empc", "list_profit_over_value")
TYPICAL_VALUE = 200.0  # customer lifetime value of Verbraken et al., for customers whose value is unknown


@dataclasses.dataclass(frozen=True)
class Campaign:
    """The costs of a campaign and the value of the test customers, all in one currency.

    Attributes:
        profit: (rows,) profit of contacting each customer, costs deducted, given whether they churned. A
            contact keeps the expected share of the churners.
        expected_profit: (rows,) the same given the churn probability; only customers above 0 are contacted.
        expected_by_value: (rows,) `expected_profit` if every customer had the mean churn probability: a
            ranking by value alone.
        value: mean value of a customer if kept.
        accept_share: share of churners whom a contact keeps.
        offer_cost, contact_cost: a customer.
        assumed: the value of the customers is not known, and `TYPICAL_VALUE` is assumed for each.
    """

    profit: NDArray[Any]
    expected_profit: NDArray[Any]
    expected_by_value: NDArray[Any]
    value: float
    accept_share: float
    offer_cost: float
    contact_cost: float
    assumed: bool

    def terms(self) -> dict[str, Any]:
        """Value and costs, as JSON."""
        rows = ("profit", "expected_profit", "expected_by_value")
        return {name: value for name, value in vars(self).items() if name not in rows}


def evaluate_profit(
    campaign: Campaign, churned: NDArray[Any], probability: NDArray[Any], customers: NDArray[Any],
    list_share: float, seed: int,
) -> dict[str, Interval]:  # fmt: skip
    """The metrics of profit, in money a customer of the base, with intervals.

    list_profit: profit of a list of `list_share` of the customers, by falling expected profit.
    empc: expected maximum profit (see `empc`), which depends on neither the list's size nor single values.
    list_profit_over_value: list_profit minus that of a list ranked by value alone, paired.
    """
    by_value = dataclasses.replace(campaign, expected_profit=campaign.expected_by_value)
    order, value_order = (
        np.argsort(-ranking.expected_profit, kind="stable") for ranking in (campaign, by_value)
    )  # fmt: skip

    def statistics(weights: Weights) -> Floats:
        profit = list_profit(campaign, order, weights, list_share)
        best = empc(campaign, np.repeat(churned, weights), np.repeat(probability, weights))
        return np.array([profit, best, profit - list_profit(by_value, value_order, weights, list_share)])

    bootstrap = CustomerBootstrap(customers, seed, REPLICATES)
    return dict(zip(PROFITS, bootstrap.statistic_intervals(statistics), strict=True))


def list_profit(campaign: Campaign, order: NDArray[np.intp], weights: Weights, list_share: float) -> float:
    """Profit a customer of contacting those with the highest expected profit above 0, up to the list's size.

    Args:
        order: the rows by falling expected profit.
    """
    weights = weights[order]
    total = int(weights.sum())
    if not total:
        return math.nan
    profitable = weights[campaign.expected_profit[order] > 0].sum()
    profits = np.append(0.0, np.cumsum(weights * campaign.profit[order]))
    listed = min(top_count(total, list_share), profitable)
    return float(np.interp(listed, np.append(0, np.cumsum(weights)), profits) / total)


def empc(campaign: Campaign, churned: NDArray[Any], probability: NDArray[Any]) -> float:
    """Expected maximum profit: profit a customer at the best cut-off, over the distribution of acceptance.

    NaN where undefined. Source: Verbraken, Verbeke, Baesens (2013), A Novel Profit Maximizing Metric for
    Measuring Classification Performance of Customer Churn Prediction Models, IEEE TKDE 25(5), with the mean
    value of a customer.
    """
    from empulse.metrics import empc_score  # takes seconds to import

    if campaign.value <= campaign.offer_cost or len(np.unique(churned)) < 2:
        return math.nan
    alpha = ALPHA_PLUS_BETA * min(max(campaign.accept_share, 0.01), 0.99)
    return float(
        empc_score(
            churned, probability, alpha=alpha, beta=ALPHA_PLUS_BETA - alpha, clv=campaign.value,
            incentive_cost=campaign.offer_cost, contact_cost=campaign.contact_cost,
        )
    )  # fmt: skip

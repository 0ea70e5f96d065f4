"""Profit: by hand for four customers, against empulse's own examples, with intervals that hold it."""

import dataclasses
import math

import numpy as np
import pytest

from holdfast.evaluation.profit import Campaign, empc, evaluate_profit, list_profit

TERMS = Campaign(
    profit=np.array([29.0, -1.0, 29.0, -1.0]),
    expected_profit=np.array([20.0, 10.0, 5.0, -0.5]),
    expected_by_value=np.array([1.0, 4.0, 2.0, 3.0]),
    value=100,
    accept_share=0.3,
    offer_cost=0,
    contact_cost=1,
    assumed=False,
)
ORDER = np.arange(4)


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.25, 29 / 4),
        (0.5, 28 / 4),
        (0.75, 57 / 4),
        (1.0, 57 / 4),
    ],  # the last is never listed
)
def test_profit_is_the_gain_of_those_expected_to_bring_most(share: float, expected: float) -> None:
    assert list_profit(TERMS, ORDER, np.ones(4, np.int64), share) == pytest.approx(expected)


def test_weights_count_like_rows_that_come_again() -> None:
    twice = dataclasses.replace(
        TERMS, profit=TERMS.profit[[0, 0, 2]], expected_profit=TERMS.expected_profit[[0, 0, 2]]
    )
    weighted = list_profit(TERMS, ORDER, np.array([2, 0, 1, 0]), 0.5)
    assert weighted == pytest.approx(list_profit(twice, np.arange(3), np.ones(3, np.int64), 0.5))
    assert math.isnan(list_profit(TERMS, ORDER, np.zeros(4, np.int64), 0.5))


def test_empc_of_a_perfect_ranking_is_the_profit_of_calling_all_who_leave() -> None:
    """Verbraken et al. (2013): each leaver brings γ·(value − offer) − contact; γ is 0.3 on average."""
    churned = np.array([1.0, 0, 0, 0] * 50)
    expected = (0.3 * (100 - 0) - 1) / 4
    assert empc(TERMS, churned, churned * 0.8 + 0.1) == pytest.approx(expected, rel=1e-6)


def test_empc_is_that_of_empulse_on_the_terms_of_the_list() -> None:
    from empulse.metrics import empc_score

    random = np.random.default_rng(0)
    probability = random.random(500)
    churned = (random.random(500) < probability).astype(float)
    expected = empc_score(churned, probability, alpha=6, beta=14, clv=100, incentive_cost=0, contact_cost=1)
    assert empc(TERMS, churned, probability) == pytest.approx(float(expected))


def test_what_is_undefined_is_not_a_number() -> None:
    assert math.isnan(empc(TERMS, np.ones(4), np.full(4, 0.5)))
    assert math.isnan(empc(dataclasses.replace(TERMS, value=0), np.array([0.0, 1, 0, 1]), np.full(4, 0.5)))


def test_intervals_hold_the_figures_and_narrow_with_rows() -> None:
    widths = []
    for rows in (300, 3000):
        random = np.random.default_rng(1)
        probability = random.beta(2, 5, rows)
        churned = (random.random(rows) < probability).astype(float)
        campaign = dataclasses.replace(
            TERMS, profit=30 * churned - 1, expected_profit=30 * probability - 1,
            expected_by_value=np.full(rows, 10.0),
        )  # fmt: skip
        found = evaluate_profit(campaign, churned, probability, np.arange(rows), 0.1, seed=1)
        for span in found.values():
            assert span.value is not None and span.low is not None and span.high is not None  # noqa: PT018 — narrows types
            assert span.low < span.value < span.high
        widths.append(found["empc"].standard_error or 0.0)
    assert widths[1] < 0.6 * widths[0]


@pytest.mark.parametrize(("of_value", "gain"), [(True, True), (False, False)])
def test_a_ranking_by_value_alone_is_compared_on_the_same_rows(of_value: bool, gain: bool) -> None:
    """Customers of equal worth: value says nothing, the model all. Churn that is equal: value says all."""
    random = np.random.default_rng(2)
    probability = random.beta(2, 5, 4000) if of_value else np.full(4000, 0.3)
    worth = np.full(4000, 30.0) if of_value else random.lognormal(3, 1, 4000)
    churned = (random.random(4000) < probability).astype(float)
    campaign = dataclasses.replace(
        TERMS, profit=worth * churned - 1, expected_profit=worth * probability - 1,
        expected_by_value=worth * 0.3 - 1,
    )  # fmt: skip
    over = evaluate_profit(campaign, churned, probability, np.arange(4000), 0.1, seed=1)[
        "list_profit_over_value"
    ]
    assert over.low is not None
    assert (over.low > 0) == gain

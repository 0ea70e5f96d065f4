"""Money: by hand for four customers, against empulse's own examples, with intervals that hold it."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from holdfast.evaluation.money import Money, empc, hull, hull_profit, judge_money, list_profit

TERMS = Money(
    gain=np.array([29.0, -1.0, 29.0, -1.0]),
    promised=np.array([20.0, 10.0, 5.0, -0.5]),
    value=100,
    accept_share=0.3,
    offer_cost=0,
    contact_cost=1,
    assumed=False,
)
ORDER = np.arange(4)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.25, 29 / 4), (0.5, 28 / 4), (0.75, 57 / 4), (1.0, 57 / 4)],  # the last promises nothing: never listed
)
def test_profit_is_the_gain_of_those_who_promise_most(share: float, expected: float) -> None:
    assert list_profit(TERMS, ORDER, np.ones(4), share) == pytest.approx(expected)


def test_weights_count_like_rows_that_come_again() -> None:
    twice = dataclasses.replace(TERMS, gain=TERMS.gain[[0, 0, 2]], promised=TERMS.promised[[0, 0, 2]])
    weighted = list_profit(TERMS, ORDER, np.array([2.0, 0, 1, 0]), 0.5)
    assert weighted == pytest.approx(list_profit(twice, np.arange(3), np.ones(3), 0.5))
    assert math.isnan(list_profit(TERMS, ORDER, np.zeros(4), 0.5))


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


@pytest.mark.parametrize("decimals", [1, 12])  # ties, none
@pytest.mark.parametrize("terms", [{}, {"offer_cost": 20.0}, {"contact_cost": 25.0}, {"accept_share": 0.9}])
def test_the_hull_gives_what_empulse_gives(terms: dict[str, Any], decimals: int) -> None:
    random = np.random.default_rng(5)
    money = dataclasses.replace(TERMS, **terms)
    probability = np.round(random.random(400), decimals)
    churned = (random.random(400) < probability).astype(float)
    times = random.integers(0, 4, 400)
    expected = empc(money, np.repeat(churned, times), np.repeat(probability, times))
    ranks = np.argsort(-probability, kind="stable")
    last = np.append(np.diff(probability[ranks]) != 0, True)
    corners = hull(times[ranks].astype(np.float32), churned[ranks] > 0, last)
    assert hull_profit(money, *corners) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_what_is_undefined_is_not_a_number() -> None:
    assert math.isnan(empc(TERMS, np.ones(4), np.full(4, 0.5)))
    assert math.isnan(empc(dataclasses.replace(TERMS, value=0), np.array([0.0, 1, 0, 1]), np.full(4, 0.5)))


def test_intervals_hold_the_figures_and_narrow_with_rows() -> None:
    widths = []
    for rows in (300, 3000):
        random = np.random.default_rng(1)
        probability = random.beta(2, 5, rows)
        churned = (random.random(rows) < probability).astype(float)
        money = dataclasses.replace(TERMS, gain=30 * churned - 1, promised=30 * probability - 1)
        found = judge_money(money, churned, probability, np.arange(rows), 0.1, seed=1)
        for span in found.values():
            assert span.value is not None and span.low is not None and span.high is not None  # noqa: PT018 — narrows types
            assert span.low < span.value < span.high
        widths.append(found["empc"].deviation or 0.0)
    assert widths[1] < 0.6 * widths[0]

"""The index by hand, and what chance alone makes of it."""

import math

import numpy as np
import pytest

from holdfast.metrics.stability import by_chance, smoothed, stability


def test_shares_get_half_a_row_more():
    assert smoothed(np.array([3, 0, 1])) == pytest.approx([3.5 / 5.5, 0.5 / 5.5, 1.5 / 5.5])


def test_index_by_hand():
    was, now = np.array([49, 49]), np.array([74, 24])  # with half a row each: 49.5 of 99, 74.5 and 24.5
    first, second = 74.5 / 99, 24.5 / 99
    expected = (first - 0.5) * math.log(first / 0.5) + (second - 0.5) * math.log(second / 0.5)
    assert float(stability(was, now)) == pytest.approx(expected, rel=1e-12)
    assert expected == pytest.approx(0.2809, abs=1e-4)


def test_no_difference_is_zero_and_order_does_not_matter():
    was, now = np.array([10, 20, 30]), np.array([30, 10, 20])
    assert float(stability(was, was * 1)) == 0
    assert float(stability(was, now)) == pytest.approx(float(stability(now, was)))


def test_bins_that_nobody_falls_into_stay_finite():
    assert np.isfinite(stability(np.array([100, 0]), np.array([0, 100])))


def test_several_dates_at_once():
    dates = np.array([[10, 20], [20, 10]])
    both = stability(dates, np.array([10, 20]))
    assert both[0] == 0
    assert both[1] == pytest.approx(float(stability(dates[1], dates[0])))


@pytest.mark.parametrize(("was_rows", "now_rows", "bins"), [(5000, 200, 11), (400, 400, 5)])
def test_chance_stays_below_its_limit_in_95_of_100_cases(was_rows: int, now_rows: int, bins: int):
    random, shares = np.random.default_rng(7), np.full(bins, 1 / bins)
    found = stability(
        random.multinomial(was_rows, shares, size=4000), random.multinomial(now_rows, shares, size=4000)
    )
    above = float((found > by_chance(was_rows, now_rows, bins)).mean())
    assert 0.03 < above < 0.065


def test_many_columns_at_once_raise_the_limit():
    assert by_chance(1000, 1000, 11, columns=500) > 1.5 * by_chance(1000, 1000, 11)
    assert by_chance(1000, 1000, 1) == 0 == by_chance(0, 10, 5)

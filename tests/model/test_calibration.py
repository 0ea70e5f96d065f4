"""Calibration: probabilities that mean what they say, in the order of the margins."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from holdfast.model.calibration import Calibration, fit_calibration, match_base_rate


def drawn(slope: float, offset: float, rows: int = 20_000) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Margins, and labels drawn with the probability that slope and offset give."""
    random = np.random.default_rng(0)
    margin = random.normal(0, 1.5, rows)
    churned = random.random(rows) < 1 / (1 + np.exp(-(slope * margin + offset)))
    return margin, churned.astype(np.float64)


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.4, -2.0), (2.5, 1.0)])
def test_slope_and_offset_are_found_again(slope: float, offset: float) -> None:
    found = fit_calibration(*drawn(slope, offset))
    assert (found.slope, found.offset) == pytest.approx((slope, offset), abs=0.1)


def test_mean_probability_is_the_base_rate() -> None:
    margin, churned = drawn(0.7, -1.0)
    assert fit_calibration(margin, churned).apply(margin).mean() == pytest.approx(churned.mean(), abs=1e-3)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_scale_of_the_margins_does_not_matter(scale: float) -> None:
    margin, churned = drawn(1.0, -1.0, rows=500)
    expected = fit_calibration(margin, churned).apply(margin)
    np.testing.assert_allclose(
        fit_calibration(scale * margin, churned).apply(scale * margin), expected, atol=1e-6
    )


@given(
    margin=st.lists(st.floats(-30, 30), min_size=2, max_size=30),
    labels=st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_order_is_kept_whatever_the_labels(margin: list[float], labels: list[bool]) -> None:
    values = np.sort(np.array(margin))
    churned = np.array(labels[: len(values)], dtype=np.float64)
    probability = fit_calibration(values, churned).apply(values)
    assert (np.diff(probability) >= 0).all()
    assert ((probability >= 0) & (probability <= 1)).all()


def test_a_backwards_ranking_is_flattened_to_the_base_rate() -> None:
    margin, churned = drawn(-1.0, -1.0)
    probability = fit_calibration(margin, churned).apply(margin)
    np.testing.assert_allclose(probability, churned.mean(), atol=1e-6)


def test_margins_without_any_spread_give_the_base_rate() -> None:
    churned = np.array([1.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(
        fit_calibration(np.full(4, 3.0), churned).apply(np.full(4, 3.0)), 0.25, atol=1e-6
    )


def test_few_rows_that_fall_apart_make_no_sure_prophet() -> None:
    probability = fit_calibration(np.array([-1.0, 1.0]), np.array([0.0, 1.0])).apply(np.array([-1.0, 1.0]))
    np.testing.assert_allclose(probability, [1 / 3, 2 / 3], atol=1e-3)  # Platt's targets for one row each


@pytest.mark.parametrize("churned", [[], [1.0, 1.0], [0.0, 0.0, 0.0]])
def test_one_class_or_no_rows_leave_the_margins_as_they_are(churned: list[float]) -> None:
    assert fit_calibration(np.zeros(len(churned)), np.array(churned)) == Calibration(1.0, 0.0)


def test_json_keeps_every_bit() -> None:
    found = fit_calibration(*drawn(0.7, -1.0, rows=300))
    assert Calibration(**json.loads(json.dumps(dataclasses.asdict(found)))) == found


def test_an_anchor_gives_the_rows_their_own_churn_rate_and_keeps_the_slope() -> None:
    margin, churned = drawn(0.7, -1.0)
    found = match_base_rate(Calibration(0.7, 5.0), margin, churned)
    assert found.slope == 0.7
    assert found.apply(margin).mean() == pytest.approx(churned.mean(), abs=1e-6)
    assert found.offset == pytest.approx(-1.0, abs=0.05)


@pytest.mark.parametrize("churned", [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
@pytest.mark.parametrize("margin", [[0.3, 0.3], [-40.0, 40.0]])
def test_an_anchor_holds_in_any_ground(margin: list[float], churned: list[float]) -> None:
    found = match_base_rate(Calibration(1.0, 0.0), np.array(margin), np.array(churned))
    assert found.apply(np.array(margin)).mean() == pytest.approx(np.mean(churned), abs=1e-5)


def test_without_rows_there_is_no_anchor() -> None:
    assert match_base_rate(Calibration(2.0, 1.0), np.empty(0), np.empty(0)) == Calibration(2.0, 1.0)

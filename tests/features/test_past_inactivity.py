"""Past inactivity: the share of past windows as long as the horizon without a purchase."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.logs import day, expect, features, one, purchases

HORIZON = 30
COLUMN = f"past_inactivity__share__{HORIZON}d"


def share(*days: float, as_of: float) -> float:
    """The feature of a customer with these purchases."""
    row = one({"transactions": purchases(*days)}, as_of, horizon_days=HORIZON)
    return float(row[COLUMN])


@pytest.mark.parametrize(
    ("days", "as_of", "expected"),
    [
        ((0, 20, 40, 60), 80, 0.0),  # never silent for 30 days
        ((0, 50), 80, 20 / 50),  # windows that begin on days 0 to 20
        ((0, 50), 100, (20 + 20) / 70),  # and on days 50 to 70, since the last purchase
        ((0,), 40, 1.0),  # one purchase: the only windows that have ended are empty
        ((0, 0, 50), 80, 20 / 50),  # two lines of one moment
        ((0, 10), 30, math.nan),  # no window has ended
        ((0, 10), 25, math.nan),
    ],
)
def test_the_share_of_empty_windows(days: tuple[float, ...], as_of: float, expected: float) -> None:
    assert share(*days, as_of=as_of) == pytest.approx(expected, nan_ok=True)


def test_a_purchase_known_late_is_not_seen_before() -> None:
    late = {**purchases(40)[0], "transaction_id": "late", "known_at": day(90)}
    frame = features({"transactions": [*purchases(0, 80), late]}, 85, 95, horizon_days=HORIZON).xs("a")
    assert frame[COLUMN].to_list() == pytest.approx([(80 - 30) / 55, (10 + 10) / 65])


def test_refunds_are_no_purchases_and_other_questions_have_other_windows() -> None:
    lines = [*purchases(0, 50), *purchases(25, amount=-5.0)]
    expect(one({"transactions": lines}, 80, horizon_days=HORIZON), **{COLUMN: 0.4})
    row = one({"transactions": lines}, 80, horizon_days=45)
    expect(row, past_inactivity__share__45d=5 / 35)
    assert COLUMN not in row


@settings(max_examples=20)
@given(st.lists(st.integers(0, 150), min_size=1, max_size=8), st.integers(151, 300))
def test_it_is_what_counting_the_windows_gives(days: list[int], as_of: int) -> None:
    """Purchases lie on whole days, so all windows that begin between two midnights are empty or none is."""
    begins = np.arange(min(days), as_of - HORIZON) + 0.5
    empty = [not any(begin <= bought < begin + HORIZON for bought in days) for begin in begins]
    expected = np.mean(empty) if empty else math.nan
    assert share(*days, as_of=as_of) == pytest.approx(expected, abs=1e-6, nan_ok=True)

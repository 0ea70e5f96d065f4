"""Churn as the company records it, against a slow reading of the definition.

What the design leaves open is decided so:

- Whoever had visibly left comes back by a purchase, or the start of a subscription, on a later day: a leaving
  is often dated by day, and the purchases of that day came before it.
- A leaving before the as-of date that was recorded only later is none in the outcome window: not churned, as
  for cancellations.

Days count from 2024-01-01.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.snapshots.tables import LATE, Row, bought, facts, labels, left, take, term

from holdfast.snapshots.churn import Provided

NOBODY: dict[tuple[str, int], float] = {}
STAYED, CHURNED = {("a", 100): 0.0}, {("a", 100): 1.0}


def question(**changed: Any) -> Provided:
    values = {
        "kind": "provided", "horizon_days": 10, "gap_days": 0, "eligible_by": "purchases",
        "active_within_days": 30, "min_history_days": 0,
    }  # fmt: skip
    return Provided.model_validate(values | changed)


def purchasers(
    purchases: Sequence[Row], leavings: Sequence[Row], *dates: int, known_before: int = LATE, **changed: Any
) -> dict[tuple[str, int], float]:
    other = left(0, "nobody")  # a table without rows would have no types
    streams = {
        "transactions": facts("transactions", [*purchases, bought(0, customer="nobody")]),
        "churned": facts("churned", [*leavings, other]),
    }
    return labels(take(streams, question(**changed), *dates, known_before=known_before))


def subscribers(terms: Sequence[Row], leavings: Sequence[Row], *dates: int) -> dict[tuple[str, int], float]:
    streams = {
        "subscriptions": facts("subscriptions", [*terms, term(0, 1, customer="nobody")]),
        "churned": facts("churned", [*leavings, left(0, "nobody")]),
    }
    return labels(take(streams, question(eligible_by="subscriptions"), *dates))


@pytest.mark.parametrize(
    ("on", "churned"), [(99, None), (100, 0), (102.9, 0), (103, 1), (112.9, 1), (113, 0)]
)
def test_churned_is_who_left_in_the_outcome_window(on: float, churned: float | None) -> None:
    expected = {} if churned is None else {("a", 100): churned}
    assert purchasers([bought(80)], [left(on)], 100, gap_days=3) == expected


def test_who_did_not_buy_is_not_eligible() -> None:
    assert purchasers([bought(69)], [left(105)], 100) == NOBODY
    assert purchasers([bought(70)], [left(105)], 100) == CHURNED


@pytest.mark.parametrize(
    ("back", "eligible"),
    [(89, False), (90.9, False), (91, True), (99, True), (100, False)],
)
def test_who_left_before_is_eligible_again_when_they_came_back(back: float, *, eligible: bool) -> None:
    found = purchasers([bought(80), bought(back)], [left(90)], 100)
    assert found == (STAYED if eligible else NOBODY)


def test_a_return_that_was_not_known_yet_is_none() -> None:
    assert purchasers([bought(80), bought(95, known=100)], [left(90)], 100) == NOBODY


def test_a_leaving_that_was_recorded_later_is_not_seen_before() -> None:
    assert purchasers([bought(80)], [left(90, known=100)], 100) == STAYED
    assert purchasers([bought(80)], [left(90, known=99)], 100) == NOBODY


def test_labels_use_only_leavings_that_were_known() -> None:
    assert purchasers([bought(80)], [left(105, known=120)], 100, known_before=120) == STAYED
    assert purchasers([bought(80)], [left(105, known=120)], 100, known_before=121) == CHURNED


@pytest.mark.parametrize(("known_before", "mature"), [(112, False), (113, True)])
def test_immature_labels_are_null(known_before: int, *, mature: bool) -> None:
    found = purchasers([bought(80)], [left(105)], 100, gap_days=3, known_before=known_before)
    np.testing.assert_equal(found, CHURNED if mature else {("a", 100): math.nan})


def test_running_subscriptions_are_eligible_where_the_user_says_so() -> None:
    assert subscribers([term(10)], [left(105)], 100) == CHURNED
    assert subscribers([term(10, ended=105)], [], 100) == STAYED  # an end is no leaving unless recorded
    assert subscribers([term(10, noticed=90)], [left(105)], 100) == NOBODY
    assert subscribers([term(10)], [left(50)], 100) == NOBODY
    assert subscribers([term(10, ended=50), term(60, subscription="t")], [left(50)], 100) == STAYED


def slowly(purchases: list[Row], leavings: list[Row], as_of: int) -> dict[tuple[str, int], float]:
    """The definition, read row by row."""
    found = {}
    for who in ("a", "b"):
        seen = [
            row["occurred_at"]
            for row in purchases
            if row["customer_id"] == who and row["amount"] > 0 and row["known_at"] < as_of
        ]
        known = [row["known_at"] for row in purchases if row["customer_id"] == who and row["amount"] > 0]
        gone = [
            row["churned_at"]
            for row in leavings
            if row["customer_id"] == who and row["churned_at"] < as_of and row["known_at"] < as_of
        ]
        active = any(as_of - 30 <= at < as_of for at in known)
        back = not gone or any(at // 1 > max(gone) // 1 for at in seen)
        if active and back:
            found[who, as_of] = float(
                any(r["customer_id"] == who and as_of <= r["churned_at"] < as_of + 10 for r in leavings)
            )
    return found


halves = st.integers(40, 240).map(lambda number: number / 2)
purchase_rows = st.builds(
    lambda on, delay, amount, who: bought(on, amount, who, on + delay),
    halves, st.sampled_from([0, 0, 0.5, 8]), st.sampled_from([1.0, 1.0, -1.0]), st.sampled_from("ab"),
)  # fmt: skip
leaving_rows = st.builds(
    lambda on, delay, who: left(on, who, on + delay), halves, st.sampled_from([0, 0.5, 8]),
    st.sampled_from("ab"),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(purchase_rows, max_size=8), st.lists(leaving_rows, max_size=4))
def test_the_whole_definition(purchases: list[Row], leavings: list[Row]) -> None:
    expected = slowly(purchases, leavings, 70) | slowly(purchases, leavings, 100)
    assert purchasers(purchases, leavings, 70, 100) == expected

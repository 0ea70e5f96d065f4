"""Involuntary churn: who left because a payment failed. Days count from 2024-01-01.

What the design leaves open is decided so: the last attempt of a subscription before they left had failed, at
most 60 days before the as-of date; a notice on an earlier day than the end means that they decided to go; a
later attempt that succeeded settles a failed one of the same subscription.
"""

import math
from typing import Any

import numpy as np
import pytest
from tests.snapshots.tables import LATE, Row, bought, facts, labels, left, take, term

from holdfast.snapshots.churn import Cancellation, Churn, Inactivity, Provided

CLUB = Cancellation(kind="cancellation", horizon_days=30, gap_days=0, grace_days=0, min_history_days=0)
SHOP = Inactivity(kind="inactivity", horizon_days=30, gap_days=0, active_within_days=90, min_history_days=0)
RECORDED = Provided(
    kind="provided", horizon_days=30, gap_days=0, eligible_by="purchases", active_within_days=90,
    min_history_days=0,
)  # fmt: skip


def attempt(on: float, status: str = "failed", subscription: str | None = "s", known: Any = None) -> Row:
    return {
        "customer_id": "a", "payment_id": f"p{on}", "attempted_at": on, "status": status,
        "known_at": on if known is None else known, "subscription_id": subscription,
    }  # fmt: skip


def why(
    payments: list[Row], *, churn: Churn = CLUB, known_before: int = LATE, **tables: list[Row]
) -> tuple[float, float]:
    """churned and involuntary of the customer `a` as of day 100."""
    tables = tables or {"subscriptions": [term(10, ended=110)]}
    other = {**attempt(0, "succeeded"), "customer_id": "nobody"}
    streams = {name: facts(name, rows) for name, rows in tables.items()}
    streams["payments"] = facts("payments", [*payments, other])
    taken = take(streams, churn, 100, known_before=known_before)
    assert taken.involuntary is not None
    assert list(labels(taken)) == [("a", 100)]
    return float(taken.churned[0]), float(taken.involuntary[0])


VOLUNTARY, INVOLUNTARY, STAYED = (1.0, 0.0), (1.0, 1.0), (0.0, math.nan)


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        ([attempt(105)], INVOLUNTARY),
        ([attempt(95)], INVOLUNTARY),
        ([attempt(40)], INVOLUNTARY),
        ([attempt(39)], VOLUNTARY),  # more than 60 days before the as-of date
        ([attempt(110)], INVOLUNTARY),  # at the very end
        ([attempt(110.1)], VOLUNTARY),  # after it
        ([attempt(105, "succeeded")], VOLUNTARY),
        ([attempt(100), attempt(105, "succeeded")], VOLUNTARY),
        ([attempt(100, "succeeded"), attempt(105)], INVOLUNTARY),
        ([attempt(100), attempt(105)], INVOLUNTARY),
        ([attempt(100), attempt(105, "refunded")], INVOLUNTARY),
        ([attempt(100), attempt(105, "succeeded", "t")], INVOLUNTARY),  # of another subscription
        ([attempt(100, subscription=None), attempt(105, "succeeded", None)], VOLUNTARY),
        ([], VOLUNTARY),
    ],
)
def test_involuntary_is_who_left_while_the_last_attempt_had_failed(
    payments: list[Row], expected: tuple[float, float]
) -> None:
    assert why(payments) == expected


@pytest.mark.parametrize(
    ("noticed", "expected"),
    [(104, VOLUNTARY), (109.9, VOLUNTARY), (110, INVOLUNTARY), (110.5, INVOLUNTARY)],
)
def test_a_notice_on_an_earlier_day_is_a_decision(noticed: float, expected: tuple[float, float]) -> None:
    assert why([attempt(105)], subscriptions=[term(10, ended=110.6, noticed=noticed)]) == expected


def test_who_stayed_has_no_reason_to_leave() -> None:
    np.testing.assert_equal(why([attempt(105)], subscriptions=[term(10)]), STAYED)


def test_immature_labels_are_null() -> None:
    np.testing.assert_equal(why([attempt(105)], known_before=129), (math.nan, math.nan))
    assert why([attempt(105)], known_before=130) == INVOLUNTARY


def test_only_attempts_that_were_known_count() -> None:
    late = [attempt(105), attempt(107, "succeeded", known=140)]
    assert why(late, known_before=140) == INVOLUNTARY
    assert why(late, known_before=141) == VOLUNTARY


def test_shops_and_recorded_leavings() -> None:
    orders = [bought(80)]
    assert why([attempt(120)], churn=SHOP, transactions=orders) == INVOLUNTARY
    assert why([attempt(120), attempt(125, "succeeded")], churn=SHOP, transactions=orders) == VOLUNTARY
    gone = [left(115)]
    assert why([attempt(114)], churn=RECORDED, transactions=orders, churned=gone) == INVOLUNTARY
    assert why([attempt(116)], churn=RECORDED, transactions=orders, churned=gone) == VOLUNTARY


def test_without_payments_nothing_is_known_about_it() -> None:
    streams = {"subscriptions": facts("subscriptions", [term(10, ended=110)])}
    assert take(streams, CLUB, 100).involuntary is None

"""The customers whose last payment failed, by what was known before the day."""

import datetime as dt
from typing import Any

import pandas as pd
from tests.scoring.test_leavers import table

from holdfast.scoring.payments import failed_payments

AS_OF = dt.date(2024, 4, 1)
COLUMNS = (
    "customer_id payment_id attempted_at status amount failure_code subscription_id next_attempt_at known_at"
)


def attempt(who: str, at: str, status: str = "failed", amount: float = 20.0, **more: Any) -> tuple[Any, ...]:
    given = {"failure_code": None, "subscription_id": "s", "next_attempt_at": None, "known_at": at} | more
    return (who, f"{who}-{at}", at, status, amount, *(given[name] for name in COLUMNS.split()[5:]))


def failing(*rows: tuple[Any, ...], within_days: int = 60) -> pd.DataFrame:
    found = failed_payments({"payments": table([*rows], COLUMNS)}, AS_OF, within_days)
    assert found is not None
    return found.set_index("customer_id")


def test_failed_is_who_has_not_paid_since() -> None:
    found = failing(
        attempt("paid", "2024-03-01"), attempt("paid", "2024-03-04", "succeeded"),
        attempt("due", "2024-02-01", "succeeded"), attempt("due", "2024-03-02", failure_code="no_funds"),
        attempt("due", "2024-03-05", failure_code="expired", next_attempt_at="2024-04-03 12:00"),
        attempt("late", "2024-03-01"), attempt("late", "2024-03-02", "succeeded", known_at="2024-04-01"),
        attempt("coming", "2024-04-01"),
        attempt("refunded", "2024-03-01"), attempt("refunded", "2024-03-02", "refunded"),
        attempt("old", "2024-01-31"),
    )  # fmt: skip
    assert list(found.index) == ["due", "late", "refunded"]
    due = found.loc["due"]
    assert (due["failed_attempts"], due["failing_days"], due["amount_due"]) == (2, 30, 20)
    assert due["failure_code"] == "expired"
    assert (due["failed_on"], due["next_attempt_on"]) == (dt.date(2024, 3, 5), dt.date(2024, 4, 3))
    assert found["next_attempt_on"].isna().to_list() == [False, True, True]


def test_each_subscription_is_settled_by_itself() -> None:
    found = failing(
        attempt("a", "2024-03-10", subscription_id="one", amount=15),
        attempt("a", "2024-03-12", subscription_id="two", amount=30),
        attempt("a", "2024-03-20", "succeeded", subscription_id="three"),
        attempt("b", "2024-03-10", subscription_id=None),
        attempt("b", "2024-03-20", "succeeded", subscription_id=None),
        attempt("c", "2024-03-10", next_attempt_at="2024-03-13"),
    )
    assert list(found.index) == ["a", "c"]
    assert (found.loc["a", "amount_due"], found.loc["a", "failed_attempts"]) == (45, 2)
    assert found["next_attempt_on"].isna().all(), "a day that is past is none to wait for"


def test_a_source_may_have_the_required_columns_alone_or_no_payments() -> None:
    bare = table([("a", "p", "2024-03-10", "failed", "2024-03-10")],
                 "customer_id payment_id attempted_at status known_at")  # fmt: skip
    found = failed_payments({"payments": bare}, AS_OF, 60)
    assert found is not None
    assert found["customer_id"].to_list() == ["a"]
    assert found["amount_due"].isna().all()
    assert failed_payments({}, AS_OF, 60) is None
    assert failed_payments({"payments": bare}, AS_OF, 0) is None
    assert failing(attempt("a", "2024-03-10", "succeeded")).empty

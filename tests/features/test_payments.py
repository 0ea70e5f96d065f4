"""Payments: failed attempts, retries and what is due next, and who is said to have a failed payment."""

from typing import Any

from tests.features.logs import Row, day, expect, one
from tests.features.sentences import says


def attempt(at: float, status: str = "failed", **more: Any) -> Row:
    return {"payment_id": f"p{at}", "attempted_at": day(at), "status": status, "amount": 20.0, **more}


def test_attempts_that_failed() -> None:
    rows = [attempt(0, "succeeded"), attempt(30), attempt(33), attempt(36, "succeeded"), attempt(60)]
    late = attempt(62, "succeeded", known_at=day(80))
    row = one({"payments": [*rows, late]}, 70)
    expect(row, payments__failed__all=3, payments__failed__30d=1, payments__failed_share__all=3 / 5)
    expect(row, payments__unpaid__all=1, payments__failing__all=1, payments__failing_days__all=10)
    expect(row, payments__days_since_failed__all=10, payments__due__all=20)
    paid = one({"payments": [*rows, late]}, 90)
    expect(paid, payments__unpaid__all=0, payments__failing__all=0, payments__failing_days__all=None)
    expect(paid, payments__due__all=None, payments__failed__all=3)


def test_how_far_the_paid_period_has_gone() -> None:
    rows = [attempt(0, "succeeded"), attempt(30), attempt(33, "succeeded"), attempt(60, "succeeded")]
    late = attempt(62, "succeeded", known_at=day(80))
    row = one({"payments": [*rows, attempt(61, "refunded"), late]}, 70)
    expect(row, payments__days_since_paid__all=10, payments__until_due__all=20)  # every 30 days on the mean
    expect(one({"payments": rows[:2]}, 40), payments__days_since_paid__all=40, payments__until_due__all=None)
    failed = one({"payments": [attempt(30)]}, 40)
    expect(failed, payments__days_since_paid__all=None, payments__until_due__all=None)


def test_a_payment_of_another_subscription_settles_nothing() -> None:
    rows = [
        attempt(50, subscription_id="one"), attempt(55, "succeeded", subscription_id="two"),
        attempt(40, subscription_id="three"), attempt(45, "succeeded", subscription_id="three"),
    ]  # fmt: skip
    expect(one({"payments": rows}, 60), payments__unpaid__all=1)
    expect(one({"payments": rows[1:]}, 60), payments__unpaid__all=0)


def test_refunds_and_disputes_are_no_attempts() -> None:
    rows = [attempt(10), attempt(12, "refunded"), attempt(13, "disputed")]
    expect(one({"payments": rows}, 20), payments__unpaid__all=1, payments__failed_share__all=1)


def test_retries_of_a_payment() -> None:
    rows = [attempt(at, payment_id="p") for at in (10, 13, 16)] + [attempt(20, "succeeded")]
    expect(one({"payments": rows}, 30), payments__retries__all=2)


def test_what_is_due_next() -> None:
    rows = [attempt(10, next_attempt_at=day(13), failure_code="expired_card"), attempt(40, customer_id="b")]
    row = one({"payments": rows}, 11)
    expect(row, payments__next_attempt_in__all=2, payments__failure_code__all="expired_card")
    expect(one({"payments": rows}, 20), payments__next_attempt_in__all=-7)
    paid = one({"payments": [*rows, attempt(13, "succeeded")]}, 20)
    expect(paid, payments__next_attempt_in__all=None, payments__failure_code__all=None)


def test_who_is_said_to_have_a_failed_payment() -> None:
    failing = {"payments": [attempt(300, "succeeded"), attempt(390), attempt(393)]}
    paying = {"payments": [attempt(390), attempt(393, "succeeded")]}
    says(
        "PAYMENT_FAILED",
        "Failed attempts to charge since the last payment: 2, the first 10 days ago",
        of=failing,
        not_of=paying,
    )
    one_of_two = [attempt(390, subscription_id="one"), attempt(395, "succeeded", subscription_id="two")]
    says("PAYMENT_FAILED", "The last payment failed", of={"payments": one_of_two}, not_of=paying)

"""The settings of churn: what they read, and which days their labels are about."""

import pydantic
import pytest
from pydantic import TypeAdapter

from holdfast.snapshots.churn import Cancellation, Churn, Inactivity, Provided, SpendDrop
from holdfast.timeline.outcome import Outcome

INACTIVITY = {
    "kind": "inactivity", "horizon_days": 60, "gap_days": 7, "active_within_days": 180, "min_history_days": 0
}  # fmt: skip
CANCELLATION = {
    "kind": "cancellation",
    "horizon_days": 30,
    "gap_days": 7,
    "grace_days": 5,
    "min_history_days": 0,
}
SPEND_DROP = {**INACTIVITY, "kind": "spend_drop", "compare_days": 90, "drop_to_share": 0.5}
PROVIDED = {**INACTIVITY, "kind": "provided", "eligible_by": "purchases"}
churn = TypeAdapter[Inactivity | SpendDrop | Cancellation | Provided](Churn).validate_python


def test_inactivity_reads_transactions_and_knows_no_grace() -> None:
    assert churn(INACTIVITY).stream == "transactions"
    assert churn(INACTIVITY).outcome(2) == Outcome(60, gap_days=7, grace_days=0, label_delay_days=2)


def test_cancellation_reads_subscriptions_and_waits_for_grace() -> None:
    assert churn(CANCELLATION).stream == "subscriptions"
    assert churn(CANCELLATION).outcome(2) == Outcome(30, gap_days=7, grace_days=5, label_delay_days=2)


def test_spend_is_compared_with_the_days_before() -> None:
    asked = churn(SPEND_DROP)
    assert (asked.streams, asked.warm_up_days) == (("transactions",), 90)
    assert asked.outcome(2) == Outcome(60, gap_days=7, grace_days=0, label_delay_days=2)
    assert asked.silence == churn(INACTIVITY)


def test_provided_churn_reads_what_says_who_is_active_and_what_says_who_left() -> None:
    assert churn(PROVIDED).streams == ("transactions", "churned")
    assert churn({**PROVIDED, "eligible_by": "subscriptions"}).streams == ("subscriptions", "churned")
    assert churn(PROVIDED).silence is None


@pytest.mark.parametrize(
    "wrong",
    [
        {**INACTIVITY, "horizon_days": 0},
        {**INACTIVITY, "gap_days": -1},
        {**INACTIVITY, "horizon_days": 10**9},  # beyond the calendar
        {**INACTIVITY, "active_within_days": 10**9},
        {**INACTIVITY, "grace_days": 7},  # of cancellation
        {**CANCELLATION, "active_within_days": 30},  # of inactivity
        {**CANCELLATION, "kind": "boredom"},
        {**SPEND_DROP, "drop_to_share": 0},
        {**SPEND_DROP, "drop_to_share": 1.5},
        {**PROVIDED, "eligible_by": "tickets"},
        {**PROVIDED, "grace_days": 7},  # of cancellation
    ],
)
def test_settings_that_make_no_question_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(pydantic.ValidationError):
        churn(wrong)

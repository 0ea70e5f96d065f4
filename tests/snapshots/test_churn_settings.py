"""The settings of churn: what they read, and which days their labels are about."""

import pydantic
import pytest
from pydantic import TypeAdapter

from holdfast.snapshots.churn import Cancellation, Churn, Inactivity
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
churn = TypeAdapter[Inactivity | Cancellation](Churn).validate_python


def test_inactivity_reads_transactions_and_knows_no_grace() -> None:
    assert churn(INACTIVITY).stream == "transactions"
    assert churn(INACTIVITY).outcome(2) == Outcome(60, gap_days=7, grace_days=0, label_delay_days=2)


def test_cancellation_reads_subscriptions_and_waits_for_grace() -> None:
    assert churn(CANCELLATION).stream == "subscriptions"
    assert churn(CANCELLATION).outcome(2) == Outcome(30, gap_days=7, grace_days=5, label_delay_days=2)


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
    ],
)
def test_settings_that_make_no_question_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(pydantic.ValidationError):
        churn(wrong)

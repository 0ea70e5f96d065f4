"""The payment recovery list: who is on it, in which order, and what it says."""

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from tests.features.sentences import TEXTS

from holdfast.config import load_config
from holdfast.outreach.payment_recovery import build_payment_recovery
from holdfast.outreach.selection import PAYMENT_FAILED, _exclude

AS_OF = dt.date(2026, 5, 4)


@pytest.fixture(scope="module")
def config() -> Any:
    return load_config(["source=demo_subscriptions", "churn=cancellation"])


def person(name: str, **more: Any) -> dict[str, Any]:
    return {
        "customer_id": name, "name": name.upper(), "owner": None, "segment": None, "language": "en",
        "country": None, "decision": PAYMENT_FAILED, "value_at_risk": 10.0, "churn_probability": 0.2,
        "failed_on": dt.date(2026, 5, 1), "failed_attempts": 2, "failing_days": 6.0, "amount_due": 20.0,
        "failure_code": "expired_card", "next_attempt_on": None,
    } | more  # fmt: skip


def recovery(config: Any, *people: dict[str, Any], language: str = "en") -> pd.DataFrame:
    frame = pd.DataFrame(people)
    parts = (
        frame[["customer_id", "name", "owner", "segment", "language", "country"]],
        frame[["customer_id", "decision", "value_at_risk", "churn_probability"]],
        frame[["customer_id", "failed_on", "failed_attempts", "failing_days", "amount_due", "failure_code",
               "next_attempt_on"]],
    )  # fmt: skip
    return build_payment_recovery(
        *parts, config.outreach, wording=config.actions[language], texts=TEXTS[language], as_of=AS_OF
    )


def test_ranked_by_what_may_be_lost_and_said_as_it_is(config: Any) -> None:
    found = recovery(
        config, person("small", value_at_risk=1.0), person("listed", decision="listed"),
        person("big", value_at_risk=50.0, next_attempt_on=dt.date(2026, 5, 8)),
    )  # fmt: skip
    assert found["customer_id"].to_list() == ["big", "small"]
    assert found["rank"].to_list() == [1, 2]
    expected = "Failed attempts to charge since the last payment: 2, the first 6 days ago"
    assert set(found["reason"]) == {expected}
    assert set(found["reason_code"]) == {"PAYMENT_FAILED"}
    assert found["recommended_action"].to_list() == [
        "Ask to check card and funds before the next attempt to charge",
        "Ask for another way to pay; the payment failed, and no further attempt is due",
    ]
    assert found.loc[0, "next_attempt_on"] == dt.date(2026, 5, 8)
    assert found.loc[1, "next_attempt_on"] is None


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_every_language_says_it(config: Any, language: str) -> None:
    found = recovery(config, person("a"), language=language)
    assert "2" in found["reason"].to_list()[0]
    assert "PAYMENT" not in found["recommended_action"].to_list()[0]


def test_nobody_failed(config: Any) -> None:
    assert recovery(config, person("a", decision="listed")).empty


@pytest.mark.parametrize(
    ("facts", "asks_consent", "expected"),
    [
        ({}, False, PAYMENT_FAILED),
        ({"consent": False}, False, PAYMENT_FAILED),
        ({"consent": False}, True, "no_consent"),
        ({"customer_id": "banned"}, False, "do_not_contact"),
        ({"already_leaving": True}, False, "already_leaving"),
        ({"last_contacted_at": dt.datetime(2026, 5, 3)}, False, PAYMENT_FAILED),  # noqa: DTZ001
        ({"lapsed": True}, False, PAYMENT_FAILED),
        ({"payment_failed": False}, False, ""),
    ],
)
def test_which_rule_comes_first(config: Any, facts: dict, asks_consent: bool, expected: str) -> None:  # type: ignore[type-arg]
    plain = {
        "customer_id": "a", "consent": True, "already_leaving": False, "last_contacted_at": None,
        "payment_failed": True, "lapsed": False, "saved_share": 0.1, "expected_net_value": 5.0,
    }  # fmt: skip
    settings = config.outreach.model_copy(update={"payment_recovery_consent": asks_consent})
    decided = _exclude(pd.DataFrame([plain | facts]), settings, AS_OF, frozenset({"banned"}))
    assert decided.to_list() == [expected]

"""What outreach knows of a customer is what was known before the as-of date."""

import datetime as dt
from typing import Any

import ibis
import pandas as pd
import pydantic
import pytest

from holdfast.scoring.profile import contacts, people
from holdfast.scoring.subscriptions import renewals
from holdfast.sources.settings import SourceSettings
from holdfast.streams.definitions import define

AS_OF = dt.date(2024, 4, 1)


def day(text: str | None) -> Any:
    return pd.Timestamp(text) if text else pd.NaT


def test_the_newest_version_that_was_known_says_who_they_are():
    rows = [
        ("a", "old", None),
        ("a", "new", "2024-03-01"),
        ("a", "later", "2024-05-01"),
        ("b", "later", "2024-05-01"),
    ]
    table = pd.DataFrame(rows, columns=["customer_id", "name", "valid_from"])
    table["valid_from"] = pd.to_datetime(table["valid_from"])
    found: Any = people({"customers": ibis.memtable(table)}, AS_OF)
    assert found.to_dict("records") == [{"customer_id": "a", "name": "new"}]


def test_last_contact_before_the_day():
    rows = [("a", "2024-03-01"), ("a", "2024-03-20"), ("a", "2024-04-01"), ("b", "2024-04-02")]
    table = pd.DataFrame(
        [(who, day(at), day(at)) for who, at in rows], columns=["customer_id", "contacted_at", "known_at"]
    )
    found: Any = contacts({"contacts": ibis.memtable(table)}, AS_OF)
    assert found.to_dict("records") == [{"customer_id": "a", "last_contacted_at": day("2024-03-20")}]


def test_leaving_is_who_gave_notice_for_all_that_runs():
    # customer, subscription, started, notice, ended, renews
    rows = [
        ("one_of_two", "1", "2024-01-01", "2024-03-01", None, "2024-06-01"),
        ("one_of_two", "2", "2024-01-01", None, None, "2024-05-01"),
        ("all", "3", "2024-01-01", "2024-03-01", None, None),
        ("newest_version", "4", "2024-01-01", None, None, "2024-04-02"),
        ("newest_version", "4", "2024-02-01", "2024-02-15", None, "2024-04-20"),
        ("over", "5", "2024-01-01", "2024-02-01", "2024-02-15", "2024-09-01"),
        ("not_known_yet", "6", "2024-01-01", "2024-04-01", None, "2024-03-01"),
    ]
    names = ["customer_id", "subscription_id", "started_at", "cancelled_at", "ended_at", "renews_at"]
    table = pd.DataFrame([(*row[:2], *map(day, row[2:])) for row in rows], columns=names)
    found: Any = renewals({"subscriptions": ibis.memtable(table.assign(known_at=table["started_at"]))}, AS_OF)
    leaving = found.set_index("customer_id")["already_leaving"].eq(True).to_dict()
    renewal = found.set_index("customer_id")["renewal_date"].dropna().to_dict()
    assert {who for who, leaves in leaving.items() if leaves} == {"all", "newest_version"}
    assert renewal == {"one_of_two": dt.date(2024, 5, 1), "newest_version": dt.date(2024, 4, 20)}


def test_a_contact_counts_whatever_its_channel_and_from_when_it_happened():
    """Called on the 20th, which was entered on the 28th; a mail of the 25th that nobody knows of yet."""
    rows = [
        ("a", "mail", "2024-03-01", "2024-03-01"),
        ("a", "phone", "2024-03-20", "2024-03-28"),
        ("a", "mail", "2024-03-25", "2024-04-01"),
        ("b", "visit", "2024-03-31", "2024-03-31"),
    ]
    table = pd.DataFrame(
        [(who, channel, day(at), day(known)) for who, channel, at, known in rows],
        columns=["customer_id", "channel", "contacted_at", "known_at"],
    )
    found: Any = contacts({"contacts": ibis.memtable(table)}, AS_OF)
    assert found.set_index("customer_id")["last_contacted_at"].to_dict() == {
        "a": day("2024-03-20"), "b": day("2024-03-31"),
    }  # fmt: skip


def test_what_the_company_says_a_customer_is_worth_is_that_of_the_day():
    table = pd.DataFrame(
        [("a", 10.0, None), ("a", 20.0, "2024-03-01"), ("a", 30.0, "2024-04-01")],
        columns=["customer_id", "value", "valid_from"],
    )
    table["valid_from"] = pd.to_datetime(table["valid_from"])
    found: Any = people({"customers": ibis.memtable(table)}, AS_OF)
    assert found.to_dict("records") == [{"customer_id": "a", "value": 20.0}]


def test_what_a_customer_is_worth_is_no_feature():
    table = pd.DataFrame({"customer_id": ["a"], "value": [10.0], "seats": [3.0]})
    table["known_at"] = pd.NaT
    stream = define({"customers": ibis.memtable(table)}, ("seats",))["customers"].stream
    assert stream.numbers == ("seats",)
    columns = {"customer_id": "who", "value": "worth"}
    with pytest.raises(pydantic.ValidationError, match="it ranks the list and cannot be a feature"):
        SourceSettings.model_validate(
            {
                "name": "shop",
                "tables": {"customers": {"read": "x.csv", "columns": columns, "attributes": ["value"]}},
            }
        )

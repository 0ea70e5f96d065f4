"""The caller's six lines: each figure is in a row of the customer's, as it was known at the date."""

import datetime as dt
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
from tests.pages.company import words

from holdfast.outreach.briefs import MAX_CHARS, write_briefs
from holdfast.scoring.cases import find_cases

AS_OF = dt.date(2026, 8, 1)


def at(day: int, month: int = 7) -> pd.Timestamp:
    return pd.Timestamp(2026, month, day, 12)


def tables() -> dict[str, Any]:
    transactions = [
        ("a", "o1", at(1, 5), 9.0),
        ("a", "o2", at(3), 9.0),
        ("a", "r", at(5), -9.0),
        ("b", "o", at(2), 1.0),
    ]
    tickets = [
        ("a", "t1", at(1), None, None, "billing", "an old one"),
        ("a", "t2", at(2), at(4), None, "late", "  settled\nsince "),
        ("a", "t3", at(3), at(4), at(6), None, "again"),
        ("a", "t4", at(2), at(2, 8), None, "late", None),
    ]
    contacts = [
        ("a", at(10), "phone", "will call back", at(11), "contacted"),
        ("a", at(12), "email", "bought", at(2, 8), "contacted"),
        ("a", at(14), "phone", None, None, "control"),
    ]
    kinds: dict[str, tuple[Any, list[str]]] = {
        "transactions": (transactions, ["customer_id", "transaction_id", "occurred_at", "amount"]),
        "tickets": (
            tickets,
            ["customer_id", "ticket_id", "opened_at", "resolved_at", "reopened_at", "category", "text"],
        ),
        "contacts": (contacts, ["customer_id", "contacted_at", "channel", "response", "response_at", "arm"]),
    }  # fmt: skip
    made: dict[str, Any] = {}
    for name, (rows, columns) in kinds.items():
        frame = pd.DataFrame(rows, columns=columns)
        made[name] = ibis.memtable(frame.assign(known_at=frame.iloc[:, 1 if name == "contacts" else 2]))
    return made


def listed(**more: Any) -> pd.DataFrame:
    row = {"rank": 1, "customer_id": "a", "name": "Ann", "segment": None, "country": "GR", "owner": "Eva",
           "reason_1": "No purchase for 29 days", "reason_2": None, "reason_3": None,
           "recommended_action": "Ask", "channel": "call"}  # fmt: skip
    return pd.DataFrame([row | more])


def test_each_line_is_from_the_customers_rows_as_they_were_known():
    briefs = write_briefs(listed(), find_cases(tables(), ["a"], AS_OF), words("en"))
    assert briefs.iloc[0].to_dict() == {
        "rank": 1,
        "customer_id": "a",
        "who": "Ann, a, GR, Eva; customer since 2026-05-01; purchases: 2; last purchase on 2026-07-03",
        "changed": "No purchase for 29 days",
        "open": "ticket t1 of 2026-07-01 (billing); ticket t4 of 2026-07-02 (late); ticket t3 of 2026-07-03",
        "wrote": "2026-07-03: again",
        "tried": "2026-07-12, email: no response; 2026-07-10, phone: will call back",
        "do": "call: Ask",
    }


def test_what_was_not_known_at_the_date_is_not_there():
    cases = find_cases(tables(), ["a"], dt.date(2026, 7, 2))
    brief = write_briefs(listed(), cases, words("en")).iloc[0]
    assert "purchases: 1" in brief["who"]
    assert brief["open"] == "ticket t1 of 2026-07-01 (billing)"
    assert (brief["wrote"], brief["tried"]) == ("2026-07-01: an old one", "nothing known")


def test_nothing_is_known_without_tables():
    brief = write_briefs(listed(name=None), find_cases({}, ["a"], AS_OF), words("en")).iloc[0]
    assert brief["who"] == "a, GR, Eva"
    assert {brief[line] for line in ("open", "wrote", "tried")} == {"nothing known"}
    assert write_briefs(listed().iloc[:0], find_cases(tables(), [], AS_OF), words("en")).empty


def test_no_open_ticket_is_known_where_there_is_a_table_of_tickets():
    cases = find_cases(tables(), ["nobody"], AS_OF)
    read = pa.Table.from_pandas(
        cases.astype({"open_tickets": "object"})
    ).to_pandas()  # as from Parquet: arrays
    for found in (cases, read):
        brief = write_briefs(listed(customer_id="nobody"), found, words("en")).iloc[0]
        assert brief["open"] == "no open ticket"


def test_a_subscriber_pays_and_does_not_purchase():
    terms = ibis.memtable(pd.DataFrame({
        "customer_id": ["a"], "subscription_id": ["s"], "started_at": [pd.Timestamp("2026-05-01")],
        "known_at": [pd.Timestamp("2026-05-01")],
    }))  # fmt: skip
    cases = find_cases({**tables(), "subscriptions": terms}, ["a"], AS_OF)
    for language, said in {"en": "payments: 2; last payment on 2026-07-03", "lt": "mokėjimų: 2"}.items():
        assert said in write_briefs(listed(), cases, words(language)).iloc[0]["who"]


def test_a_message_is_one_line_of_bounded_length():
    cases = find_cases({}, ["a"], AS_OF)
    cases["wrote_on"], cases["wrote"] = "2026-07-01", "word\n" * MAX_CHARS
    wrote = write_briefs(listed(), cases, words("en")).iloc[0]["wrote"]
    assert "\n" not in wrote
    assert len(wrote) <= MAX_CHARS + 20

"""Each rule on a table of one row: what breaks it, and by which name it is told."""

import datetime as dt
from typing import Any

import ibis
import pytest

from holdfast.contracts.rules import first_violation, raw_name, violations
from holdfast.contracts.tables import CONTRACTS

READ_AT = dt.datetime(2026, 8, 1)  # noqa: DTZ001 — wall-clock
DAY = dt.datetime(2026, 7, 1, 12)  # noqa: DTZ001
BEFORE = DAY - dt.timedelta(days=1)
AFTER = DAY + dt.timedelta(days=1)
FUTURE = READ_AT + dt.timedelta(seconds=1)
SOUND: dict[str, dict[str, Any]] = {
    "transactions": {"customer_id": "1", "transaction_id": "A", "occurred_at": DAY, "amount": 1.0},
    "tickets": {"customer_id": "1", "ticket_id": "T", "opened_at": DAY},
    "customers": {"customer_id": "1"},
    "subscriptions": {"customer_id": "1", "subscription_id": "S", "started_at": DAY},
    "surveys": {"customer_id": "1", "answered_at": DAY, "kind": "nps", "score": 10.0},
    "usage": {"customer_id": "1", "occurred_at": DAY, "event": "login"},
    "contacts": {"customer_id": "1", "contacted_at": DAY},
    "payments": {"customer_id": "1", "payment_id": "P", "attempted_at": DAY, "status": "failed"},
    "churned": {"customer_id": "1", "churned_at": DAY},
}
TYPES = {"text": "string", "time": "timestamp(6)", "number": "float64", "flag": "boolean"}


def broken_rule(table: str, unread: str | None = None, **changes: Any) -> str | None:
    """The rule that the sound row breaks with `changes`; the column `unread` was given but not read."""
    contract = CONTRACTS[table]
    row = {**SOUND[table], **changes}
    known = row.pop("known_at", row.get(contract.event or ""))
    cells = {}
    for name, value in row.items():
        column = contract.column(name)
        assert column is not None
        cells[name] = ibis.literal(value, type=TYPES[column.type])
        shown = "?" if name == unread else (None if value is None else str(value))
        cells[raw_name(name)] = ibis.literal(shown, type="string")
    cells["known_at"] = ibis.literal(known, type="timestamp(6)")
    if "known_at" in changes:
        cells[raw_name("known_at")] = ibis.literal(None if known is None else str(known), type="string")
    rows = ibis.memtable({"one": [1]}).select(**cells)
    rules = violations(rows, contract, read_at=READ_AT, currencies={"GBP": 1.0, "EUR": 0.9})
    result: str | None = ibis.duckdb.connect().to_pyarrow(first_violation(rules).name("rule"))[0].as_py()
    return result


@pytest.mark.parametrize("table", SOUND)
def test_sound_row_breaks_no_rule(table: str) -> None:
    assert broken_rule(table) is None


@pytest.mark.parametrize(
    ("table", "column"),
    [(name, column) for name, contract in CONTRACTS.items() for column in contract.required],
)
def test_required_column_is_missing(table: str, column: str) -> None:
    assert broken_rule(table, **{column: None}) == f"{column}_missing"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("transactions", "occurred_at"),
        ("transactions", "amount"),
        ("transactions", "quantity"),
        ("customers", "consent"),
        ("tickets", "resolved_at"),
    ],
)
def test_value_that_was_given_but_not_read(table: str, column: str) -> None:
    assert broken_rule(table, unread=column, **{column: None}) == f"{column}_unreadable"


@pytest.mark.parametrize(
    ("table", "changes", "rule"),
    [
        ("transactions", {"amount": float("nan")}, "amount_not_finite"),
        ("transactions", {"amount": float("-inf")}, "amount_not_finite"),
        ("transactions", {"discount": float("inf")}, "discount_not_finite"),
        ("transactions", {"amount": -1e16}, "amount_too_large"),
        ("usage", {"quantity": 1e308}, "quantity_too_large"),
        ("transactions", {"occurred_at": dt.datetime(1970, 1, 1)}, "occurred_at_before_1971"),  # noqa: DTZ001
        ("transactions", {"occurred_at": FUTURE}, "occurred_at_after_reading"),
        ("transactions", {"known_at": FUTURE}, "known_at_after_reading"),
        ("transactions", {"known_at": BEFORE}, "known_before_occurred_at"),
        ("transactions", {"currency": "USD"}, "other_currency"),
        ("tickets", {"first_response_at": BEFORE}, "first_response_at_before_opened_at"),
        ("tickets", {"resolved_at": BEFORE}, "resolved_at_before_opened_at"),
        ("tickets", {"csat": 5.0, "csat_at": BEFORE}, "csat_at_before_opened_at"),
        ("tickets", {"csat": 5.0, "csat_at": None}, "csat_without_csat_at"),
        ("tickets", {"resolved_at": FUTURE}, "resolved_at_after_reading"),
        ("customers", {"valid_from": FUTURE}, "valid_from_after_reading"),
        ("subscriptions", {"ended_at": BEFORE}, "ended_at_before_started_at"),
        ("subscriptions", {"cancelled_at": FUTURE}, "cancelled_at_after_reading"),
        ("surveys", {"kind": "mood"}, "kind_unknown"),
        ("surveys", {"score": 11.0}, "score_out_of_range"),
        ("contacts", {"response_at": BEFORE}, "response_at_before_contacted_at"),
        ("contacts", {"arm": "treatment"}, "arm_unknown"),
        ("contacts", {"arm": "Control"}, "arm_unknown"),
        ("payments", {"status": "pending"}, "status_unknown"),
        ("payments", {"status": "Failed"}, "status_unknown"),
        ("payments", {"next_attempt_at": BEFORE}, "next_attempt_at_before_attempted_at"),
        ("payments", {"attempted_at": FUTURE}, "attempted_at_after_reading"),
        ("churned", {"known_at": BEFORE}, "known_before_churned_at"),
    ],
)
def test_rule(table: str, changes: dict[str, Any], rule: str) -> None:
    assert broken_rule(table, **changes) == rule


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("transactions", {"amount": 0.0}),
        ("transactions", {"amount": -5.0}),
        ("transactions", {"occurred_at": READ_AT}),
        ("transactions", {"known_at": AFTER}),
        ("transactions", {"currency": None}),
        ("transactions", {"currency": "EUR"}),
        ("contacts", {"arm": None}),
        ("contacts", {"arm": "control"}),
        ("tickets", {"resolved_at": DAY}),
        ("tickets", {"csat": None, "csat_at": AFTER}),
        ("subscriptions", {"started_at": FUTURE, "known_at": DAY}),
        ("subscriptions", {"renews_at": FUTURE, "ended_at": FUTURE}),
        ("surveys", {"kind": "ces", "score": 70.0}),
    ],
)
def test_unusual_but_possible(table: str, changes: dict[str, Any]) -> None:
    assert broken_rule(table, **changes) is None


def test_contracts_name_only_columns_they_have() -> None:
    for contract in CONTRACTS.values():
        names = {column.name for column in contract.columns}
        mentioned = {*contract.key, *contract.follows, *(name for pair in contract.needs for name in pair)}
        assert mentioned <= names, contract.name
        assert contract.event is None or contract.event in contract.required

"""The rules every row of a table must keep, as Ibis expressions that are true where a row breaks them.

They are checked on the mapped and converted columns. Beside each converted column stands what was given
for it, as text, so that a value that could not be read differs from one that is missing.

Ratings other than NPS have no range here, since every company has its own scale; nor have pieces and uses one
below `LARGEST`, since a row may be a day's count of a machine. What is out of line there is drift
(`monitor`), not a broken row.
"""

from collections.abc import Mapping
from datetime import datetime

import ibis
import ibis.expr.types as ir

from holdfast.contracts.tables import Contract

EARLIEST = datetime(1971, 1, 1)  # noqa: DTZ001 — wall-clock; 1970 is where a zero ends up
SURVEY_KINDS = ("nps", "csat", "ces")
NPS_RANGE = (0, 10)
LARGEST = 1e15  # a number above it is a slip, and sums of such numbers would leave the range of float32
DUPLICATE = "duplicate_key"
MALFORMED = "malformed_line"


def given(column: str) -> str:
    """The name under which the raw value of `column` is carried, as text; null where blank."""
    return f"given__{column}"


def after_reading(column: str) -> str:
    """The rule that what happened must have happened before the source was read."""
    return f"{column}_after_reading"


def violations(
    table: ibis.Table,
    contract: Contract,
    *,
    read_at: datetime,
    currencies: Mapping[str, float] | None,
) -> dict[str, ir.BooleanValue]:
    """Rule → true where a row breaks it; null where it cannot say.

    Args:
        table: converted columns, each that is mapped with its `given`, and always `known_at`.
        read_at: when the source was read, naive wall-clock of its zone.
        currencies: those that can be used, the source's own among them; None: no currency to compare.
    """
    rules: dict[str, ir.BooleanValue] = {}
    present = [column for column in contract.columns if given(column.name) in table.columns]
    for column in present:
        if column.required:
            rules[f"{column.name}_missing"] = table[given(column.name)].isnull()
    for column in present:
        rules[f"{column.name}_unreadable"] = table[given(column.name)].notnull() & table[column.name].isnull()
        if column.type == "number":
            rules[f"{column.name}_not_finite"] = table[column.name].isnan() | table[column.name].isinf()
            rules[f"{column.name}_too_large"] = table[column.name].abs() > LARGEST
        if column.type == "time":
            rules[f"{column.name}_before_1971"] = table[column.name] < ibis.literal(EARLIEST)
            if not column.may_be_future:
                rules[after_reading(column.name)] = table[column.name] > ibis.literal(read_at)
    rules.update(_orders(table, contract))
    for needing, needed in contract.needs:
        if needing in table.columns:
            rules[f"{needing}_without_{needed}"] = table[needing].notnull() & table[needed].isnull()
    if "currency" in table.columns and currencies is not None:
        rules["other_currency"] = ~table["currency"].isin(sorted(currencies))
    if contract.name == "surveys":
        rules.update(_survey_rules(table))
    return rules


def first_broken(rules: Mapping[str, ir.BooleanValue]) -> ir.StringValue:
    """The name of the first rule a row breaks; null where it keeps them all."""
    return ibis.cases(*[(broken, name) for name, broken in rules.items()], else_=ibis.null("string"))


def _orders(table: ibis.Table, contract: Contract) -> dict[str, ir.BooleanValue]:
    """Nothing is known before it happens, and nothing follows before what it follows."""
    rules: dict[str, ir.BooleanValue] = {}
    event = contract.event
    if event is None:
        return rules
    if not contract.known_ahead and contract.column("known_at") is not None:
        rules[f"known_before_{event}"] = table["known_at"] < table[event]
    for column in contract.follows:
        if column in table.columns:
            rules[f"{column}_before_{event}"] = table[column] < table[event]
    return rules


def _survey_rules(table: ibis.Table) -> dict[str, ir.BooleanValue]:
    low, high = NPS_RANGE
    return {
        "kind_unknown": ~table["kind"].isin(SURVEY_KINDS),
        "score_out_of_range": (table["kind"] == "nps") & ~table["score"].between(low, high),
    }

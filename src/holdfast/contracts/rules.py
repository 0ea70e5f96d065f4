"""The rules of a table, as Ibis expressions that are true where a row breaks them.

They are checked on the mapped and converted columns. Each converted column comes with its raw value as text
(`raw_name`), which tells an unreadable value from a missing one.

Ratings other than NPS have no range, since every company has its own scale. Quantities are limited only by
`LARGEST`, since a row may be a machine's count of a day: outliers are drift (`monitor`), not broken rows.
"""

from collections.abc import Mapping
from datetime import datetime

import ibis
import ibis.expr.types as ir

from holdfast.contracts.arms import CONTROL
from holdfast.contracts.tables import Contract

EARLIEST = datetime(1971, 1, 1)  # noqa: DTZ001 — wall-clock; a zero is read as 1970
LATEST = datetime(9999, 12, 30)  # noqa: DTZ001 — wall-clock; later times overflow in some time zones
LOST_DIGITS = r"^[+-]?(\d+([.,]\d+)?[eE]\+\d+|\d[.,]\d+[eE]\d+)$"  # 1.2E+11: a spreadsheet rounded an id
CONTROL_CHARACTER = r"[\x00-\x08\x0e-\x1f\x7f]"
CHOICES: Mapping[str, Mapping[str, tuple[str, ...]]] = {  # table → column → its values
    "contacts": {"arm": ("contacted", CONTROL)},
    "surveys": {"kind": ("nps", "csat", "ces")},
    "payments": {"status": ("succeeded", "failed", "refunded", "disputed")},
}
NPS_RANGE = (0, 10)
LARGEST = 1e15  # larger numbers are mistakes, and their sums would leave the range of float32
DUPLICATE = "duplicate_key"
MALFORMED = "malformed_line"


def raw_name(column: str) -> str:
    """The column that holds the raw value of `column` as text; null where blank."""
    return f"raw__{column}"


def instant_name(column: str) -> str:
    """The column that holds the instant of a time; it exists if the source's zone has clock changes."""
    return f"instant__{column}"


def moment(table: ibis.Table, column: str) -> ir.TimestampValue:
    """A time whose differences are elapsed time, even across clock changes."""
    return table[instant_name(column) if instant_name(column) in table.columns else column]


def after_reading(column: str) -> str:
    """The name of the rule that a time must not be later than the time of reading."""
    return f"{column}_after_reading"


def violations(
    table: ibis.Table,
    contract: Contract,
    *,
    read_at: datetime,
    currencies: Mapping[str, float] | None,
) -> dict[str, ir.BooleanValue]:
    """Rule → true where a row breaks it; null where a value that it needs is missing.

    Args:
        table: the converted columns that are mapped, each with its `raw_name`, and always `known_at`.
        read_at: when the source was read, naive wall-clock of its zone.
        currencies: the source's own and those with an exchange rate; None: currencies are not checked.
    """
    rules: dict[str, ir.BooleanValue] = {}
    present = [column for column in contract.columns if raw_name(column.name) in table.columns]
    for column in present:
        if column.required:
            rules[f"{column.name}_missing"] = table[raw_name(column.name)].isnull()
        if column.is_id:
            text = table[raw_name(column.name)]
            rules[f"{column.name}_lost_digits"] = text.re_search("[+.,]") & text.re_search(LOST_DIGITS)
            rules[f"{column.name}_with_control_character"] = text.re_search(CONTROL_CHARACTER)
    for column in present:
        rules[f"{column.name}_unreadable"] = (
            table[raw_name(column.name)].notnull() & table[column.name].isnull()
        )
        if column.type == "number":
            rules[f"{column.name}_not_finite"] = table[column.name].isnan() | table[column.name].isinf()
            rules[f"{column.name}_too_large"] = table[column.name].abs() > LARGEST
        if column.type == "time":
            rules[f"{column.name}_after_9999"] = table[column.name] > ibis.literal(LATEST)
            rules[f"{column.name}_before_1971"] = table[column.name] < ibis.literal(EARLIEST)
            if not column.may_be_future:
                rules[after_reading(column.name)] = table[column.name] > ibis.literal(read_at)
    rules.update(_time_order(table, contract))
    for needing, needed in contract.needs:
        if needing in table.columns:
            rules[f"{needing}_without_{needed}"] = table[needing].notnull() & table[needed].isnull()
    if "currency" in table.columns and currencies is not None:
        rules["other_currency"] = ~table["currency"].isin(sorted(currencies))
    rules.update(
        {
            f"{column}_unknown": ~table[column].isin(allowed)
            for column, allowed in CHOICES.get(contract.name, {}).items()
            if column in table.columns
        }
    )
    if contract.name == "surveys":
        low, high = NPS_RANGE
        rules["score_out_of_range"] = (table["kind"] == "nps") & ~table["score"].between(low, high)
    return rules


def first_violation(rules: Mapping[str, ir.BooleanValue]) -> ir.StringValue:
    """The name of the first rule that a row breaks; null where it breaks none."""
    return ibis.cases(*[(broken, name) for name, broken in rules.items()], else_=ibis.null("string"))


def _time_order(table: ibis.Table, contract: Contract) -> dict[str, ir.BooleanValue]:
    """Rules against rows known before their event, and against times before the event they follow."""
    rules: dict[str, ir.BooleanValue] = {}
    event = contract.event
    if event is None:
        return rules
    if not contract.known_ahead and raw_name("known_at") in table.columns:
        rules[f"known_before_{event}"] = moment(table, "known_at") < moment(table, event)
    for column in contract.follows:
        if column in table.columns:
            rules[f"{column}_before_{event}"] = moment(table, column) < moment(table, event)
    return rules

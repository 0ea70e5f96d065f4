"""Rules that depend on the mapping: on formats, and on the names of raw columns."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from holdfast.contracts.rules import raw_name
from holdfast.contracts.tables import Contract
from holdfast.sources.conversion import format_readings
from holdfast.sources.mapping import TableMapping

REPEATED_HEADER = "repeated_header"


def ambiguous(column: str) -> str:
    """The name of the rule against times that fit two formats with different results."""
    return f"{column}_ambiguous"


def rule_names(contract: Contract) -> set[str]:
    """The names of all rules of this module that a table can break."""
    times = [column.name for column in contract.columns if column.type == "time"]
    return {REPEATED_HEADER, *map(ambiguous, times)}


def header_rule(table: ibis.Table, mapping: TableMapping) -> dict[str, ir.BooleanValue]:
    """The rule against repeated headers: each id equals the name of its column."""
    repeats = []
    for name, value in mapping.values.items():
        column = mapping.contract.column(name)
        if column is not None and column.required and column.type == "text" and len(value.columns) == 1:
            repeats.append(table[raw_name(name)].lower() == value.columns[0].rpartition(".")[2].lower())
    return {REPEATED_HEADER: ibis.and_(*repeats)} if repeats else {}


def fits_several(value: ir.StringValue, formats: Sequence[str], zone: str) -> ir.BooleanValue:
    """Whether a text fits several formats with different results, such as 03/04/2025 day or month first."""
    readings = format_readings(value, formats, zone)
    return ibis.least(*readings) != ibis.greatest(*readings)


def format_rules(table: ibis.Table, mapping: TableMapping) -> dict[str, ir.BooleanValue]:
    """The rules against times that fit several formats with different results.

    Args:
        table: has the result of `fits_several` in a column with the name of its rule.
    """
    return {rule: table[rule] for name in mapping.values if (rule := ambiguous(name)) in table.columns}

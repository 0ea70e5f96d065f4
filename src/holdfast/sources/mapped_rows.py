"""Convert mapped values to the contract's types, and find the first rule that each row breaks."""

from datetime import datetime
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from holdfast.contracts.rules import first_violation, instant_name, moment, raw_name, violations
from holdfast.contracts.tables import Contract
from holdfast.engine.duckdb import DuckDB
from holdfast.sources.conversion import (
    as_instant,
    as_number,
    as_text,
    as_time,
    convert,
    raw_text,
    without_nulls,
)
from holdfast.sources.mapping import IN_SCOPE, BoundMapping
from holdfast.sources.raw_table import FILE, ROW, SHEET
from holdfast.sources.row_rules import ambiguous, fits_several, format_rules, header_rule
from holdfast.sources.settings import SourceSettings

RULE = "holdfast__rule"  # the first rule that the row breaks; null: none


def map_rows(engine: DuckDB, bound: BoundMapping, source: SourceSettings, read_at: datetime) -> ibis.Table:
    """All raw rows: contract columns, their raw values, IN_SCOPE, RULE (null: none) and their place.

    Args:
        read_at: when the source was read, naive wall-clock of its zone.
    """
    selected, mapping = engine.con.sql(bound.select), bound.mapping
    contract = mapping.contract
    columns: dict[str, ir.Value] = {}
    ordered = contract.ordered_times if ZoneInfo(source.time_zone) != ZoneInfo("UTC") else frozenset()
    for name in mapping.values:
        value = selected[name]
        column = contract.column(name)
        if column is None:
            passed = name in mapping.table.passthrough
            columns[name] = as_text(value) if passed else _attribute(value, source)
            continue
        formats, nulls = mapping.table.formats.get(name, ()), mapping.table.csv.nulls
        columns[name] = convert(value, column, zone=source.time_zone, formats=formats, nulls=nulls)
        if column.type == "time" and len(formats) > 1 and value.type().is_string():
            columns[ambiguous(name)] = fits_several(value, formats, source.time_zone)
        if name in ordered:
            columns[instant_name(name)] = as_instant(value, source.time_zone, formats)
        if name == "kind" and contract.name == "surveys":
            columns[name] = columns[name].lower()
        if column.type == "number" and not column.required:
            columns[name] = columns[name].isnan().ifelse(ibis.null("float64"), columns[name])
        text = _raw_text(value, required_number=column.type == "number" and column.required)
        columns[raw_name(name)] = without_nulls(text, nulls) if column.is_id else text
    converted = selected.select(**columns, **{name: selected[name] for name in (IN_SCOPE, FILE, SHEET, ROW)})
    converted = converted.mutate(known_at=_known_at(converted, contract), **_durations(converted, contract))
    full = _convert_currency(converted, source)
    currencies = _exchange_rates(source) if "currency" in mapping.values else None
    broken = first_violation(
        {
            **header_rule(full, mapping),
            **violations(full, contract, read_at=read_at, currencies=currencies),
            **format_rules(full, mapping),
        }
    )
    return full.mutate(**{RULE: full[IN_SCOPE].ifelse(broken, ibis.null("string"))})


def _attribute(value: ir.Value, source: SourceSettings) -> ir.Value:
    """An attribute in the nearest contract type."""
    kind = value.type()
    if kind.is_boolean():
        return value
    if kind.is_numeric():
        number = as_number(value)
        return (number.isnan() | number.isinf()).ifelse(ibis.null("float64"), number)
    if kind.is_timestamp() or kind.is_date():
        return as_time(value, source.time_zone, ())
    return as_text(value)


def _raw_text(value: ir.Value, required_number: bool) -> ir.StringValue:
    """The raw value as text; NaN counts as missing, unless the number is required."""
    if required_number and value.type().is_floating():
        return value.cast("string")
    return raw_text(value)


def _known_at(table: ibis.Table, contract: Contract) -> ir.TimestampValue:
    """`known_at` if given, else the time of the event; for customers `valid_from`, else null."""
    if contract.event is None:
        return table["valid_from"] if "valid_from" in table.columns else ibis.null("timestamp(6)")
    if "known_at" not in table.columns:
        return table[contract.event]
    return table[raw_name("known_at")].isnull().ifelse(table[contract.event], table["known_at"])


def _durations(table: ibis.Table, contract: Contract) -> dict[str, ir.Value]:
    """The durations in hours between two mapped times of a row, as differences of instants."""
    return {
        name: (moment(table, until).epoch_seconds() - moment(table, since).epoch_seconds()) / 3600
        for name, since, until in contract.durations
        if {since, until} <= set(table.columns)
    }


def _exchange_rates(source: SourceSettings) -> dict[str, float]:
    """Currency → the value of one unit in the source's currency."""
    assert source.currency is not None
    return {**{name.upper(): rate for name, rate in source.rates.items()}, source.currency.upper(): 1.0}


def _convert_currency(table: ibis.Table, source: SourceSettings) -> ibis.Table:
    """Convert money with a rate to the source's currency; `currency` in capitals."""
    if "currency" not in table.columns or source.currency is None:
        return table
    written = table["currency"].upper()
    worth = ibis.cases(
        *[(written == name, rate) for name, rate in _exchange_rates(source).items()], else_=1.0
    )
    money = {
        name: table[name] * worth for name in ("amount", "discount") if name in table.columns and source.rates
    }
    return table.mutate(currency=written, **money)

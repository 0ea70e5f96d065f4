"""Raw values to the four types of the contracts, as Ibis expressions; null where a value cannot be read."""

from collections.abc import Sequence

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from holdfast.contracts.tables import ColumnType
from holdfast.sources.inference import OFFSET
from holdfast.sources.settings import CsvSettings

YES = ("true", "t", "yes", "y", "1")
NO = ("false", "f", "no", "n", "0")
WALL = dt.Timestamp(scale=6)
AWARE = dt.Timestamp(timezone="UTC", scale=6)


def _in_format(text: str, form: str) -> None:
    """A text in a strptime format as a time; null where it does not fit."""


def _in_zone(zone: str, moment: object) -> None:
    """The wall-clock time of a zone at an instant."""


# DuckDB's own functions. Ibis's as_timestamp would raise on the first bad date.
builtin = ibis.udf.scalar.builtin
try_strptime = builtin(_in_format, name="try_strptime", signature=(("string", "string"), WALL))
try_strptime_aware = builtin(_in_format, name="try_strptime", signature=(("string", "string"), AWARE))
wall_clock = builtin(_in_zone, name="timezone", signature=(("string", AWARE), WALL))


def raw_text(value: ir.Value) -> ir.StringValue:
    """A raw value as text, by which missing values differ from unreadable ones; null where blank or NaN."""
    kind = value.type()
    if kind.is_floating():
        value = value.isnan().ifelse(ibis.null(kind), value)
    text = value.cast("string")
    return text.strip().nullif("") if kind.is_string() else text


def convert(
    value: ir.Value, kind: ColumnType, *, zone: str, formats: Sequence[str], csv: CsvSettings
) -> ir.Value:
    """Convert a raw value of any type to a type of the contract.

    Args:
        zone: the source's; aware times become its wall clock.
        formats: strptime formats of text times, tried before ISO 8601.
    """
    if kind == "text":
        return as_text(value)
    if kind == "time":
        return as_time(value, zone, formats)
    if kind == "number":
        return as_number(value, csv)
    return as_flag(value)


def as_text(value: ir.Value) -> ir.StringValue:
    """Text without blanks around it; whole numbers of any numeric type without a decimal point."""
    kind = value.type()
    if kind.is_floating() or kind.is_decimal():
        number = value.cast("float64")
        exact = value.try_cast("int64")
        whole = (exact.cast("float64") == number) & (number.abs() < 2**53)
        finite = ~(number.isnan() | number.isinf())
        text = whole.ifelse(exact.cast("string"), value.cast("string"))
        return finite.ifelse(text, ibis.null("string"))
    text = value.cast("string")
    return text.strip().nullif("") if kind.is_string() else text


def as_time(value: ir.Value, zone: str, formats: Sequence[str]) -> ir.TimestampValue:
    """A naive wall-clock time of `zone`, in microseconds."""
    kind = value.type()
    if kind.is_timestamp():
        if kind.timezone is not None:
            return wall_clock(zone, value.cast(AWARE))
        return value.try_cast(WALL)
    if kind.is_date():
        return value.try_cast(WALL)
    text = as_text(value)
    readings = [
        wall_clock(zone, try_strptime_aware(text, form)) if "%z" in form else try_strptime(text, form)
        for form in formats
    ]
    zoned = text.re_search(r"^\d{4}-\d{2}-\d{2}.+" + OFFSET)
    iso = zoned.ifelse(wall_clock(zone, text.try_cast(AWARE)), text.try_cast(WALL))
    return ibis.coalesce(*readings, iso) if readings else iso


def as_number(value: ir.Value, csv: CsvSettings) -> ir.FloatingValue:
    """A float64; text is read with the decimal and thousands marks of the CSV.

    Minus zero becomes zero: engines hold them equal, and keep the one or the other as it happens.
    """
    number = _number(value, csv)
    return (number == 0).ifelse(0.0, number)


def _number(value: ir.Value, csv: CsvSettings) -> ir.FloatingValue:
    if not value.type().is_string():
        return value.try_cast("float64")
    text = value.strip()
    if csv.thousands:
        text = text.replace(csv.thousands, "")
    if csv.decimal != ".":
        text = text.replace(csv.decimal, ".")
    return text.try_cast("float64")


def as_flag(value: ir.Value) -> ir.BooleanValue:
    """True or False; text as people write it in English, or 1 and 0."""
    if value.type().is_boolean():
        return value
    text = as_text(value).lower()
    return ibis.cases((text.isin(YES), True), (text.isin(NO), False), else_=ibis.null("boolean"))

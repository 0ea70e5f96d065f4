"""Convert raw values to the four contract types, as Ibis expressions; unreadable values become null."""

import re
from collections.abc import Sequence

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from holdfast.contracts.identifiers import EDGES, NO_ID
from holdfast.contracts.rules import EARLIEST
from holdfast.contracts.tables import Column
from holdfast.sources.numbers import NUMBER
from holdfast.sources.times import CLOCK, ISO_TIME, NAMED, TIME_TEXT, ZONED, ascii_form

# Words that mean yes or no in some language, and nothing else in another.
YES = (
    "true", "t", "yes", "y", "1", "1.0", "on", "ja", "j", "oui", "sí", "sì", "si", "sim", "tak",
    "ano", "taip", "jā", "kyllä", "evet", "da", "да", "так", "ναι", "نعم", "بله", "wahr", "vrai", "vero",
    "verdadero",
)  # fmt: skip
NO = (
    "false", "f", "no", "n", "0", "0.0", "off", "nein", "non", "não", "nao", "nie", "ne", "nē", "ei", "nej",
    "hayır", "nu", "нет", "ні", "όχι", "οχι", "لا", "خیر", "falsch", "faux", "falso",
)  # fmt: skip
WALL = dt.Timestamp(scale=6)
AWARE = dt.Timestamp(timezone="UTC", scale=6)


def _in_format(text: str, form: str) -> None:
    """Read a text in a strptime format as a time; null if it has another format."""


def _in_zone(zone: str, moment: object) -> None:
    """The wall-clock time of a zone at an instant."""


# DuckDB's own functions. Ibis's as_timestamp would raise on the first bad date.
builtin = ibis.udf.scalar.builtin
try_strptime = builtin(_in_format, name="try_strptime", signature=(("string", "string"), WALL))
try_strptime_aware = builtin(_in_format, name="try_strptime", signature=(("string", "string"), AWARE))
read_number = builtin(_in_format, name=NUMBER, signature=(("string",), dt.float64))
time_text = builtin(_in_format, name=TIME_TEXT, signature=(("string",), "string"))
iso_time = builtin(_in_format, name=ISO_TIME, signature=(("string",), "string"))
instant_of = builtin(_in_zone, name="timezone", signature=(("string", WALL), AWARE))
wall_clock = builtin(_in_zone, name="timezone", signature=(("string", AWARE), WALL))


def raw_text(value: ir.Value) -> ir.StringValue:
    """A raw value as text; null if it is blank or NaN, which makes it missing and not unreadable."""
    kind = value.type()
    if kind.is_floating():
        value = value.isnan().ifelse(ibis.null(kind), value)
    text = value.cast("string")
    return text.re_replace(EDGES, "").nullif("") if kind.is_string() else text


def convert(
    value: ir.Value, column: Column, *, zone: str, formats: Sequence[str], nulls: Sequence[str]
) -> ir.Value:
    """Convert a raw value of any type to the type of a contract column.

    Args:
        zone: the source's zone, in whose wall-clock time aware times are stored.
        formats: strptime formats of text times, tried before ISO 8601.
        nulls: texts that mean a missing id.
    """
    if column.type == "text":
        return without_nulls(as_text(value), nulls) if column.is_id else as_text(value)
    if column.type == "time":
        return as_time(value, zone, formats)
    if column.type == "number":
        return as_number(value)
    return as_flag(value)


def without_nulls(text: ir.StringValue, nulls: Sequence[str]) -> ir.StringValue:
    """An id; null if it is a text that means a missing id."""
    missing = is_among(text, nulls) | is_among(text.lower(), NO_ID)
    return missing.ifelse(ibis.null("string"), text)


def is_among(text: ir.StringValue, texts: Sequence[str]) -> ir.BooleanValue:
    """Whether a text is one of several. Not by IN, which is a join for many texts and loses the row order."""
    return text.re_search(f"^({'|'.join(map(re.escape, texts))})$")


def as_text(value: ir.Value) -> ir.StringValue:
    """Stripped text; whole numbers of any numeric type have no decimal point."""
    kind = value.type()
    if kind.is_floating() or kind.is_decimal():
        number = value.cast("float64")
        exact = value.try_cast("int64")
        whole = (exact.cast("float64") == number) & (number.abs() < 2**53)
        finite = ~(number.isnan() | number.isinf())
        text = whole.ifelse(exact.cast("string"), value.cast("string"))
        return finite.ifelse(text, ibis.null("string"))
    text = value.cast("string")
    return text.re_replace(EDGES, "").nullif("") if kind.is_string() else text


def as_time(value: ir.Value, zone: str, formats: Sequence[str]) -> ir.TimestampValue:
    """A naive wall-clock time of `zone`, in microseconds."""
    return ibis.coalesce(*(_as_wall_clock(reading, zone) for reading in _readings(value, zone, formats)))


def _as_wall_clock(reading: ir.TimestampValue, zone: str) -> ir.TimestampValue:
    """A naive or aware time as wall-clock time of a zone."""
    return wall_clock(zone, reading) if reading.type().timezone else reading


def format_readings(value: ir.StringValue, formats: Sequence[str], zone: str) -> list[ir.TimestampValue]:
    """The naive wall-clock time of a text in each format; null: the text does not fit the format."""
    text = as_text(value)
    return [_as_wall_clock(_in_written_format(text, form, zone, alone=False), zone) for form in formats]


def as_instant(value: ir.Value, zone: str, formats: Sequence[str]) -> ir.TimestampValue:
    """The instant of a time; naive times are wall-clock times of `zone`."""
    readings = [
        reading if reading.type().timezone else instant_of(zone, reading)
        for reading in _readings(value, zone, formats)
    ]
    return ibis.coalesce(*readings)


def _readings(value: ir.Value, zone: str, formats: Sequence[str]) -> list[ir.TimestampValue]:
    """The possible readings of a value as naive or aware time; the first that is not null counts."""
    kind = value.type()
    if kind.is_timestamp() and kind.timezone is not None:
        return [value.cast(AWARE)]
    if kind.is_timestamp() or kind.is_date():
        return [value.try_cast(WALL)]
    text, iso, nothing = as_text(value), iso_time(value.cast("string")), ibis.null("string")
    zoned = iso.re_search(ZONED)
    return [
        *(_in_written_format(text, form, zone, alone=len(formats) == 1) for form in formats),
        zoned.ifelse(iso, nothing).try_cast(AWARE),
        zoned.ifelse(nothing, iso).try_cast(WALL),
    ]


def _in_written_format(text: ir.StringValue, form: str, zone: str, alone: bool) -> ir.TimestampValue:
    """A text in a strptime format; aware if the format has a zone.

    Args:
        alone: it is the only format. Otherwise times before 1971 are null, because 25 may be a year of %y.
    """
    text, form = time_text(text), ascii_form(form, zone)
    if "%Z" in form:  # a name that TIME_TEXT leaves is an IANA name, or has several meanings
        named = text.re_search(rf"{CLOCK}\s*{NAMED}$").ifelse(text, ibis.null("string"))
        offset = try_strptime_aware(text, form.replace("%Z", "%z"))
        reading = ibis.coalesce(offset, try_strptime_aware(named, form))
    elif "%z" in form:
        reading = try_strptime_aware(text, form)
    else:
        reading = try_strptime(text, form)
    return reading if alone else (reading.year() >= EARLIEST.year).ifelse(reading, ibis.null(reading.type()))


def as_number(value: ir.Value) -> ir.FloatingValue:
    """A float64; text is read with the marks of the table's `csv` settings (see `numbers`).

    Minus zero becomes zero, because engines treat them as equal and keep either.
    """
    number = read_number(value) if value.type().is_string() else value.try_cast("float64")
    return (number == 0).ifelse(0.0, number)


def as_flag(value: ir.Value) -> ir.BooleanValue:
    """True or False from booleans, 1 and 0, or the words of YES and NO."""
    if value.type().is_boolean():
        return value
    text = as_text(value).lower()
    return ibis.cases((is_among(text, YES), True), (is_among(text, NO), False), else_=ibis.null("boolean"))

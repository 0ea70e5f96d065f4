"""Read numbers in text: decimal marks, groups of digits, currency signs, brackets and minus signs."""

from collections.abc import Mapping

import duckdb

from holdfast.contracts.identifiers import ASCII, BLANKS, OTHER_SCRIPTS
from holdfast.errors import DataRefused
from holdfast.sources.csv_settings import CsvSettings
from holdfast.sources.sql import literal, trimmed

NUMBER = "holdfast_number"  # the engine's macro that reads a text as a number; null: it is none
# Currency → its usual signs.
SIGNS: Mapping[str, tuple[str, ...]] = {
    "EUR": ("€",), "USD": ("$", "US$"), "AUD": ("$", "A$"), "CAD": ("$", "C$"), "NZD": ("$",),
    "MXN": ("$",), "GBP": ("£",), "JPY": ("¥", "￥", "円"), "CNY": ("¥", "￥", "元"),
    "INR": ("₹", "Rs.", "Rs"), "KRW": ("₩", "￦", "원"), "ILS": ("₪",), "TRY": ("₺", "TL"), "UAH": ("₴",),
    "CHF": ("Fr.", "SFr."), "PLN": ("zł",), "CZK": ("Kč",), "SEK": ("kr",), "NOK": ("kr",),
    "DKK": ("kr",), "HUF": ("Ft",), "BRL": ("R$",),
}  # fmt: skip
SPECIAL = frozenset(r"\.+*?()|[]{}^$")
# Shapes of numbers that show the decimal mark, and shapes that could be read in two ways.
AROUND = r"(?:[^0-9,.]|\pL[.]){0,8}"  # a minus sign, a bracket, the sign of a currency such as Fr. or kr
SHAPES: Mapping[str, str] = {
    "group_or_decimal_comma": r"[1-9][0-9]{0,2},[0-9]{3}",
    "group_or_decimal_point": r"[1-9][0-9]{0,2}[.][0-9]{3}",
    "decimal_point": r"[0-9]*[.][0-9]+|[0-9]{1,3}(,[0-9]{3})+[.][0-9]*|[0-9]{1,3}(,[0-9]{3}){2,}",
    "decimal_comma": r"[0-9]*,[0-9]+|[0-9]{1,3}([.][0-9]{3})+,[0-9]*|[0-9]{1,3}([.][0-9]{3}){2,}",
}


def define_number(con: duckdb.DuckDBPyConnection, csv: CsvSettings, currency: str | None) -> None:
    """Define the macro NUMBER for a table.

    Args:
        currency: the source's; only its code and sign may stand before or behind a number.
    """
    con.execute(f"CREATE OR REPLACE TEMP MACRO {NUMBER}(raw) AS {number_sql(csv, currency)}")


def number_sql(csv: CsvSettings, currency: str | None) -> str:
    """The SQL that reads the text `raw` as a number; null: it is no number."""
    blank, decimal = "[" + BLANKS + "]", csv.decimal_mark
    marks = decimal + (csv.thousands or ("." if decimal == "," else ","))  # as Arabic numbers have them
    written = OTHER_SCRIPTS + "−–٫٬"
    text = f"translate({trimmed('raw')}, {literal(written)}, {literal(ASCII + '--' + marks)})"
    if currency is not None:
        names = "|".join(map(_escaped, (currency.upper(), *SIGNS.get(currency.upper(), ()))))
        before, behind = rf"^([(+-]*){blank}*(?:{names}){blank}*", rf"{blank}*(?:{names}){blank}*([)-]*)$"
        for pattern in (before, behind):
            text = rf"regexp_replace({text}, {literal(pattern)}, '\1')"
    # 12.- means twelve without cents, not a negative number.
    text = rf"regexp_replace({text}, {literal(rf'([0-9]{_escaped(decimal)})[-—]+$')}, '\1')"
    text = rf"regexp_replace({text}, '^[(]([0-9].*)[)]$', '-\1')"
    text = rf"regexp_replace({text}, '^([0-9].*)-$', '-\1')"
    other = "." if decimal == "," else ","
    between = [csv.thousands] if csv.thousands else [other, "'", "’"]
    groups = [_escaped(mark) for mark in between if mark not in BLANKS] + [blank]
    point = f"(?:{_escaped(decimal)}[0-9]*)?"
    grouped = "|".join(f"[0-9]{{1,3}}(?:{mark}[0-9]{{2,3}})*{mark}[0-9]{{3}}" for mark in groups)
    plain = f"[+-]?(?:[0-9]+{point}|{_escaped(decimal)}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    digits = f"regexp_replace({text}, {literal('|'.join(groups))}, '', 'g')"
    cases = (
        f"WHEN regexp_full_match({text}, {literal(plain)}) THEN {text} "
        f"WHEN regexp_full_match({text}, {literal(f'[+-]?(?:{grouped}){point}')}) THEN {digits}"
    )
    number = f"TRY_CAST(replace(CASE {cases} END, {literal(decimal)}, '.') AS DOUBLE)"
    return f"coalesce(TRY_CAST(raw AS DOUBLE), {number})" if decimal == "." else number


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in SPECIAL else char for char in text)


def refuse_ambiguous_marks(column: str, shapes: Mapping[str, int], where: str, typed: bool = False) -> None:
    """Refuse a column of numbers with ambiguous commas and points.

    `1,234` means 1234, and `1.234` means 1.234, only if other numbers of the column show a decimal point. If
    all numbers with a point have three digits behind it, the point may group thousands.

    Args:
        shapes: shape of SHAPES → number of values.
        where: the table's setting.
        typed: the numbers come from a database, whose points are decimal marks.
    """
    comma, point = shapes.get("group_or_decimal_comma", 0), shapes.get("group_or_decimal_point", 0)
    by_comma = shapes.get("decimal_comma", 0)
    by_point = shapes.get("decimal_point", 0) + shapes.get("point_zero", 0)
    if (comma and (by_comma or not by_point)) or (point and (by_comma or not (by_point or typed))):
        raise DataRefused(
            f"the marks in the numbers of {column} can be read in two ways",
            where=where,
            found=f"like 1,234: {comma:,} values; like 1.234: {point:,}; with a decimal comma: {by_comma:,}; "
            f"with a decimal point: {by_point:,}",
            expected="one decimal mark in all numbers of a column",
            next_step=f'add to {where}:  csv: {{decimal: ","}}  (1.234 is more than a thousand)  or  '
            'csv: {decimal: "."}  (1,234 is)',
        )

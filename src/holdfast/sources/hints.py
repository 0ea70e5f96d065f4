"""Advice for unreadable values; each advice is tried on these values first."""

import re
from collections.abc import Sequence

import duckdb

from holdfast.contracts.identifiers import BLANKS
from holdfast.sources.csv_settings import CsvSettings
from holdfast.sources.numbers import SIGNS, number_sql
from holdfast.sources.sql import fetch_row, literal, quoted, trimmed
from holdfast.sources.times import ABBREVIATION, AMBIGUOUS, CLOCK, NAMED, OFFSET, TIME_TEXT

DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y%m%d", "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y",
    "%B %d, %Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%y-%m-%d", "%d-%m-%y", "%Y-%m-%d", "%d. %B %Y",
    "%Y年%m月%d日", "%Y.%m.%d", "%Y. %m. %d.", "%G-W%V-%u",
)  # fmt: skip
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %H:%M:%S")
# The usual formats of exports.
COMMON_FORMATS = (
    *(day + clock for day in DAYS for clock in CLOCKS), "%Y%m%d%H%M%S", "%Y%m%dT%H%M%S",
)  # fmt: skip
ZONED_FORMATS = (
    *(day + clock + zone for day in DAYS for clock in CLOCKS if clock for zone in (" %Z", "%Z")),
    "%Y%m%dT%H%M%S%Z", "%a %b %d %H:%M:%S %Z %Y", "%a %b %d %Y %H:%M:%S %Z", "%a, %d %b %Y %H:%M:%S %Z",
)  # fmt: skip
# Times as numbers: the smallest and largest plausible value, and the SQL that converts them.
NUMBERS = (
    (20_000, 80_000, "TIMESTAMP '1899-12-30' + to_seconds(round({column} * 86400))"),  # days of a spreadsheet
    (3e8, 5e9, "to_timestamp({column})"),  # seconds since 1970
    (3e11, 5e12, "to_timestamp({column} / 1000)"),
    (3e14, 5e15, "to_timestamp({column} / 1000000)"),
    (3e17, 5e18, "to_timestamp({column} / 1000000000)"),
)
# Years of other calendars: the first and last plausible year, and the next step.
CALENDARS = (
    (2400, 2700, "the years are of the Buddhist calendar, 543 ahead; map  {time} - INTERVAL 543 YEAR"),
    (1300, 1500, "the years are of the Islamic or Persian calendar: export the dates in the Gregorian one"),
)
SAMPLE = 20_000  # values that an advice is tried on
MOST = 0.5  # share of the values that an advice must read
AROUND_NUMBER = f"[0-9.,'’()+−–{BLANKS}-]"
MONTH_NAME = r"\pL{3,}"


def advise_time(con: duckdb.DuckDBPyConnection, values: str, column: str, setting: str) -> str | None:
    """The setting that reads most values as plausible times; None: no known setting does.

    Args:
        values: a query with the values in its column `v`.
        column: the mapped raw column or expression.
        setting: the setting, with `%s` in place of `columns` or `formats`.
    """
    sample = f"SELECT {TIME_TEXT}(v) AS v FROM ({values}) LIMIT {SAMPLE}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE holdfast_sample AS {sample}")
    values = "FROM holdfast_sample"
    name = column if column.isidentifier() or not _is_column(column) else quoted(column)
    if expression := _number_expression(con, values):
        return f"map {setting % 'columns'}:  {expression.format(column=name)}"
    year = r"TRY_CAST(regexp_extract(v, '(^|[^0-9])([0-9]{4})([^0-9]|$)', 2) AS INTEGER)"
    for low, high, advice in CALENDARS:
        if _share(con, values, f"{year} BETWEEN {low} AND {high}") > MOST:
            return advice.format(time=_time_sql(con, values, name))
    if formats := _formats(con, values):
        shown = " or ".join(f'"{form}"' for form in formats)
        return f"set {setting % 'formats'}, for example  {shown}"
    if word := _word_behind(con, values):
        ambiguous = word.upper() in AMBIGUOUS
        mapped = f"{setting % 'columns'}: replace({name}, '{word}', '{'+01:00' if ambiguous else ''}')"
        zones = f"{word} is the name of several zones: set source.time_zone to one that uses it, or map the "
        return (
            zones + "offset that is meant, such as " if ambiguous else "map it without the word: "
        ) + mapped
    if _share(con, values, f"regexp_matches(v, {literal(MONTH_NAME)}) AND regexp_matches(v, '[0-9]')") > MOST:
        return (
            "names of months are read in English only: replace the others, such as "
            f"{setting % 'columns'}: strptime(replace({name}, 'Mai', 'May'), '%d %b %Y')"
        )
    return None


def _time_sql(con: duckdb.DuckDBPyConnection, values: str, name: str) -> str:
    """The SQL that reads a column as a time: as ISO 8601, or in the format that fits."""
    if _share(con, values, "TRY_CAST(v AS TIMESTAMP) IS NOT NULL") > MOST:
        return name
    formats = _formats(con, values, last=9999)
    return f"try_strptime({name}, {literal(formats[0])})" if formats else name


def _is_column(text: str) -> bool:
    return re.search(r"[(+*/']|\bCASE\b", text) is None


def _share(con: duckdb.DuckDBPyConnection, values: str, condition: str) -> float:
    """The share of the values for which a condition is true."""
    (share,) = fetch_row(con, f"SELECT avg(CASE WHEN {condition} THEN 1.0 ELSE 0 END) FROM ({values})")
    return float(share or 0.0)


def _word_behind(con: duckdb.DuckDBPyConnection, values: str) -> str:
    """The word behind the clock of most values, such as the name of a zone; blank: there is none."""
    words = f"SELECT regexp_extract(v, {literal(ABBREVIATION)}, 2) AS v FROM ({values})"
    (word,) = fetch_row(con, f"SELECT mode(v) FROM ({words})")
    most = word and _share(con, words, f"v = {literal(word)}") > MOST
    return str(word) if most and word.upper() not in ("AM", "PM") else ""


def _number_expression(con: duckdb.DuckDBPyConnection, values: str) -> str | None:
    """The expression that reads most values as numbers of time units; None: they are no such numbers."""
    for low, high, expression in NUMBERS:
        if _share(con, values, f"TRY_CAST(v AS DOUBLE) BETWEEN {low} AND {high}") > MOST:
            return expression
    return None


def _formats(con: duckdb.DuckDBPyConnection, values: str, last: int = 2100) -> list[str]:
    """The common format that reads most values as times up to the year `last`; two if both read as many."""
    named = literal(rf"({CLOCK}\s*){NAMED}$")
    offset = rf"regexp_replace(v, {named}, '\1+00:00')"  # that of any zone
    zoned = _share(con, values, f"regexp_matches({offset}, {literal(OFFSET)})") > MOST
    forms = ZONED_FORMATS if zoned else COMMON_FORMATS
    readings = (f"try_strptime(v, {literal(form.replace('%Z', '%z'))})" for form in forms)
    counts = ", ".join(f"count(*) FILTER (year({reading}) BETWEEN 1971 AND {last})" for reading in readings)
    row = fetch_row(con, f"SELECT {counts} FROM (SELECT {offset} AS v FROM ({values}))")
    best = [form for form, number in zip(forms, row, strict=True) if number == max(row) > 0]
    return best[:2]


def advise_number(
    con: duckdb.DuckDBPyConnection, values: str, csv: CsvSettings, currency: str | None, share: float
) -> str | None:
    """The settings that read most values as numbers, with `{where}`, `{name}` and `{column}`; None: none do.

    Args:
        share: the share of unreadable rows; if it is small, they have other marks than the other rows.
    """
    values = f"SELECT v AS raw, v FROM ({values}) LIMIT {SAMPLE}"
    mark = "." if csv.decimal_mark == "," else ","
    other = csv.model_copy(update={"decimal": mark, "thousands": None})
    sign, codes = _currency_sign(con, values)
    signed = f"set source.currency, for these numbers have {sign} (where a table has several, map currency)"
    marked = f'{{where}}:  csv: {{{{decimal: "{mark}"}}}}'
    attempts: list[tuple[CsvSettings, str | None, str]] = [(other, currency, f"write in {marked}")]
    for code in codes:
        attempts += [(csv, code, signed), (other, code, f"{signed}, and write in {marked}")]
    for marks, signs, advice in attempts:
        if _share(con, values, f"{number_sql(marks, signs)} IS NOT NULL") <= MOST:
            continue
        if share > MOST or advice == signed:
            return advice
        return (
            f"these rows have the decimal mark {mark} and the others {csv.decimal_mark}: export the files "
            f"alike, or map {{where}}.columns.{{name}}:  replace({{column}}, '{mark}', '{csv.decimal_mark}')"
        )
    return None


def _currency_sign(con: duckdb.DuckDBPyConnection, values: str) -> tuple[str, list[str]]:
    """The most frequent text around the numbers, and the codes of the currencies that it may mean."""
    around = f"regexp_replace(v, {literal(AROUND_NUMBER)}, '', 'g')"
    (sign,) = fetch_row(con, f"SELECT mode({around}) FROM ({values})")
    return str(sign), [code for code, signs in SIGNS.items() if sign and sign in (code, *signs)]


def advise_expression(
    con: duckdb.DuckDBPyConnection, view: str, columns: Sequence[str], csv: CsvSettings, currency: str | None
) -> str | None:
    """What is wrong with text columns that an expression uses as numbers, with `{where}`; None: unknown."""
    for column in columns:
        text = trimmed(quoted(column))
        values = f"SELECT {text} AS v FROM {quoted(view)} WHERE {text} <> '' LIMIT {SAMPLE}"
        if _share(con, values, "v LIKE '[%{%'") > MOST:
            return f"{column} is a list; take a field of its first element with  {column} ->> '$[0].FIELD'"
        if advice := advise_number(con, values, csv, currency, share=1.0):
            return f"{column} is text, of numbers written in another way: {advice}"
    if not columns:
        return None
    return (
        f"texts in {', '.join(columns)} are no numbers; where some are meant so, use  TRY_CAST(… AS DOUBLE)"
    )

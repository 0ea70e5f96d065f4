"""What the text of a CSV's column is, judged by every value of it and not by a sample."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import duckdb

from holdfast.sources.parts import FILE, literal, quoted
from holdfast.sources.settings import CsvSettings

OFFSET = r"(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$"  # at the end of an ISO time: it says its own zone
ISO_DAY = r"\d{4}-\d{2}-\d{2}"
TYPES = ("BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMPTZ", "TIMESTAMP")  # the first that fits is it
MOSTLY_TYPES = ("DOUBLE", "TIMESTAMPTZ", "TIMESTAMP")
WHOLE, POINTED, VALUES = "whole", "pointed", "values"
FIRST_ROWS = 5_000
MOSTLY = 0.5  # a column with a larger share of numbers is one with some bad cells, if an expression needs it


@dataclass(frozen=True)
class Kind:
    """What a text column holds.

    Attributes:
        strict: the DuckDB type that every value has.
        lenient: the type that most values have.
        whole: whole numbers written with a decimal point (`17850.0`), as a float column exports ids.
    """

    strict: str
    lenient: str
    whole: bool


TEXT = Kind("VARCHAR", "VARCHAR", False)


def number_sql(column: str, csv: CsvSettings) -> str:
    """SQL that reads a text column as a number; null where it is none."""
    text = quoted(column)
    if csv.thousands:
        text = f"replace({text}, {literal(csv.thousands)}, '')"
    if csv.decimal != ".":
        text = f"replace({text}, {literal(csv.decimal)}, '.')"
    return f"TRY_CAST({text} AS DOUBLE)"


def typed_sql(column: str, kind: str, csv: CsvSettings) -> str:
    """SQL that reads a text column as a type; null where a value has another."""
    if kind == "VARCHAR":
        return quoted(column)
    if kind == "DOUBLE":
        return number_sql(column, csv)
    return f"TRY_CAST({quoted(column)} AS {kind})"


@dataclass(frozen=True)
class Tally:
    """Column → test → how many values pass, of the text columns whose kind matters.

    Attributes:
        first: of all tests, in the first FIRST_ROWS rows.
        every: of the tests that those leave open, in all rows; no column of which none is left.
    """

    first: dict[str, dict[str, int]]
    every: dict[str, dict[str, int]]

    def kinds(self) -> dict[str, Kind]:
        """What each column holds."""
        return {column: _kind(self.first[column], self.every.get(column, {})) for column in self.first}


def count_values(
    con: duckdb.DuckDBPyConnection,
    view: str,
    typed: AbstractSet[str],
    texts: AbstractSet[str],
    csv: CsvSettings,
) -> Tally:
    """The tally of text columns.

    The first rows rule out most types; the whole column is then read once for what is left.

    Args:
        typed: columns whose type an expression needs.
        texts: columns that stay text, of which only `whole` is asked.
    """
    wanted = {column: [*(TYPES if column in typed else ()), WHOLE] for column in sorted(typed | texts)}
    first = _counts(con, f"(SELECT * FROM {quoted(view)} LIMIT {FIRST_ROWS})", wanted, csv)
    left = {
        column: [test for test in tests if first[column][test] == first[column][VALUES]]
        for column, tests in wanted.items()
    }
    every = _counts(con, quoted(view), {column: tests for column, tests in left.items() if tests}, csv)
    return Tally(first, every)


def narrowed_by(con: duckdb.DuckDBPyConnection, view: str) -> str | None:
    """The last raw file of the first rows; None where there are no rows behind them."""
    first = f"SELECT {quoted(FILE)} AS file FROM {quoted(view)} LIMIT {FIRST_ROWS}"
    found = con.execute(f"SELECT max(file), count(*) FROM ({first})").fetchone()
    assert found is not None
    last, rows = found
    return str(last) if rows == FIRST_ROWS else None


def count_further(con: duckdb.DuckDBPyConnection, view: str, before: Tally, csv: CsvSettings) -> Tally:
    """The tally with the rows of `view` added, none of which is among the first rows of the table."""
    wanted = {
        column: [test for test in counts if test not in (POINTED, VALUES)]
        for column, counts in before.every.items()
    }
    further = _counts(con, quoted(view), wanted, csv)
    every = {
        column: {test: number + further[column][test] for test, number in counts.items()}
        for column, counts in before.every.items()
    }
    return Tally(before.first, every)


def _tests(column: str, csv: CsvSettings) -> dict[str, str]:
    """Test → SQL that is true of a value which passes it."""
    text = f"trim({quoted(column)})"
    padded = f"regexp_full_match({text}, '[+-]?0[0-9]+.*')"  # a code: as a number it would lose its zeros
    return {
        "BIGINT": f"regexp_full_match({text}, '[+-]?(0|[1-9][0-9]{{0,17}})')",
        "DOUBLE": f"{number_sql(column, csv)} IS NOT NULL AND NOT {padded}",
        "BOOLEAN": f"lower({text}) IN ('true', 'false')",
        "DATE": f"regexp_full_match({text}, '{ISO_DAY}') AND TRY_CAST({text} AS DATE) IS NOT NULL",
        "TIMESTAMPTZ": f"regexp_matches({text}, '{ISO_DAY}.+{OFFSET}') "
        f"AND TRY_CAST({text} AS TIMESTAMPTZ) IS NOT NULL",
        "TIMESTAMP": f"TRY_CAST({text} AS TIMESTAMP) IS NOT NULL",
        WHOLE: f"regexp_full_match({text}, '[+-]?[0-9]+([.]0+)?')",
        POINTED: f"contains({text}, '.')",
        VALUES: f"{text} <> ''",
    }


def _counts(
    con: duckdb.DuckDBPyConnection, origin: str, wanted: Mapping[str, Sequence[str]], csv: CsvSettings
) -> dict[str, dict[str, int]]:
    """Column → test → how many values pass; POINTED and VALUES always."""
    asked = [(column, test) for column, tests in wanted.items() for test in (*tests, POINTED, VALUES)]
    if not asked:
        return {}
    cells = ", ".join(f"count(*) FILTER ({_tests(column, csv)[test]})" for column, test in asked)
    row = con.execute(f"SELECT {cells} FROM {origin}").fetchone()
    assert row is not None
    counts: dict[str, dict[str, int]] = {column: {} for column in wanted}
    for (column, test), number in zip(asked, row, strict=True):
        counts[column][test] = number
    return counts


def _kind(first: Mapping[str, int], every: Mapping[str, int]) -> Kind:
    """The kind of a column from its counts in the first rows and, of what those left open, in all rows."""
    values = every.get(VALUES, 0)
    if values == 0 and first[VALUES] == 0:
        return TEXT
    strict = next((kind for kind in TYPES if every.get(kind) == values), "VARCHAR")
    shares = {
        kind: every[kind] / values if kind in every else first.get(kind, 0) / first[VALUES]
        for kind in MOSTLY_TYPES
    }
    lenient = strict
    if strict == "VARCHAR":
        lenient = next((kind for kind in MOSTLY_TYPES if shares[kind] > MOSTLY), strict)
    return Kind(strict, lenient, whole=every.get(WHOLE) == values and every.get(POINTED, 0) > 0)

"""Refuse a raw table as a whole and say what to change; messages show counts and shapes, never values."""

import re

import duckdb

from holdfast.contracts.rules import DUPLICATE, MALFORMED
from holdfast.contracts.tables import Contract
from holdfast.errors import DataRefused, SettingError
from holdfast.sources.hints import advise_number, advise_time
from holdfast.sources.numbers import SIGNS
from holdfast.sources.parts import Counts
from holdfast.sources.settings import SourceSettings
from holdfast.sources.sql import literal, quoted

WORTH_A_HINT = 0.01  # share of the rows in scope that one rule rejects
HINTS = {
    "repeated_header": "these rows are the header once more, where files were put together: nothing is lost",
    "ambiguous": "these times fit several of {where}.formats with different results: give one",
    "missing": "put such rows out of scope ({where}.where), or mend the export",
    "after_reading": "check source.time_zone, and day and month in {where}.formats",
    "before_1971": "such dates are mostly zeros of the exporting program; mend the export",
    "lost_digits": "a spreadsheet rounded these ids, such as 1.2E+11: export them again, as text",
    "control_character": "the export is damaged: these ids hold characters that cannot be printed",
    "after_9999": "such dates are typing errors or stand for no end; map them to null with an SQL CASE",
    "known_before": "a known_at that is only a day counts from its midnight; add INTERVAL 1 DAY to it",
    "other_currency": "give source.rates, or put other currencies out of scope in {where}.where",
    DUPLICATE: "map as key a column that is unique, or (transactions) do not map line_id",
    MALFORMED: "check delimiter, quote and skip in {where}.csv",
}


def refuse_beyond(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    rejected: str,
    counts: Counts,
    source: SourceSettings,
    limit: float,
) -> None:
    """Refuse a table that is empty, of which nothing is accepted, or of which too much is rejected.

    Args:
        rejected: the SQL of the rejected rows: their rule and raw values.
        limit: the largest share of the rows in scope that may be rejected.

    Raises:
        DataRefused: with the counts by rule and what to change.
    """
    name = contract.name
    where = f"source.tables.{name}"
    if counts.read == 0:
        raise empty_table(name, where)
    judged = counts.accepted + counts.rejected
    if judged == 0:
        raise DataRefused(
            f"`where` leaves no row of {name} in scope",
            where=f"{where}.where",
            found=f"{counts.out_of_scope:,} rows read, all out of scope",
            next_step="check the condition against the raw values",
        )
    if counts.accepted and counts.rejected <= limit * judged:
        return
    worst = max(counts.by_rule, key=lambda rule: counts.by_rule[rule])
    by_size = sorted(counts.by_rule.items(), key=lambda entry: (-entry[1], entry[0]))
    rules = ", ".join(f"{rule} {number:,}" for rule, number in by_size)
    share = counts.rejected / judged
    found, expected, next_step = _advice(con, contract, rejected, source, worst, share)
    raise DataRefused(
        f"{counts.rejected:,} of {judged:,} rows of {name} ({share:.1%}) break a rule: {rules}",
        where=where,
        found=found,
        expected=expected or f"at most {limit:.0%} (contracts.max_rejected_share)",
        next_step=next_step,
    )


def advise(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    rejected: str,
    counts: Counts,
    source: SourceSettings,
) -> str | None:
    """The next step for the most frequent broken rule; None: it is rare."""
    judged = counts.accepted + counts.rejected
    if not counts.by_rule or max(counts.by_rule.values()) <= WORTH_A_HINT * judged:
        return None
    worst = max(counts.by_rule, key=lambda rule: counts.by_rule[rule])
    share = counts.by_rule[worst] / judged
    found, _, next_step = _advice(con, contract, rejected, source, worst, share)
    shown = f" ({found})" if found else ""
    return f"{contract.name}: {share:.1%} of the rows are rejected by {worst}{shown}: {next_step}"


def empty_table(name: str, where: str) -> DataRefused:
    """The refusal of a table without a single row."""
    return DataRefused(
        f"the table {name} is empty",
        where=where,
        found="no rows",
        expected="at least one row",
        next_step=f"export it again, or take {name} out of the source file",
    )


def refuse_expression(where: str, error: duckdb.Error) -> SettingError | DataRefused:
    """The refusal of an expression that fails on some rows.

    What the engine says of it may hold values of customers, so only the kind of failure is shown.
    """
    if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
        return DataRefused(
            "the engine ran out of memory or disk, or a raw file is damaged",
            where=where,
            found=type(error).__name__,
            next_step="give engine.memory and free disk below paths.root, or export the file again",
        )
    return SettingError(
        "an expression fails on some rows",
        where=f"{where}.columns or {where}.where",
        found=type(error).__name__,
        next_step="use TRY_CAST or try_strptime in it, so that a bad value becomes null",
    )


def _advice(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    rejected: str,
    source: SourceSettings,
    rule: str,
    share: float,
) -> tuple[str | None, str | None, str]:
    """For the rule that most rows break: what was found, what was expected, what to do.

    Args:
        share: of the rows that break it.
    """
    where = f"source.tables.{contract.name}"
    column = contract.column(re.sub("_(unreadable|before_1971|after_reading)$", "", rule))
    hint = next((text for part, text in HINTS.items() if part in rule), "mend the export or the mapping")
    if column is None:
        return None, None, hint.format(where=where)
    values = f"SELECT {quoted(column.name)} AS v FROM ({rejected}) WHERE rule = {literal(rule)}"
    mapped, formats = source.tables[contract.name].columns, source.tables[contract.name].formats
    mapped_as = mapped[column.name]
    if not rule.endswith("_unreadable"):
        advice = (
            advise_time(con, values, mapped_as, f"{where}.%s.{column.name}")
            if column.type == "time"
            else None
        )
        return None, None, advice or hint.format(where=where)
    shape = _shape(con, values)
    found = f"{column.name} mostly looks like  {shape}  (d a digit, a a letter)"
    expected, next_step = f"a {column.type}", f"mend {where}.columns.{column.name} with an SQL expression"
    if column.type == "time":
        expected = " or ".join(formats.get(column.name, ())) or "ISO 8601, such as 2026-08-01 14:30"
        next_step = advise_time(con, values, mapped_as, f"{where}.%s.{column.name}") or next_step
    elif column.type == "number" and any(sign in shape for sign in SIGNS.values()):
        expected = "a number, perhaps with the sign or the code of source.currency"
        next_step = "set source.currency; where a table has several currencies, map currency"
    elif column.type == "number" and (
        advice := advise_number(con, values, source.tables[contract.name].csv, share)
    ):
        next_step = advice.format(where=where, column=mapped_as, name=column.name)
    elif column.type == "flag":
        expected = "yes or no, true or false, 1 or 0"
        next_step = f"map {where}.columns.{column.name} with an SQL CASE"
    return found, expected, next_step


def _shape(con: duckdb.DuckDBPyConnection, values: str) -> str:
    """The commonest shape of the values: digits as d, letters as a, so that no value is shown."""
    row = con.execute(
        rf"SELECT regexp_replace(regexp_replace(left(v, 40), '\pL', 'a', 'g'), '\pN', 'd', 'g') AS shape "
        f"FROM ({values}) GROUP BY shape ORDER BY count(*) DESC, shape LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else ""

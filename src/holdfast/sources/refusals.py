"""Refuse a raw table as a whole and say what to change; messages show counts and shapes, never values."""

import re
from collections.abc import Mapping

import duckdb

from holdfast.contracts.rules import CHOICES, DUPLICATE, MALFORMED
from holdfast.contracts.settings import ContractSettings
from holdfast.errors import DataRefused, SettingError
from holdfast.sources.hints import advise_number, advise_time
from holdfast.sources.parts import Counts
from holdfast.sources.sql import literal, quoted
from holdfast.sources.table_input import TableInput

FEWEST_ROWS = 20  # of a new file, to be judged by itself
SHOWN_SHAPES = 3
WORTH_A_HINT = 0.01  # share of the rows in scope that one rule rejects
HINTS = {
    "repeated_header": "these rows are the header once more, where files were put together: nothing is lost",
    "ambiguous": "these times fit several of {where}.formats with different results: give one",
    "missing": "put such rows out of scope ({where}.where), or correct the export",
    "after_reading": "check source.time_zone, and day and month in {where}.formats",
    "before_1971": "such dates are mostly zeros of the exporting program: correct the export",
    "lost_digits": "a spreadsheet rounded these ids, such as 1.2E+11: export them again, as text",
    "control_character": "the export is damaged: these ids hold characters that cannot be printed",
    "after_9999": "such dates are typing errors or stand for no end; map them to null with an SQL CASE",
    "known_before": "a known_at that is only a day counts from its midnight; add INTERVAL 1 DAY to it",
    "other_currency": "give source.rates, or put other currencies out of scope in {where}.where",
    DUPLICATE: "map a unique column as key; if line numbers restart in each order, map "
    "line_id: concat(order_no, '-', line_no), or leave line_id out; versions of a customer need valid_from",
    MALFORMED: "check delimiter, quote and skip in {where}.csv; remove the footer below the table",
}


def refuse_beyond(table: TableInput, rejected: str, counts: Counts) -> None:
    """Refuse a table that is empty, has no accepted row, or has too large a share of rejected rows.

    Args:
        rejected: the SQL of the rejected rows: their rule and raw values.
    """
    name, where, judged, limit = table.name, table.where, counts.judged, table.limits.max_rejected_share
    if counts.read == 0:
        raise empty_table(name, where)
    if judged == 0:
        raise DataRefused(
            f"`where` leaves no row of {name} in scope",
            where=f"{where}.where",
            found=f"{counts.out_of_scope:,} rows read, all out of scope",
            next_step="check the condition against the raw values",
        )
    if counts.accepted and counts.rejected <= limit * judged:
        return
    share = counts.rejected / judged
    found, expected, next_step = _advice(table, rejected, _worst(counts), share)
    raise DataRefused(
        f"{counts.rejected:,} of {judged:,} rows of {name} ({share:.1%}) break a rule: {counts.rules}",
        where=where,
        found=found,
        expected=expected or f"at most {limit:.0%} (contracts.max_rejected_share)",
        next_step=next_step,
    )


def rejected_files(
    name: str, new: Mapping[str, Counts], limits: ContractSettings
) -> list[dict[str, str | float]]:
    """The new files of a table with more than `max_rejected_share` rejected rows, worst first.

    Args:
        new: the counts of the files that are new since the previous validation.

    Returns:
        table, file, share (of the rows in scope that were rejected), rules, limit.

    Raises:
        DataRefused: a file has more than `max_rejected_delivery` rejected rows.
    """
    found: list[dict[str, str | float]] = []
    for file, counts in new.items():
        limit = limits.max_rejected_share
        if counts.judged >= FEWEST_ROWS and counts.rejected > limit * counts.judged:
            share = counts.rejected / counts.judged
            found.append({"table": name, "file": file, "rules": counts.rules, "share": share, "limit": limit})
    found.sort(key=lambda figures: -float(figures["share"]))
    if found and float(found[0]["share"]) > limits.max_rejected_delivery:
        worst = found[0]
        raise DataRefused(
            f"{worst['share']:.1%} of the rows of {worst['file']}, new in {name}, break a rule",
            found=str(worst["rules"]),
            where=f"source.tables.{name}",
            expected=f"at most {limits.max_rejected_delivery:.0%} (contracts.max_rejected_delivery)",
            next_step="export that file again, or take it away; nothing of it was kept",
        )
    return found


def advise(table: TableInput, rejected: str, counts: Counts) -> str | None:
    """The next step for the most frequent broken rule; None: it is rare."""
    if not counts.by_rule or max(counts.by_rule.values()) <= WORTH_A_HINT * counts.judged:
        return None
    worst = _worst(counts)
    share = counts.by_rule[worst] / counts.judged
    found, _, next_step = _advice(table, rejected, worst, share)
    shown = f" ({found})" if found else ""
    return f"{table.name}: {share:.1%} of the rows are rejected by {worst}{shown}: {next_step}"


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


def _worst(counts: Counts) -> str:
    """The rule that most rows break; of several, one about unreadable values."""
    return max(counts.by_rule, key=lambda rule: (counts.by_rule[rule], rule.endswith("_unreadable"), rule))


def _advice(table: TableInput, rejected: str, rule: str, share: float) -> tuple[str | None, str | None, str]:
    """For the rule that most rows break: what was found, what was expected, what to do.

    Args:
        share: of the rows that break it.
    """
    con, contract, settings, where = table.engine.raw, table.contract, table.settings, table.where
    column = contract.column(re.sub("_(unreadable|before_1971|after_reading)$", "", rule))
    hint = next((text for part, text in HINTS.items() if part in rule), "correct the export or the mapping")
    if column is None:
        name = rule.removesuffix("_unknown")
        if (words := CHOICES.get(contract.name, {}).get(name)) is None:
            return None, None, hint.format(where=where)
        cases = f"CASE {settings.columns[name]} WHEN '…' THEN '{words[0]}' WHEN '…' THEN '{words[1]}' END"
        return None, ", ".join(words), f"map {where}.columns.{name} with an SQL CASE:  {cases}"
    values = f"SELECT {quoted(column.name)} AS v FROM ({rejected}) WHERE rule = {literal(rule)}"
    mapped_as, advice = settings.columns[column.name], None
    if column.type == "time":
        advice = advise_time(con, values, mapped_as, f"{where}.%s.{column.name}")
    if not rule.endswith("_unreadable"):
        return None, None, advice or hint.format(where=where)
    expected = f"a {column.type}"
    if column.type == "time":
        expected = " or ".join(settings.formats.get(column.name, ())) or "ISO 8601, such as 2026-08-01 14:30"
    elif column.type == "number":
        expected = "a number, perhaps with the sign or the code of source.currency"
        if advice := advise_number(con, values, settings.csv, table.source.currency, share):
            advice = advice.format(where=where, column=mapped_as, name=column.name)
    elif column.type == "flag":
        expected = "yes or no, true or false, 1 or 0"
        advice = (
            f"map {where}.columns.{column.name} with an SQL CASE, such as "
            f"CASE {mapped_as} WHEN 'subscribed' THEN true WHEN 'unsubscribed' THEN false END"
        )
    found = f"{column.name} looks like  {_shapes(con, values)}  (d a digit, a a letter)"
    return (
        found,
        expected,
        advice
        or (
            f"add texts that stand for a missing value to {where}.csv.nulls; convert others with an SQL "
            f"expression in {where}.columns.{column.name}"
        ),
    )


def _shapes(con: duckdb.DuckDBPyConnection, values: str) -> str:
    """The commonest shapes of the values: digits as d, letters as a, so that no value is shown."""
    rows = con.execute(
        rf"SELECT regexp_replace(regexp_replace(left(v, 40), '\pL', 'a', 'g'), '\pN', 'd', 'g') AS shape, "
        f"count(*) AS rows FROM ({values}) GROUP BY shape ORDER BY rows DESC, shape LIMIT {SHOWN_SHAPES}"
    ).fetchall()
    return ",  ".join(f"{shape} ({number:,})" for shape, number in rows)

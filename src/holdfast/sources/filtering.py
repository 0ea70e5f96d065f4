"""Split checked rows into accepted, rejected and out of scope; every raw row is counted exactly once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from holdfast.contracts.rules import MALFORMED, after_reading, raw_name
from holdfast.contracts.tables import Contract
from holdfast.engine.duckdb import ROW_GROUP_ROWS, DuckDB
from holdfast.sources.duplicates import DENIED
from holdfast.sources.mapped_rows import RULE
from holdfast.sources.mapping import IN_SCOPE, BoundMapping
from holdfast.sources.parts import Counts, add_counts, write_parts
from holdfast.sources.raw_table import FILE, ROW, SHEET
from holdfast.sources.sql import literal, quoted, read_parquet


@dataclass(frozen=True)
class CheckedRows:
    """Mapped rows with the rule that each breaks.

    Attributes:
        rows: the engine's view of every raw row with IN_SCOPE, RULE, FILE, ROW and DENIED.
        columns: the columns of the validated table, in order.
        shown: the columns whose raw values are written for rejected rows, in order.
        shuffled: whether `rows` is out of the order of file and row.
        outdated: unread files with a row that changes because of `rows`.
    """

    contract: Contract
    bound: BoundMapping
    rows: str
    columns: list[str]
    shown: list[str]
    shuffled: bool
    outdated: frozenset[str]


def count_rows(con: duckdb.DuckDBPyConnection, checked: CheckedRows) -> dict[str, Counts]:
    """Raw file → its counts, for every staged file."""
    rows = con.execute(
        f"SELECT {FILE}, {IN_SCOPE}, {RULE}, count(*), count(*) FILTER ({DENIED}) FROM {checked.rows} "
        f"GROUP BY ALL UNION ALL SELECT file, true, {literal(MALFORMED)}, count(*), 0 "
        f"FROM {checked.bound.raw.malformed} GROUP BY ALL"
    ).fetchall()
    raw = checked.bound.raw
    by_file = {file: [Counts(by_rule={}, unmatched=dict(raw.unmatched.get(file, {})))] for file in raw.files}
    by_file[raw.files[0]].append(Counts(by_rule={}, unused=dict(raw.unused)))
    for file, in_scope, rule, count, denied in rows:
        if not in_scope:
            undecided = count if in_scope is None else 0
            by_file[file].append(Counts(out_of_scope=count, undecided=undecided, by_rule={}))
        elif rule is None:
            by_file[file].append(Counts(accepted=count, denied=denied, by_rule={}))
        else:
            by_file[file].append(Counts(by_rule={rule: count}))
    return {file: add_counts(counts) for file, counts in by_file.items()}


def rejected_rows(checked: CheckedRows | None, kept: Sequence[Path]) -> str:
    """The SQL of all rejected rows, with `rule` and raw values; `kept`: rejected parts of unread files."""
    selects = [f"FROM {read_parquet(kept)}"] if kept else []
    if checked is not None:
        values = "".join(f", {quoted(raw_name(name))} AS {quoted(name)}" for name in checked.shown)
        selects.append(f"SELECT {RULE} AS rule{values} FROM {checked.rows} WHERE {RULE} IS NOT NULL")
    return " UNION ALL BY NAME ".join(selects)


def recheck_times(con: duckdb.DuckDBPyConnection, checked: CheckedRows) -> dict[str, str]:
    """Raw file → the earliest time that was rejected as later than the reading, ISO 8601, if there is one.

    From that time on the row breaks the rule no more.
    """
    times = [column.name for column in checked.contract.columns if column.type == "time"]
    cells = [
        f"min({quoted(name)}) FILTER ({RULE} = {literal(after_reading(name))})"
        for name in times
        if name in checked.columns
    ]
    if not cells:
        return {}
    rows = con.execute(f"SELECT {FILE}, {', '.join(cells)} FROM {checked.rows} GROUP BY ALL").fetchall()
    by_file = {file: [time for time in times if time is not None] for file, *times in rows}
    return {file: min(times).isoformat() for file, times in by_file.items() if times}


def write_validated(engine: DuckDB, checked: CheckedRows, paths: Mapping[str, Path]) -> None:
    """Write the accepted rows, one part a raw file, in the same order on every run."""
    columns, order = ", ".join(map(quoted, checked.columns)), ""
    if not checked.bound.raw.ordered:
        order = "ORDER BY ALL"
    elif checked.shuffled:
        order = f"ORDER BY {FILE}, {SHEET}, {ROW}"
    query = f"SELECT {FILE}, {columns} FROM {checked.rows} WHERE {IN_SCOPE} AND {RULE} IS NULL {order}"
    write_parts(engine.raw.execute(query).to_arrow_reader(ROW_GROUP_ROWS), paths)


def write_rejected(engine: DuckDB, checked: CheckedRows, paths: Mapping[str, Path]) -> None:
    """Write the rejected rows: file, row (null for a database), rule, raw values as text, line.

    `row` is the number that a spreadsheet shows: the header, if the file has one, is row 1. `line` is the
    content of a malformed line.
    """
    values = "".join(f"{quoted(raw_name(name))} AS {quoted(name)}, " for name in checked.shown)
    blanks = "".join("NULL::VARCHAR, " for _ in checked.shown)
    # Row numbers include the malformed lines above a row.
    malformed = checked.bound.raw.malformed
    shifts = (
        f"SELECT file, next_row, max(shift) AS shift FROM (SELECT file, next_row, row_number() OVER "
        f"(PARTITION BY file ORDER BY line) AS shift FROM {malformed}) GROUP BY file, next_row"
    )
    row = f"rows.{ROW} + coalesce(shifts.shift, 0)" if checked.bound.raw.ordered else "NULL::BIGINT"
    query = (
        f"SELECT rows.{FILE}, rows.{FILE} AS file, {row} AS row, {RULE} AS rule, {values}"
        f"NULL::VARCHAR AS line FROM (FROM {checked.rows} WHERE {RULE} IS NOT NULL) AS rows "
        f"ASOF LEFT JOIN ({shifts}) AS shifts ON rows.{FILE} = shifts.file AND rows.{ROW} >= shifts.next_row "
        f"UNION ALL SELECT file, file, line, {literal(MALFORMED)}, {blanks}content FROM {malformed} "
        f"ORDER BY ALL"
    )
    write_parts(engine.raw.execute(query).to_arrow_reader(ROW_GROUP_ROWS), paths)

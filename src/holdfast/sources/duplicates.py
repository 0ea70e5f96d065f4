"""Reject duplicate keys: of the rows of a key, only the one known first stays.

If a rejected duplicate denies a permission (a customer's consent), the remaining row denies it too.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from holdfast.contracts.rules import DUPLICATE
from holdfast.contracts.tables import Contract
from holdfast.sources.mapped_rows import RULE
from holdfast.sources.mapping import IN_SCOPE
from holdfast.sources.raw_table import FILE, ROW, SHEET, RawTable
from holdfast.sources.sql import fetch_row, literal, quoted, read_parquet

PLACE = "file_row_number"  # identifies a mapped row
DENIED = "holdfast__denied"  # whether the row was denied a permission by a duplicate
RANK = "holdfast__rank"  # 1: the row of its key that stays


def mark_duplicates(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    raw: RawTable,
    columns: Sequence[str],
    mapped: Path,
    kept: Mapping[str, Path],
) -> tuple[str, bool, frozenset[str]]:
    """Mark all rows of a key as rejected, except the one known first.

    Of rows known at the same time, the first by file and row stays; without an order, by all values.

    Args:
        columns: the columns of the validated table.
        mapped: the file of mapped rows.
        kept: raw file → the validated rows of a file that is not read; their keys are unique.

    Returns:
        The engine's view of the rows with DENIED, whether it is out of the order of file and row, and the
        files of kept rows that a row makes a duplicate or denies a permission.
    """
    view, marked = quoted(f"mapped_{contract.name}"), quoted(f"marked_{contract.name}")
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS "
        f"SELECT *, false AS {DENIED} FROM read_parquet({literal(mapped)}, file_row_number = true)"
    )
    shuffled = raw.ordered and _shuffled(con, view)
    key = [column for column in contract.key if column in columns]
    if not key:
        return view, shuffled, frozenset()
    ranked = quoted(f"ranked_{contract.name}")
    permissions = [name for name in contract.permissions if name in columns]
    _rank(con, ranked, view, key, columns, permissions, raw.ordered, kept)
    denied = {
        name: f"{RANK} = 1 AND {quoted(_no(name))} AND rows.{quoted(name)} IS DISTINCT FROM false"
        for name in permissions
    }
    changed = " OR ".join([f"{RANK} > 1", *denied.values()])
    changes = con.execute(
        f"SELECT DISTINCT {FILE}, {PLACE} IS NULL FROM {ranked} AS rows WHERE {changed}"
    ).fetchall()
    outdated = frozenset(file for file, is_kept in changes if is_kept)
    if len(outdated) == len(changes):
        return view, shuffled, outdated
    replaced = [f"CASE WHEN {RANK} > 1 THEN {literal(DUPLICATE)} ELSE {RULE} END AS {RULE}"]
    for name, condition in denied.items():
        replaced.append(f"CASE WHEN {condition} THEN false ELSE rows.{quoted(name)} END AS {quoted(name)}")
    if denied:
        replaced.append(f"coalesce({' OR '.join(denied.values())}, false) AS {DENIED}")
    ranks = ", ".join([PLACE, RANK, *(quoted(_no(name)) for name in permissions)])
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {marked} AS SELECT rows.* REPLACE ({', '.join(replaced)}) "
        f"FROM {view} AS rows LEFT JOIN (SELECT {ranks} FROM {ranked}) AS ranked USING ({PLACE})"
    )
    return marked, True, outdated  # the engine does not keep the order of rows in a join


def _rank(
    con: duckdb.DuckDBPyConnection,
    ranked: str,
    view: str,
    key: Sequence[str],
    columns: Sequence[str],
    permissions: Sequence[str],
    ordered: bool,
    kept: Mapping[str, Path],
) -> None:
    """Make the table `ranked` of all rows whose key is not unique, with RANK; PLACE is null for kept rows.

    `no_<permission>`: whether any row of the key denies the permission.
    """
    keys = ", ".join(map(quoted, key))
    needed = list(dict.fromkeys([*key, "known_at", *permissions, *(() if ordered else columns)]))
    cells = ", ".join(map(quoted, needed))
    ties = f"{FILE}, {SHEET}, {ROW}" if ordered else ", ".join(map(quoted, columns))
    sound = f"{quoted(RULE)} IS NULL AND {quoted(IN_SCOPE)} AND {quoted(key[0])} IS NOT NULL"
    every = f"SELECT {PLACE}, {FILE}, {SHEET}, {ROW}, {cells} FROM {view} WHERE {sound}"
    if kept:
        names = quoted(f"kept_{ranked[1:-1]}")
        con.execute(f"CREATE OR REPLACE TEMP TABLE {names} (path VARCHAR, {FILE} VARCHAR)")
        con.executemany(
            f"INSERT INTO {names} VALUES (?, ?)", [(str(path), file) for file, path in kept.items()]
        )
        every += (
            f" UNION ALL SELECT NULL, {FILE}, 0, 0, {cells} FROM "
            f"(FROM {read_parquet(kept.values(), ', filename = true')} AS kept "
            f"SEMI JOIN (SELECT {keys} FROM {view} WHERE {sound}) AS new ON {_same('kept', 'new', key)}) "
            f"JOIN {names} ON filename = path"
        )
    refusals = "".join(
        f", bool_or(NOT {quoted(name)}) OVER (PARTITION BY {keys}) AS {quoted(_no(name))}"
        for name in permissions
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {ranked} AS WITH every AS MATERIALIZED ({every}), "
        f"several AS (SELECT {keys} FROM every GROUP BY ALL HAVING count(*) > 1) "
        f"SELECT every.*, "
        f"row_number() OVER (PARTITION BY {keys} ORDER BY known_at NULLS FIRST, {ties}) AS {RANK}"
        f"{refusals} FROM every SEMI JOIN several ON {_same('every', 'several', key)}"
    )


def _no(permission: str) -> str:
    return f"no_{permission}"


def _same(left: str, right: str, key: Sequence[str]) -> str:
    """The SQL that tests whether two rows have the same key."""
    return " AND ".join(f"{left}.{quoted(name)} IS NOT DISTINCT FROM {right}.{quoted(name)}" for name in key)


def _shuffled(con: duckdb.DuckDBPyConnection, view: str) -> bool:
    """Whether any row comes before a row that is above it in its file.

    The engine keeps the order of rows, unless an expression needs a join (a long IN) or a window.
    """
    above = f"lag({FILE}) OVER () AS file, lag({SHEET}) OVER () AS sheet, lag({ROW}) OVER () AS row"
    (count,) = fetch_row(
        con,
        f"SELECT count(*) FROM (SELECT {FILE}, {SHEET}, {ROW}, {above} FROM {view}) WHERE {FILE} < file "
        f"OR ({FILE} = file AND ({SHEET} < sheet OR ({SHEET} = sheet AND {ROW} <= row)))",
    )
    return bool(count)

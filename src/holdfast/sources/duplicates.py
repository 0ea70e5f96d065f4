"""Reject duplicate keys: of the rows of a key, only the one known first stays.

If a rejected duplicate denies a permission (a customer's consent), the remaining row denies it too.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from holdfast.contracts.rules import DUPLICATE
from holdfast.contracts.tables import Contract
from holdfast.sources.mapped_rows import RULE
from holdfast.sources.mapping import IN_SCOPE
from holdfast.sources.parts import by_file
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
    ties = f"{FILE}, {SHEET}, {ROW}" if raw.ordered else ", ".join(map(quoted, columns))
    every = _all_rows(con, view, key, columns, permissions, raw.ordered, kept)
    _rank(con, ranked, every, key, permissions, ties)
    denied = _denials(permissions)
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


def find_same_keys(
    con: duckdb.DuckDBPyConnection, contract: Contract, columns: Sequence[str], fresh: Mapping[str, Path],
    kept: Mapping[str, Path],
) -> dict[str, pa.Table]:  # fmt: skip
    """Files that lose a row, or a permission in one, to a row of another file with the same key.

    Args:
        columns: the columns of the validated table.
        fresh: raw file → its validated rows; the keys within one are unique.
        kept: the same of files that are not read; the keys of all are unique.

    Returns:
        Raw file → the rows of all others with one of its keys: FILE, key, `known_at` and permissions.
    """
    key = [column for column in contract.key if column in columns]
    if not key:
        return {}
    permissions = [name for name in contract.permissions if name in columns]
    needed = [quoted(name) for name in dict.fromkeys([*key, "known_at", *permissions])]
    cells, others = ", ".join(needed), ", ".join(f"other.{name}" for name in needed)
    view, files, ranked = (quoted(f"{kind}_{contract.name}") for kind in ("fresh", "files", "ranked"))
    _name_files(con, files, fresh)
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT NULL AS {PLACE}, {FILE}, 0 AS {SHEET}, 0 AS {ROW}, "
        f"NULL AS {RULE}, true AS {IN_SCOPE}, {cells} "
        f"FROM {read_parquet(fresh.values(), ', filename = true')} JOIN {files} ON filename = path"
    )
    every = _all_rows(con, view, key, columns, permissions, True, kept)
    _rank(con, ranked, every, key, permissions, FILE)
    changed = " OR ".join([f"{RANK} > 1", *_denials(permissions).values()])
    rows = con.execute(
        f"SELECT mine.{FILE} AS mine, other.{FILE}, {others} FROM {ranked} AS mine JOIN {ranked} AS other "
        f"ON {_same('mine', 'other', key)} AND mine.{FILE} <> other.{FILE} "
        f"WHERE mine.{FILE} IN (SELECT {FILE} FROM {ranked} AS rows WHERE {changed}) "
        f"ORDER BY mine.{FILE}"
    ).to_arrow_table()
    con.execute(f"DROP TABLE {ranked}")
    batches = rows.combine_chunks().to_batches()
    return {file: pa.table(piece) for batch in batches for file, piece in by_file(batch)}


def _all_rows(
    con: duckdb.DuckDBPyConnection,
    view: str,
    key: Sequence[str],
    columns: Sequence[str],
    permissions: Sequence[str],
    ordered: bool,
    kept: Mapping[str, Path],
) -> str:
    """The SQL of all rows that may be duplicates: PLACE (null for kept rows), their place and cells."""
    needed = list(dict.fromkeys([*key, "known_at", *permissions, *(() if ordered else columns)]))
    keys, cells = ", ".join(map(quoted, key)), ", ".join(map(quoted, needed))
    sound = f"{quoted(RULE)} IS NULL AND {quoted(IN_SCOPE)} AND {quoted(key[0])} IS NOT NULL"
    every = f"SELECT {PLACE}, {FILE}, {SHEET}, {ROW}, {cells} FROM {view} WHERE {sound}"
    if kept:
        files = quoted(f"files_{view[1:-1]}")
        _name_files(con, files, kept)
        every += (
            f" UNION ALL SELECT NULL, {FILE}, 0, 0, {cells} FROM "
            f"(FROM {read_parquet(kept.values(), ', filename = true')} AS kept "
            f"SEMI JOIN (SELECT {keys} FROM {view} WHERE {sound}) AS new ON {_same('kept', 'new', key)}) "
            f"JOIN {files} ON filename = path"
        )
    return every


def _name_files(con: duckdb.DuckDBPyConnection, table: str, parts: Mapping[str, Path]) -> None:
    """Make the table of the raw file of each part, by the part's path."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} (path VARCHAR, {FILE} VARCHAR)")
    con.executemany(f"INSERT INTO {table} VALUES (?, ?)", [(str(path), file) for file, path in parts.items()])


def _rank(
    con: duckdb.DuckDBPyConnection, ranked: str, every: str, key: Sequence[str], permissions: Sequence[str],
    ties: str,
) -> None:  # fmt: skip
    """Create the table `ranked`: all rows whose key occurs more than once, each with its RANK.

    `no_<permission>`: whether any row of the key denies the permission.

    Args:
        every: the SQL of the rows.
        ties: the order of rows that were known at the same time.
    """
    keys = ", ".join(map(quoted, key))
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


def _denials(permissions: Sequence[str]) -> dict[str, str]:
    """Permission → the SQL that tests whether a duplicate takes it from the row that stays."""
    return {
        name: f"{RANK} = 1 AND {quoted(_no(name))} AND rows.{quoted(name)} IS DISTINCT FROM false"
        for name in permissions
    }


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

"""Refuse joins that would multiply rows or match nothing."""

from collections.abc import Sequence

import duckdb

from holdfast.errors import DataRefused
from holdfast.sources.matching import SPELLINGS, bare
from holdfast.sources.raw_table import RawTable
from holdfast.sources.sql import fetch_row, quoted

KEY = "holdfast__key"  # followed by a number: a key of a joined row, as text
NEXT_STEPS = {
    "several": "read the table with the finer rows (the lines) and join the other (the invoices); or give a "
    "key that is unique, or a query that aggregates",
    "none": "name in key: the columns that hold the same ids, such as  key: {order_no: id}",
}


def refuse_malformed(con: duckdb.DuckDBPyConnection, raw: RawTable, where: str) -> None:
    """Refuse a joined table with malformed lines, whose keys would seem to be missing."""
    lines, files = fetch_row(con, f"SELECT count(*), count(DISTINCT file) FROM {raw.malformed}")
    if lines:
        raise DataRefused(
            f"{lines:,} lines of the joined table cannot be split into columns",
            where=where,
            found=f"in {files:,} of {len(raw.files):,} files",
            next_step=f"check delimiter, quote and skip in {where}.csv, or export the file again",
        )


def refuse_several(con: duckdb.DuckDBPyConnection, rows: str, n_keys: int, where: str, table: str) -> None:
    """Refuse a joined table with several rows for one key, which would multiply rows of the table."""
    keys = ", ".join(f"{KEY}{n}" for n in range(n_keys))
    several, count = fetch_row(
        con,
        f"SELECT count(*), coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM {rows} GROUP BY {keys}) "
        "WHERE n > 1",
    )
    if several:
        raise DataRefused(
            f"the joined table has several rows for {several:,} keys: rows of {table} would be counted twice",
            where=f"{where}.key",
            found=f"{count:,} different rows with these keys",
            expected="at most one row for each key",
            next_step=NEXT_STEPS["several"],
        )


def refuse_spellings(
    con: duckdb.DuckDBPyConnection, view: str, rows: str, keys: Sequence[str], where: str, limit: float
) -> None:
    """Refuse keys that match only after normalisation (`matching.bare`)."""
    exact = ", ".join(f"k{n}" for n in range(len(keys)))
    bared = ", ".join(bare(f"k{n}") for n in range(len(keys)))
    theirs = [f"{KEY}{n}" for n in range(len(keys))]
    cells = ", ".join(f"{key} AS k{n}" for n, key in enumerate(keys))
    lost, every = fetch_row(
        con,
        f"SELECT count(*) FILTER (NOT ({exact}) IN (SELECT ({', '.join(theirs)}) FROM {rows}) AND "
        f"({bared}) IN (SELECT ({', '.join(map(bare, theirs))}) FROM {rows})), count(*) "
        f"FROM (SELECT DISTINCT {cells} FROM {quoted(view)})",
    )
    if lost > limit * every:
        raise DataRefused(
            f"{lost:,} of {every:,} keys are known to the joined table only in another spelling",
            where=f"{where}.key",
            found=f"keys that differ only in {SPELLINGS}",
            expected=f"at most {limit:.0%} (contracts.max_misspelled_ids)",
            next_step="write the keys alike, such as  key: {order_no: \"lpad(id, 6, '0')\"}",
        )


def refuse_strangers(unmatched: int, rows: int, read: int, where: str) -> None:
    """Refuse a joined table that has no row for any row of the table."""
    if rows and unmatched == rows:
        raise DataRefused(
            f"the joined table has no row for any of the {rows:,} rows",
            where=f"{where}.key",
            found=f"{read:,} rows in it, none with a key of the table's",
            next_step=NEXT_STEPS["none"],
        )

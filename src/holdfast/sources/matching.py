"""Whether the tables of a source write the ids of the same customers the same way."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from holdfast.engine.duckdb import parquet_files
from holdfast.errors import DataRefused
from holdfast.sources.sql import read_parquet

# As contracts.identifiers.without_zeros, for tables that are too large for Python.
WITHOUT_ZEROS = r"ltrim(regexp_replace(id, '^(\d+)\.0$', '\1'), '0')"


def check_customer_ids(con: duckdb.DuckDBPyConnection, tables: Sequence[Path], limit: float) -> None:
    """Refuse a table whose ids are written otherwise than in the first table: `7` or `7.0` for `007`.

    Nothing in it would be found for its customers, not even that they do not want to be contacted. Customers
    whom the first table does not have in any form are accepted.

    Args:
        tables: folders of validated tables; the customers of the others are looked up in the first.
        limit: the share of a table's customers that may be lost so.

    Raises:
        DataRefused: a table beyond the limit.
    """
    if len(tables) < 2:
        return
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE known AS SELECT id, {WITHOUT_ZEROS} AS bare FROM ({ids_in(tables[0])})"
    )
    for table in tables[1:]:
        counts = con.execute(
            "SELECT count(*) FILTER (id NOT IN (SELECT id FROM known) "
            f"AND {WITHOUT_ZEROS} IN (SELECT bare FROM known)), count(*) FROM ({ids_in(table)})"
        ).fetchone()
        assert counts is not None
        lost, all_of_them = counts
        if lost > limit * all_of_them:
            raise DataRefused(
                f"{lost:,} of {all_of_them:,} customers of {table.stem} are known to {tables[0].stem} only "
                "with other zeros",
                where=f"source.tables.{table.stem}.columns.customer_id",
                found="ids that a spreadsheet or a program took for numbers, such as 7 or 7.0 for 007",
                expected="the same customer_id, letter by letter, in all tables",
                next_step="export them as text, or mend them there in SQL, such as lpad(id::text, 3, '0')",
            )
    con.execute("DROP TABLE known")


def ids_in(table: Path) -> str:
    """A query for the customers of a validated table."""
    return f"SELECT DISTINCT customer_id AS id FROM {read_parquet(parquet_files(table))}"

"""Join raw tables by a key: each row gets the columns of at most one row of the joined table.

Keys are compared as stripped text, without the `.0` of a float.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import duckdb

from holdfast.errors import SettingError, first_line
from holdfast.sources.expressions import parse_value
from holdfast.sources.join_checks import (
    KEY,
    refuse_malformed,
    refuse_several,
    refuse_spellings,
    refuse_strangers,
)
from holdfast.sources.raw_input import RawInput
from holdfast.sources.raw_table import FILE, RawTable
from holdfast.sources.sql import fetch_row, literal, quoted, read_parquet, trimmed
from holdfast.sources.staging import Staging
from holdfast.sources.table_input import TableInput
from holdfast.sources.table_settings import JoinSettings

HAS_ROW = "holdfast__has_row"


class JoinedTable(NamedTuple):
    """A joined table whose rows are staged.

    Attributes:
        where: its setting, for messages.
        columns: all its columns, as `name.column`.
        used: the staged columns.
        rows: the engine's table of its distinct rows with a key: the used columns and the keys.
        text: its text columns.
        read: the number of its raw rows.
    """

    name: str
    settings: JoinSettings
    where: str
    columns: tuple[str, ...]
    used: tuple[str, ...]
    rows: str
    text: frozenset[str]
    read: int


def stage_joined(table: TableInput) -> list[JoinedTable]:
    """Stage the joined tables of a table."""
    return [_stage(table, name) for name in table.settings.join]


def main_input(table: TableInput, joined: Sequence[JoinedTable]) -> RawInput:
    """The raw table itself, which needs the columns that the mapping uses, and its keys."""
    others = [column for other in joined for column in other.columns]

    def columns_in_use(names: Sequence[str]) -> list[str]:
        used = table.mapping([*names, *others]).columns
        for other in joined:
            for key, _ in other.settings.keys:
                used += parse_value(key, names, f"{other.where}.key").columns
        return [name for name in dict.fromkeys(used) if name in names]

    return RawInput(
        table.engine, table.name, table.settings, table.where, table.files, table.settings.named_columns,
        columns_in_use, table.temporary, table.progress,
    )  # fmt: skip


def join_tables(table: TableInput, raw: RawTable, joined: Sequence[JoinedTable]) -> RawTable:
    """Add the columns of all joined tables to the raw rows; null: the joined table has no row."""
    if not joined:
        return raw
    con, cells, joins, unused = table.engine.raw, [], [], {}
    for number, other in enumerate(joined):
        if clash := [name for name in raw.names if name.lower().startswith(f"{other.name.lower()}.")]:
            raise SettingError(
                f"the raw table already has a column '{clash[0]}'",
                where=other.where,
                next_step=f"give the join another name than '{other.name}'",
            )
        keys = _keys(con, [key for key, _ in other.settings.keys], raw.names, raw.view, other.where)
        same = " AND ".join(f"{key} = j{number}.{KEY}{n}" for n, key in enumerate(keys))
        joins.append(f"LEFT JOIN {other.rows} AS j{number} ON {same}")
        cells += [f"j{number}.{quoted(column)}" for column in other.used]
        cells.append(f"coalesce(j{number}.{HAS_ROW}, false) AS {quoted(HAS_ROW + other.name)}")
        refuse_spellings(con, raw.view, other.rows, keys, other.where, table.limits.max_misspelled_ids)
        unused[other.name] = _unused(con, raw, other, keys)
    path = table.temporary / f"joined-{len(list(table.temporary.glob('joined-*')))}.parquet"
    numbered = f"SELECT *, row_number() OVER () AS holdfast__place FROM {quoted(raw.view)}"
    con.execute(
        f"COPY (SELECT main.* EXCLUDE (holdfast__place), {', '.join(cells)} FROM ({numbered}) AS main "
        f"{' '.join(joins)} ORDER BY holdfast__place) TO {literal(path)} (FORMAT parquet, COMPRESSION snappy)"
    )
    view = f"joined_{table.name}"
    con.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(view)} AS FROM {read_parquet([path])}")
    unmatched = _unmatched(con, view, joined)
    (rows,) = fetch_row(con, f"SELECT count(*) FROM {quoted(view)}")
    for other in joined:
        lacking = sum(counts[other.name] for counts in unmatched.values())
        refuse_strangers(lacking, rows, other.read, other.where)
    return dataclasses.replace(
        raw, view=view, text=raw.text.union(*(other.text for other in joined)),
        joined=tuple(column for other in joined for column in other.columns),
        unmatched=unmatched, unused=unused,
    )  # fmt: skip


def _stage(table: TableInput, name: str) -> JoinedTable:
    settings, where = table.settings.join[name], f"{table.where}.join.{name}"
    named = table.settings.joined_columns(name)
    keys = [joined for _, joined in settings.keys]
    all_columns: list[tuple[str, ...]] = []

    def columns_in_use(names: Sequence[str]) -> list[str]:
        all_columns.append(tuple(names))
        used = [column for key in keys for column in parse_value(key, names, f"{where}.key").columns]
        return list(dict.fromkeys([*used, *(column for column in names if column.lower() in named)]))

    raw_input = RawInput(
        table.engine, f"{table.name}.{name}", settings, where, table.joined[name].files, named,
        columns_in_use, table.temporary / f"join-{name}", table.progress,
    )  # fmt: skip
    staging, con = Staging(raw_input, {}), table.engine.raw
    raw = staging.stage(list(raw_input.files))
    used = tuple(column for column in columns_in_use(raw.names) if column in raw.names)
    refuse_malformed(con, raw, where)
    rows, prefix = quoted(f"rows_{raw_input.name}"), f"{name}."
    sql = _keys(con, keys, raw.names, raw.view, where)
    cells = [f"{key} AS {KEY}{n}" for n, key in enumerate(sql)]
    cells += [f"{quoted(column)} AS {quoted(prefix + column)}" for column in used]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {rows} AS SELECT DISTINCT {', '.join(cells)}, true AS {HAS_ROW} "
        f"FROM {quoted(raw.view)} WHERE {' AND '.join(f'{key} IS NOT NULL' for key in sql)}"
    )
    refuse_several(con, rows, len(settings.keys), where, table.name)
    return JoinedTable(
        name, settings, where, tuple(prefix + column for column in raw.names),
        tuple(prefix + column for column in used), rows,
        frozenset(prefix + column for column in raw.text),
        fetch_row(con, f"SELECT count(*) FROM {quoted(raw.view)}")[0],
    )  # fmt: skip


def _keys(
    con: duckdb.DuckDBPyConnection, keys: Sequence[str], names: Sequence[str], view: str, where: str
) -> list[str]:
    """The SQL of keys as text; null: a blank key."""
    keys_as_text = []
    for key in keys:
        value = parse_value(key, names, f"{where}.key").sql({})
        text = trimmed(f"CAST(({value}) AS VARCHAR)")
        keys_as_text.append(rf"nullif(regexp_replace({text}, '^([+-]?[0-9]+)[.]0+$', '\1'), '')")
    try:
        con.execute(f"SELECT {', '.join(keys_as_text)} FROM {quoted(view)} LIMIT 0")
    except duckdb.Error as error:
        raise SettingError(
            "the engine does not accept the key",
            where=f"{where}.key",
            found=first_line(error),
            next_step="correct the expression: it is in DuckDB's dialect",
        ) from None
    return keys_as_text


def _unmatched(
    con: duckdb.DuckDBPyConnection, view: str, joined: Sequence[JoinedTable]
) -> dict[str, dict[str, int]]:
    """Raw file → joined table → rows without a row in it."""
    cells = ", ".join(f"count(*) FILTER (NOT {quoted(HAS_ROW + other.name)})" for other in joined)
    rows = con.execute(f"SELECT {FILE}, {cells} FROM {quoted(view)} GROUP BY {FILE}").fetchall()
    return {
        file: {other.name: count for other, count in zip(joined, counts, strict=True)}
        for file, *counts in rows
    }


def _unused(con: duckdb.DuckDBPyConnection, raw: RawTable, other: JoinedTable, keys: Sequence[str]) -> int:
    """The number of distinct rows of a joined table without a match; `keys`: the SQL of the table's keys."""
    theirs = ", ".join(f"{KEY}{n}" for n in range(len(keys)))
    every, used = fetch_row(
        con,
        f"SELECT count(*), count(*) FILTER (({theirs}) IN (SELECT ({', '.join(keys)}) "
        f"FROM {quoted(raw.view)})) FROM {other.rows}",
    )
    return int(every - used)

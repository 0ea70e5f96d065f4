"""Rows of one key: the first known one stays, the others break a rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from holdfast.contracts.rules import DUPLICATE
from holdfast.contracts.tables import Contract
from holdfast.sources.mapping import KEPT, RULE
from holdfast.sources.parts import FILE, ROW, Raw, literal, quoted

PLACE = "file_row_number"  # tells the mapped rows of a part apart


@dataclass(frozen=True)
class Marked:
    """The mapped rows once duplicates break a rule too.

    Attributes:
        rows: the engine's view of them.
        shuffled: whether the engine gives `rows` out of the order of file and row.
        displacing: whether one of them takes the place of a row that stands.
    """

    rows: str
    shuffled: bool
    displacing: bool


@dataclass(frozen=True)
class Stands:
    """Validated rows of an earlier reading, whose keys are taken.

    Attributes:
        rows: their file.
        last: the name of the last raw file that they come from.
    """

    rows: Path
    last: str


def mark_duplicates(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    raw: Raw,
    columns: Sequence[str],
    part: Path,
    stands: Stands | None,
) -> Marked:
    """A view of the mapped rows, all but the first known of a key breaking a rule.

    Equally early known rows: the first by file and row stays, or by all its values where there is no order.
    """
    view, marked = f"mapped_{contract.name}", f"marked_{contract.name}"
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {quoted(view)} AS "
        f"SELECT * FROM read_parquet({literal(str(part))}, file_row_number = true)"
    )
    shuffled = raw.ordered and _shuffled(con, view)
    key = [column for column in contract.key if column in columns]
    if not key:
        return Marked(view, shuffled, displacing=False)
    repeated = quoted(f"repeated_{contract.name}")
    sound = f"{quoted(RULE)} IS NULL AND {quoted(KEPT)} AND {quoted(key[0])} IS NOT NULL"
    ties = (FILE, ROW) if raw.ordered else columns
    con.execute(f"CREATE OR REPLACE TEMP TABLE {repeated} AS {_repeated(view, key, ties, sound)}")
    displacing = stands is not None and _take_standing(con, view, key, sound, repeated, stands)
    found = con.execute(f"SELECT count(*) FROM {repeated}").fetchone()
    if found is None or found[0] == 0:
        return Marked(view, shuffled, displacing)
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {quoted(marked)} AS SELECT * REPLACE (CASE WHEN {PLACE} IN "
        f"(FROM {repeated}) THEN {literal(DUPLICATE)} ELSE {quoted(RULE)} END AS {quoted(RULE)}) "
        f"FROM {quoted(view)}"
    )
    return Marked(marked, True, displacing)


def _repeated(view: str, key: Sequence[str], ties: Sequence[str], sound: str) -> str:
    """SQL of the places of all but the first known row of each key."""
    keys = ", ".join(map(quoted, key))
    several = f"SELECT {keys} FROM {quoted(view)} WHERE {sound} GROUP BY ALL HAVING count(*) > 1"
    return (
        f"SELECT {PLACE} FROM {quoted(view)} AS rows SEMI JOIN ({several}) AS keys ON {_same(key, 'keys')} "
        f"WHERE {sound} QUALIFY row_number() OVER "
        f"(PARTITION BY {keys} ORDER BY known_at NULLS FIRST, {', '.join(map(quoted, ties))}) > 1"
    )


def _take_standing(
    con: duckdb.DuckDBPyConnection, view: str, key: Sequence[str], sound: str, repeated: str, stands: Stands
) -> bool:
    """Add the rows whose key stands already to `repeated`; whether one comes before the one that does.

    Of equally early known rows, one of a later file comes later; one of a file in between is taken to come
    before, since the rows that stand no longer say which file they are of.
    """
    known = ", ".join(dict.fromkeys([*map(quoted, key), "known_at"]))
    both = (
        f"(SELECT * FROM {quoted(view)} WHERE {sound}) AS rows "
        f"JOIN (SELECT {known} FROM read_parquet({literal(str(stands.rows))})) AS standing "
        f"ON {_same(key, 'standing')}"
    )
    con.execute(f"INSERT INTO {repeated} SELECT rows.{PLACE} FROM {both}")
    before = (
        "rows.known_at < standing.known_at OR (rows.known_at IS NULL AND standing.known_at IS NOT NULL) "
        "OR (rows.known_at IS NOT DISTINCT FROM standing.known_at "
        f"AND rows.{quoted(FILE)} <= {literal(stands.last)})"
    )
    found = con.execute(f"SELECT count(*) FROM {both} WHERE {before}").fetchone()
    return found is not None and found[0] > 0


def _same(key: Sequence[str], other: str) -> str:
    """SQL that is true where a row has the key of one of `other`."""
    return " AND ".join(f"rows.{quoted(name)} IS NOT DISTINCT FROM {other}.{quoted(name)}" for name in key)


def _shuffled(con: duckdb.DuckDBPyConnection, view: str) -> bool:
    """Whether any row comes before one that is above it in its file.

    The engine keeps the order of what it reads, except where an expression needs a join (a long IN) or a
    window.
    """
    file, row = quoted(FILE), quoted(ROW)
    above = f"lag({file}) OVER () AS file, lag({row}) OVER () AS row"
    lagged = f"SELECT {file}, {row}, {above} FROM {quoted(view)}"
    found = con.execute(
        f"SELECT count(*) FROM ({lagged}) WHERE {file} < file OR ({file} = file AND {row} <= row)"
    ).fetchone()
    return found is not None and found[0] > 0

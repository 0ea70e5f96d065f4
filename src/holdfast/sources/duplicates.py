"""Rows of one key: the first known one stays, the others break a rule.

Where one of the others says no to what the table asks leave for (a customer's consent), the no stands.
"""

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
        displacing: whether one of them takes the place of a row that stands, or says no where that does not.
        overruled: how many rows that stand were given the no of a duplicate.
    """

    rows: str
    shuffled: bool
    displacing: bool
    overruled: int = 0


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
    flags = [name for name in contract.no_prevails if name in columns]
    displacing = stands is not None and _take_standing(con, view, key, sound, repeated, stands, flags)
    found = con.execute(f"SELECT count(*) FROM {repeated}").fetchone()
    if found is None or found[0] == 0:
        return Marked(view, shuffled, displacing)
    ruled = f"CASE WHEN {PLACE} IN (FROM {repeated}) THEN {literal(DUPLICATE)} ELSE {quoted(RULE)} END"
    replaced, overruled = [f"{ruled} AS {quoted(RULE)}"], 0
    for flag in flags:
        refused = quoted(f"refused_{contract.name}_{flag}")
        con.execute(f"CREATE OR REPLACE TEMP TABLE {refused} AS {_refused(view, key, sound, repeated, flag)}")
        count = con.execute(f"SELECT count(*) FROM {refused}").fetchone()
        overruled += count[0] if count else 0
        replaced.append(
            f"CASE WHEN {PLACE} IN (FROM {refused}) THEN false ELSE {quoted(flag)} END AS {quoted(flag)}"
        )
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {quoted(marked)} AS SELECT * REPLACE ({', '.join(replaced)}) "
        f"FROM {quoted(view)}"
    )
    return Marked(marked, True, displacing, overruled)


def _refused(view: str, key: Sequence[str], sound: str, repeated: str, flag: str) -> str:
    """SQL of the places of the rows that stay and do not say no, though a duplicate of theirs does."""
    keys = ", ".join(map(quoted, key))
    no = (
        f"SELECT {keys} FROM {quoted(view)} WHERE {sound} AND NOT {quoted(flag)} "
        f"AND {PLACE} IN (FROM {repeated})"
    )
    return (
        f"SELECT {PLACE} FROM {quoted(view)} AS rows SEMI JOIN ({no}) AS no ON {_same(key, 'no')} "
        f"WHERE {sound} AND {quoted(flag)} IS DISTINCT FROM false AND {PLACE} NOT IN (FROM {repeated})"
    )


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
    con: duckdb.DuckDBPyConnection,
    view: str,
    key: Sequence[str],
    sound: str,
    repeated: str,
    stands: Stands,
    flags: Sequence[str],
) -> bool:
    """Add the rows whose key stands already to `repeated`; whether one comes before the one that does.

    Of equally early known rows, one of a later file comes later; one of a file in between is taken to come
    before, since the rows that stand no longer say which file they are of. One that says no where the other
    does not counts as coming before as well: the row that stands would be another.
    """
    known = ", ".join(dict.fromkeys([*map(quoted, key), "known_at", *map(quoted, flags)]))
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
    for flag in flags:
        before += f" OR (NOT rows.{quoted(flag)} AND standing.{quoted(flag)} IS DISTINCT FROM false)"
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

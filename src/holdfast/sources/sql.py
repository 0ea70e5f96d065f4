"""Names and texts as SQL writes them, and short questions to DuckDB."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from holdfast.contracts.identifiers import ASCII, BLANKS, EDGES, OTHER_SCRIPTS


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    """A text or a path as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def trimmed(text: str) -> str:
    """The SQL that strips all kinds of blanks from a text, which is given as SQL."""
    return f"regexp_replace({text}, {literal(EDGES)}, '', 'g')"


def in_ascii(text: str) -> str:
    """The SQL of a text, given as SQL, with digits of other scripts and full-width letters in ASCII."""
    return f"translate({text}, {literal(OTHER_SCRIPTS)}, {literal(ASCII)})"


def read_parquet(files: Iterable[object], options: str = "") -> str:
    """The SQL that reads Parquet files, in the order given."""
    return f"read_parquet([{', '.join(map(literal, files))}]{options})"


def column_types(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """Column → DuckDB type, in the order of a query or view."""
    return {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {query}").fetchall()}


def fetch_row(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """The row of a query that always has one row, such as an aggregate."""
    row: tuple[Any, ...] | None = con.execute(query).fetchone()
    assert row is not None
    return row


def unique_names(names: Sequence[object]) -> tuple[str, ...]:
    """Make column names unique: number the blank ones, and add suffixes to equal ones.

    No column keeps a name that occurs twice, so that a mapping must say which one it means.
    """
    given = [str(name).strip(BLANKS) if name is not None else "" for name in names]
    filled = [name or f"column{position}" for position, name in enumerate(given)]
    several = {name for name, count in Counter(map(str.lower, filled)).items() if count > 1}
    taken = {name.lower() for name in filled}
    result: list[str] = []
    for name in filled:
        candidate, number = name, 0
        while name.lower() in several and candidate.lower() in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken.add(candidate.lower())
        result.append(candidate)
    return tuple(result)

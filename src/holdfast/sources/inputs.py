"""SHA-256 hashes of the raw files, to detect changes in a later run."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from holdfast.files import sha256_file
from holdfast.sources.files import find_paths
from holdfast.sources.settings import IN_MEMORY, SourceSettings, TableSettings

if TYPE_CHECKING:
    from sqlglot import exp


Hashes = dict[str, str]


def table_hashes(source: SourceSettings) -> dict[str, Hashes | None]:
    """Table → SHA-256 of each of its raw files, by path; None for one that is read from a database.

    Every byte is read, at about a gigabyte a second: a file of the same size and time may have changed.

    Raises:
        DataRefused: a file is not there.
    """
    known: Hashes = {}
    tables: dict[str, Hashes | None] = {}
    for name, table in source.tables.items():
        patterns = table.read if table.database is None else _files_of(table)
        if patterns is None:
            tables[name] = None
            continue
        where = f"source.tables.{name}.{'query' if table.database else 'read'}"
        paths = find_paths(patterns, where)
        for path in paths:
            if path.as_posix() not in known:
                known[path.as_posix()] = sha256_file(path)
        tables[name] = {path.as_posix(): known[path.as_posix()] for path in paths}
    return tables


class RawFiles(NamedTuple):
    """The raw files of a source.

    Attributes:
        tables: table → SHA-256 of each of its raw files, by path; None for one that is read from a database.
    """

    tables: dict[str, Hashes | None]

    def digest(self) -> Hashes | None:
        """SHA-256 of every raw file, by its path; None when a table comes from a database."""
        return input_hashes(self.tables)


def input_hashes(tables: Mapping[str, Hashes | None]) -> Hashes | None:
    """SHA-256 of every raw file, by its path; None when a table comes from a database."""
    merged: Hashes = {}
    for files in tables.values():
        if files is None:
            return None
        merged |= files
    return dict(sorted(merged.items()))


def _files_of(table: TableSettings) -> list[str] | None:
    """The files that a query over files reads; None where it cannot be told, or a database is queried."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    assert table.database is not None
    if table.database.get_secret_value() not in IN_MEMORY or table.query is None:
        return None
    try:
        tree = sqlglot.parse_one(table.query, read="duckdb")
    except SqlglotError:
        return None
    known = {cte.alias for cte in tree.find_all(exp.CTE)}
    read: list[str] = []
    for origin in tree.find_all(exp.Table):
        found = _literals(origin)
        if found:
            read += found
        elif origin.name not in known:
            return None
    return read or None


def _literals(origin: "exp.Table") -> Iterable[str]:
    """The paths in a FROM clause: 'file.parquet' or read_parquet('file.parquet')."""
    from sqlglot import exp

    if isinstance(origin.this, exp.Func):
        call = origin.this  # its first argument names the files, those behind it are options
        first = call.this if isinstance(call.this, exp.Expression) else next(iter(call.expressions), None)
        texts = first.find_all(exp.Literal) if first is not None else ()
        return [text.name for text in texts if text.is_string]
    if isinstance(origin.this, exp.Identifier) and ("." in origin.name or "/" in origin.name):
        return [origin.name]
    return []

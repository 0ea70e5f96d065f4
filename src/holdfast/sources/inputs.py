"""SHA-256 hashes of the raw files, to detect changes in a later run."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from holdfast.errors import SettingError
from holdfast.files import sha256_file
from holdfast.sources.files import RawFile, find_local_files, find_paths
from holdfast.sources.object_stores import find_remote_files, is_address
from holdfast.sources.settings import SourceSettings
from holdfast.sources.table_settings import IN_MEMORY, RawSettings

if TYPE_CHECKING:
    from sqlglot import exp

Hashes = dict[str, str]


def find_files(patterns: Sequence[str], where: str) -> list[RawFile]:
    """The raw files of a table, on this machine or in an object store, in the order of their paths."""
    remote = [is_address(pattern) for pattern in patterns]
    if not any(remote):
        return find_local_files(patterns, where)
    if not all(remote):
        raise SettingError("paths and addresses of an object store cannot stand in one list", where=where)
    return find_remote_files(patterns, where)


def table_hashes(source: SourceSettings) -> dict[str, Hashes | None]:
    """Table → SHA-256 of its raw files by path, including joined tables; None: it is read from a database.

    All bytes are read, at about a gigabyte a second, because size and time alone miss changes. Files in an
    object store are identified by size and time.
    """
    hashed: Hashes = {}
    tables: dict[str, Hashes | None] = {}
    for name, table in source.tables.items():
        where = f"source.tables.{name}"
        raws: dict[str, RawSettings] = {where: table}
        raws |= {f"{where}.join.{join}": settings for join, settings in table.join.items()}
        tables[name] = {}
        for place, raw in raws.items():
            files, hashes = _hash_files(raw, place, hashed), tables[name]
            tables[name] = None if files is None or hashes is None else hashes | files
    return tables


def _hash_files(raw: RawSettings, where: str, hashed: Hashes) -> Hashes | None:
    """The hash of each file of a raw table; None: a database. `hashed` keeps all hashes."""
    if raw.database is None:
        files = {file.place: file.version for file in find_files(raw.read, f"{where}.read")}
    else:
        patterns = _files_of(raw)
        if patterns is None:
            return None
        files = {path.as_posix(): None for path in find_paths(patterns, f"{where}.query")}
    for place, version in files.items():
        if place not in hashed:
            hashed[place] = version or sha256_file(Path(place))
    return {place: hashed[place] for place in files}


class RawFiles(NamedTuple):
    """The raw files of a source.

    Attributes:
        tables: see `table_hashes`.
    """

    tables: dict[str, Hashes | None]

    def digest(self) -> Hashes | None:
        """The SHA-256 of every raw file by path; None: a table is read from a database."""
        merged: Hashes = {}
        for files in self.tables.values():
            if files is None:
                return None
            merged |= files
        return dict(sorted(merged.items()))

    def local_bytes(self) -> int | None:
        """The size of all raw files together, in bytes; None: some are not on this machine."""
        files = self.digest()
        if files is None or any(map(is_address, files)):
            return None
        return sum(Path(file).stat().st_size for file in files)


def _files_of(table: RawSettings) -> list[str] | None:
    """The files that a query reads; None: they cannot be determined, or the query reads a database."""
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
    cte_names = {cte.alias for cte in tree.find_all(exp.CTE)}
    read: list[str] = []
    for origin in tree.find_all(exp.Table):
        paths = _literals(origin)
        if paths:
            read += paths
        elif origin.name not in cte_names:
            return None
    return None if any(map(is_address, read)) else read or None


def _literals(origin: "exp.Table") -> Iterable[str]:
    """The paths in a FROM clause: 'file.parquet' or read_parquet('file.parquet')."""
    from sqlglot import exp

    if isinstance(origin.this, exp.Func):
        call = origin.this  # the first argument names the files, the others are options
        first = call.this if isinstance(call.this, exp.Expression) else next(iter(call.expressions), None)
        texts = first.find_all(exp.Literal) if first is not None else ()
        return [text.name for text in texts if text.is_string]
    if isinstance(origin.this, exp.Identifier) and ("." in origin.name or "/" in origin.name):
        return [origin.name]
    return []

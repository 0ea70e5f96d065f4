"""A raw table before its files are read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from holdfast.engine.duckdb import DuckDB
from holdfast.sources.files import RawFile
from holdfast.sources.table_settings import RawSettings


@dataclass(frozen=True)
class RawInput:
    """The raw table of a contract table, or one that is joined to it.

    Attributes:
        name: the name of the table, or `table.join`.
        where: its setting, for messages.
        files: its raw files by name, in their order; empty for a database.
        named: the names in the mapping, in lower case: columns and SQL functions.
        columns_in_use: of the given column names, returns those that the mapping uses.
        temporary: the folder for staged files.
    """

    engine: DuckDB
    name: str
    settings: RawSettings
    where: str
    files: dict[str, RawFile]
    named: frozenset[str]
    columns_in_use: Callable[[Sequence[str]], Sequence[str]]
    temporary: Path
    progress: Callable[[str], None]

"""The interface of all engines: read and write tables, and write streams in buckets of customers."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
from ibis.backends.sql import SQLBackend

from holdfast.storage import Location, empty_folder, remove_folder

if TYPE_CHECKING:
    from holdfast.engine.parallel import Buckets
    from holdfast.streams.assembly import StreamTable


@dataclass(frozen=True)
class Engine(ABC):
    """An open engine.

    Attributes:
        con: the Ibis backend, on which expressions are built and run.
        temporary: the folder that it spills into.
    """

    con: SQLBackend
    temporary: Location

    @contextlib.contextmanager
    def scratch(self, name: str) -> Iterator[Location]:
        """An empty folder for files that are gone when the block ends."""
        folder = self.temporary / name
        empty_folder(folder)
        try:
            yield folder
        finally:
            remove_folder(folder)

    @abstractmethod
    def read_parquet(self, paths: str | Location | Sequence[str | Location]) -> ibis.Table:
        """The rows of a Parquet file, a folder of parts, a glob of files or a list of any of these.

        All files have the columns of the first one, in any order.
        """

    @abstractmethod
    def write_parquet(self, expr: ibis.Table, path: Location) -> None:
        """Write the rows of `expr`, in its order, as one Parquet file."""

    @abstractmethod
    def keep(self, name: str, table: ibis.Table) -> ibis.Table:
        """Materialize a table whose rows are read several times."""

    @abstractmethod
    def write_buckets(self, table: "StreamTable", folder: Location, buckets: int, part: int = 0) -> None:
        """Write a stream below `folder`, each fact in the bucket of its customer's hash.

        Args:
            part: the number of the part; a stream gets another part when facts are added.
        """

    @abstractmethod
    def buckets(self, folder: Location, count: int) -> "Buckets":
        """The streams that `write_buckets` wrote, to be processed bucket by bucket."""


def parquet_files(path: Path) -> list[Path]:
    """The Parquet files of a table: the parts of a folder in the order of their names, or a single file."""
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]

"""Streams in buckets of customers.

data/features/<source>/streams/<stream>/part-*.arrow   one record batch a bucket (see `engine.buckets`)
data/features/<source>/streams/<stream>/part-*/_bucket=*/*.parquet   the same, written by Spark
<root>/data/…/streams/<run>/<stream>/part-*/_bucket=*/*.parquet      the same, where the root is an address
data/features/<source>/streams/first_prices.parquet    the first price of every product
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.files import matches
from holdfast.storage import Location

if TYPE_CHECKING:
    from holdfast.engine.parallel import Buckets
    from holdfast.engine.settings import EngineSettings


PRICES = "first_prices.parquet"
PRICED = "transactions"  # the stream whose facts are compared with the first price


class PreviousStream(NamedTuple):
    """One unchanged stream of an earlier run.

    Attributes:
        files: relative path → SHA-256, or size and time where they lie at an address.
        entry: its manifest entry: `shape` of the stream, SHA-256 of the `validated` parts in it, and the
            number of `parts` written.
    """

    folder: Location
    files: Mapping[str, str]
    entry: Mapping[str, Any]

    @property
    def prices(self) -> Location:
        """The file of the first prices."""
        return next(self.folder / file for file in self.files if is_prices(file))


class Streams(Artifact):
    """All streams, split into `buckets` buckets of customers."""

    is_large = True

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        del key
        return root.data / "features" / root.source / "streams"

    @property
    def buckets(self) -> int:
        """The number of buckets."""
        return int(self.manifest["buckets"])

    def digest(self) -> Any:
        """The fingerprint, not the hashes: the order of facts within a bucket may differ between runs."""
        return self.fingerprint

    def in_buckets(self, settings: "EngineSettings", threads: int | None) -> "Buckets":
        """The facts, to be processed bucket by bucket by the engine that wrote them."""
        from holdfast.engine.opening import open_buckets

        if self.store is None:
            return open_buckets(settings, self.folder, self.buckets, threads)
        parts = {name: self._parts_of(name) for name in self.manifest["streams"]}
        return open_buckets(settings, self.store, self.buckets, threads, parts)

    def unchanged_streams(self) -> dict[str, PreviousStream]:
        """The streams whose files are unchanged since they were written."""
        unchanged: dict[str, PreviousStream] = {}
        there = self.unchanged_at(self.store).items()
        for name, entry in self.manifest["streams"].items():
            files = self._files_of(name)
            if matches(self.folder, files) if self.store is None else there >= files.items():
                unchanged[name] = PreviousStream(self.store or self.folder, files, entry)
        return unchanged

    def _files_of(self, name: str) -> dict[str, str]:
        """The files of a stream: relative path → SHA-256, or size and time where they lie at an address."""
        if self.store is None:
            return self.hashes(f"{name}/", *([PRICES] if name == PRICED else []))
        return {
            file: version
            for file, version in self.remote_files.items()
            if file.split("/")[1] == name or (name == PRICED and is_prices(file))
        }

    def _parts_of(self, name: str) -> list[Location]:
        """The folders of a stream's parts at an address: <run>/<stream>/<part>."""
        assert self.store is not None
        folders = {"/".join(file.split("/")[:3]) for file in self._files_of(name) if not is_prices(file)}
        return [self.store / folder for folder in sorted(folders)]


def is_prices(file: str) -> bool:
    """Whether a relative path is that of the first prices."""
    return file.rpartition("/")[2] == PRICES

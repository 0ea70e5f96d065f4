"""Streams in buckets of customers.

data/features/<source>/streams/<stream>/part-*.arrow   one record batch a bucket (see `engine.buckets`)
data/features/<source>/streams/<stream>/part-*/_bucket=*/*.parquet   the same, written by Spark
data/features/<source>/streams/first_prices.parquet    the first price of every product
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.files import matches

if TYPE_CHECKING:
    from holdfast.engine.parallel import Buckets
    from holdfast.engine.settings import EngineSettings


PRICES = "first_prices.parquet"
PRICED = "transactions"  # the stream whose facts are compared with the first price


class PreviousStream(NamedTuple):
    """One unchanged stream of an earlier run.

    Attributes:
        files: relative path → SHA-256.
        entry: its manifest entry: `shape` of the stream, SHA-256 of the `validated` parts in it, and the
            number of `parts` written.
    """

    folder: Path
    files: Mapping[str, str]
    entry: Mapping[str, Any]


class Streams(Artifact):
    """All streams, split into `buckets` buckets of customers."""

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

        return open_buckets(settings, self.folder, self.buckets, threads)

    def unchanged_streams(self) -> dict[str, PreviousStream]:
        """The streams whose files are unchanged since they were written."""
        unchanged: dict[str, PreviousStream] = {}
        for name, entry in self.manifest["streams"].items():
            files = self.hashes(f"{name}/", *([PRICES] if name == PRICED else []))
            if matches(self.folder, files):
                unchanged[name] = PreviousStream(self.folder, files, entry)
        return unchanged

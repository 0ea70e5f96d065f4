"""Streams in buckets of customers.

data/features/<source>/streams/<stream>/part-*.arrow   one record batch a bucket (see `engine.buckets`)
data/features/<source>/streams/first_prices.parquet    the first price of every product
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.engine.buckets import read_bucket
from holdfast.files import matches
from holdfast.streams.stream import Stream

PRICES = "first_prices.parquet"
PRICED = "transactions"  # the stream whose facts are compared with the first price


class StandingStream(NamedTuple):
    """One stream of an earlier run, with every byte.

    Attributes:
        files: relative path → SHA-256.
        made_of: its entry in the manifest: the shape of the stream, the SHA-256 of the validated parts
            that are in it, and how many parts of its own were written.
    """

    folder: Path
    files: Mapping[str, str]
    made_of: Mapping[str, Any]


class Streams(Artifact):
    """All facts of a customer in one of `buckets` buckets."""

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        del key
        return root.data / "features" / root.source / "streams"

    @property
    def buckets(self) -> int:
        """How many buckets there are."""
        return int(self.manifest["buckets"])

    def digest(self) -> Any:
        """The fingerprint: the order of facts within a bucket, and so the bytes, may differ."""
        return self.fingerprint

    def bucket(self, number: int, streams: Mapping[str, Stream]) -> dict[str, pa.Table]:
        """The facts of one bucket by stream, in no order."""
        return {
            name: read_bucket(stream, self.folder, number, self.buckets) for name, stream in streams.items()
        }

    def standing(self) -> dict[str, StandingStream]:
        """The streams of which no byte has changed since they were written."""
        found: dict[str, StandingStream] = {}
        for name, made_of in self.manifest["streams"].items():
            files = {file: digest for file, digest in self.hashes().items() if belongs(file, name)}
            if matches(self.folder, files):
                found[name] = StandingStream(self.folder, files, made_of)
        return found


def belongs(file: str, stream: str) -> bool:
    """Whether a file, by its relative path, is of a stream."""
    return file.startswith(f"{stream}/") or (stream == PRICED and file == PRICES)

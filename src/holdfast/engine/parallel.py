"""Process buckets of customers in parallel."""

import dataclasses
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pyarrow as pa

from holdfast.engine.buckets import read_bucket
from holdfast.storage import Location, local_path
from holdfast.streams.stream import Stream

Done = TypeVar("Done")

SHOWN_SECONDS = 5  # the time left is not said if it is shorter

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Buckets:
    """Streams in buckets of customers (see `engine.buckets`).

    Attributes:
        count: the number of buckets.
        threads: how many are processed at once; None: one for each core.
    """

    folder: Location
    count: int
    threads: int | None

    def read(self, number: int, streams: Mapping[str, Stream]) -> dict[str, pa.Table]:
        """The facts of one bucket by stream, in no order."""
        return {
            name: read_bucket(stream, local_path(self.folder), number, self.count)
            for name, stream in streams.items()
        }

    def map(
        self, work: Callable[[int, dict[str, pa.Table]], Done], streams: Mapping[str, Stream]
    ) -> Iterator[Done]:
        """Apply `work` to each bucket in parallel threads; yields results in the order of the buckets.

        Args:
            work: called with the number of a bucket and its facts; must be thread-safe.
        """
        step, started = max(1, self.count // 10), time.monotonic()
        with ThreadPoolExecutor(min(self.count, self.threads or os.cpu_count() or 1)) as pool:
            results = pool.map(lambda number: work(number, self.read(number, streams)), range(self.count))
            for done, result in enumerate(results, start=1):
                if self.count > 1 and (done % step == 0 or done == self.count):
                    left = (time.monotonic() - started) / done * (self.count - done)
                    about = f", about {left:.0f} s left" if left >= SHOWN_SECONDS else ""
                    logger.info("bucket %d of %d%s", done, self.count, about)
                yield result

"""Process buckets of customers in parallel."""

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Done = TypeVar("Done")

logger = logging.getLogger(__name__)


def map_buckets(work: Callable[[int], Done], buckets: int, threads: int | None) -> Iterator[Done]:
    """Apply `work` to each bucket in parallel threads; yields results in the order of the buckets.

    Args:
        work: called with the number of a bucket; must be thread-safe.
        threads: the number of threads; None: all cores.
    """
    step = max(1, buckets // 10)
    with ThreadPoolExecutor(min(buckets, threads or os.cpu_count() or 1)) as pool:
        for done, result in enumerate(pool.map(work, range(buckets)), start=1):
            if buckets > 1 and (done % step == 0 or done == buckets):
                logger.info("bucket %d of %d", done, buckets)
            yield result

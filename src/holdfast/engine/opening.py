"""Open the engine that the settings choose, DuckDB or Spark; only its own library is imported."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.engine.settings import EngineSettings

if TYPE_CHECKING:
    from holdfast.engine.engine import Engine
    from holdfast.engine.parallel import Buckets


@contextmanager
def open_engine(settings: EngineSettings, temporary: Path, threads: int | None) -> "Iterator[Engine]":
    """Open the engine, and close it when the block ends.

    Args:
        temporary: a folder to spill into; created if absent, removed by the caller.
        threads: the number of threads of this process; None: all cores.
    """
    if settings.name == "spark":
        from holdfast.engine import spark

        yield spark.open_engine(settings, temporary)
    else:
        from holdfast.engine import duckdb

        with duckdb.open_engine(settings, temporary, threads) as engine:
            yield engine


def open_buckets(settings: EngineSettings, folder: Path, count: int, threads: int | None) -> "Buckets":
    """The buckets of customers that the engine wrote to a folder, without opening the engine.

    Args:
        count: the number of buckets.
        threads: the number of threads of this process; None: all cores.
    """
    if settings.name == "spark":
        from holdfast.engine import spark

        spark.open_session(settings)
        return spark.SparkBuckets(folder, count, None)
    from holdfast.engine.parallel import Buckets

    return Buckets(folder, count, threads)

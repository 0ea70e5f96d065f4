"""Open the engine that the settings choose, DuckDB or Spark; only its own library is imported."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from holdfast.engine.settings import EngineSettings
from holdfast.storage import Location, local_path

if TYPE_CHECKING:
    from holdfast.engine.engine import Engine
    from holdfast.engine.parallel import Buckets

Input = TypeVar("Input")
Done = TypeVar("Done")


@contextmanager
def open_engine(settings: EngineSettings, temporary: Location, threads: int | None) -> "Iterator[Engine]":
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

        with duckdb.open_engine(settings, local_path(temporary), threads) as engine:
            yield engine


def open_buckets(
    settings: EngineSettings, folder: Location, count: int, threads: int | None,
    parts: Mapping[str, Sequence[Location]] | None = None,
) -> "Buckets":  # fmt: skip
    """The buckets of customers that the engine wrote to a folder, without opening the engine.

    Args:
        count: the number of buckets.
        parts: stream → the folders of its parts, where these lie elsewhere; None: below `folder`.
        threads: the number of threads of this process; None: all cores.
    """
    if settings.name == "spark":
        from holdfast.engine import spark, spark_session

        spark_session.open_session(settings)
        return spark.SparkBuckets(folder, count, None, parts)
    from holdfast.engine.parallel import Buckets

    return Buckets(folder, count, threads)


def open_tasks(
    settings: EngineSettings, folder: Location
) -> "Callable[[Callable[[Input], Done], Sequence[Input]], list[Done]] | None":
    """What applies a function to each input in a task of its own; None: the engine has no tasks.

    Args:
        folder: where the function writes, for messages.
    """
    if settings.name != "spark":
        return None

    def run(work: "Callable[[Input], Done]", inputs: "Sequence[Input]") -> "list[Done]":
        from holdfast.engine import spark, spark_session

        spark_session.open_session(settings)
        return list(spark.run_tasks(lambda number: work(inputs[number]), len(inputs), folder))

    return run

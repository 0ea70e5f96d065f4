"""Spark: the expressions of DuckDB run on a cluster, and the function of a bucket runs in its tasks.

A stream is written as one folder of Parquet files for each bucket. The tasks read and write them as files:
`paths.root` is a folder that every machine of the cluster mounts under the same path, or an address. PySpark
sends functions and results between its processes by a serializer of its own; nothing of that is stored.
"""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.engine.buckets import schema
from holdfast.engine.engine import Engine, parquet_files
from holdfast.engine.parallel import Buckets, Done
from holdfast.engine.settings import EngineSettings
from holdfast.engine.spark_session import connect, open_session
from holdfast.errors import HoldfastError
from holdfast.storage import Location, RemotePath, find_files, open_for_writing, read_table
from holdfast.streams.assembly import StreamTable
from holdfast.streams.stream import Stream

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BUCKET = "_bucket"  # no column of a stream begins with an underscore
PATTERN = re.compile(r"([\\{}\[\]*?])")  # what Spark takes for a pattern in a path
RESULT = pa.schema([("number", pa.int64()), ("result", pa.binary())])
NO_MARK = {"mapreduce.fileoutputcommitter.marksuccessfuljobs": "false"}  # the manifest says what is whole
CAUSES = {
    "OutOfMemoryError": "memory ran out",
    "maxResultSize": "the results are larger than spark.driver.maxResultSize",
    "ExecutorLostFailure": "executors were lost, usually because their memory ran out",
    "No space left on device": "a disk is full",
    "Python worker exited unexpectedly": "Python workers were lost, usually because their memory ran out",
    "ModuleNotFoundError": "Holdfast, or a library of it, is not installed for the Python of the executors",
    "FileNotFoundError": "a machine of the cluster does not see the files below paths.root",
}


@dataclass(frozen=True)
class Spark(Engine):
    """An open engine on Spark.

    Attributes:
        session: the session of `con`.
    """

    session: "SparkSession"

    def read_parquet(self, paths: str | Location | Sequence[str | Location]) -> ibis.Table:
        several = [paths] if isinstance(paths, str | Location) else paths
        located_files = [
            located(file)
            for path in several
            for file in ([path] if isinstance(path, RemotePath) else parquet_files(Path(path)))
        ]
        files = [as_pattern(file) for file in located_files]
        reader = self.session.read.option("recursiveFileLookup", "true")  # no columns from names of folders
        name = ibis.util.gen_name("holdfast")
        reader.parquet(*files).createOrReplaceTempView(name)
        return self.con.table(name)

    def write_parquet(self, expr: ibis.Table, path: Location) -> None:
        rows = self.con.to_pyarrow(expr)
        with open_for_writing(path) as file:
            pq.write_table(rows, file, compression="zstd")

    def keep(self, name: str, table: ibis.Table) -> ibis.Table:
        folder = self.temporary / name
        view = ibis.util.gen_name(name)
        self.con.create_view(view, table)
        self.session.table(view).write.mode("overwrite").parquet(located(folder))
        return self.read_parquet(folder)

    def write_buckets(self, table: StreamTable, folder: Location, buckets: int, part: int = 0) -> None:
        from pyspark.sql import functions as sql

        view = ibis.util.gen_name(table.stream.name)
        self.con.create_view(view, table.facts.select(*table.stream.columns))
        bucket = sql.pmod(sql.xxhash64("customer_id"), sql.lit(buckets)).cast("int")
        facts = self.session.table(view).withColumn(BUCKET, bucket).repartition(buckets, BUCKET)
        out = folder / table.stream.name / f"part-{part:03}"
        with explaining(out):
            facts.write.options(**NO_MARK).partitionBy(BUCKET).parquet(located(out))
        if isinstance(out, Path):
            for beside in out.rglob(".*.crc"):
                beside.unlink()

    def buckets(self, folder: Location, count: int) -> "SparkBuckets":
        return SparkBuckets(folder, count, None)


@dataclass(frozen=True)
class SparkBuckets(Buckets):
    """Streams in buckets of customers, each processed by a task of Spark.

    Attributes:
        parts: stream → the folders of its parts; None: all below `folder`.
    """

    parts: Mapping[str, Sequence[Location]] | None = None

    def read(self, number: int, streams: Mapping[str, Stream]) -> dict[str, pa.Table]:
        return {name: self._read(stream, number) for name, stream in streams.items()}

    def map(
        self, work: Callable[[int, dict[str, pa.Table]], Done], streams: Mapping[str, Stream]
    ) -> Iterator[Done]:
        """Apply `work` to each bucket in a task of its own; yields results in the order of the buckets.

        Args:
            work: called with the number of a bucket and its facts. A task that is lost runs again, so what
                it writes must be the same files with the same bytes.
        """
        return run_tasks(lambda number: work(number, self.read(number, streams)), self.count, self.folder)

    def _read(self, stream: Stream, number: int) -> pa.Table:
        """The facts of one stream in one bucket."""
        facts = [
            read_table(file, columns=list(stream.columns))
            for part in self._parts_of(stream.name)
            for file in find_files(part / f"{BUCKET}={number}", "*.parquet")
        ]
        wanted = schema(stream)
        return pa.concat_tables(table.cast(wanted) for table in facts) if facts else wanted.empty_table()

    def _parts_of(self, name: str) -> Sequence[Location]:
        if self.parts is not None:
            return self.parts.get(name, ())
        folder = self.folder / name
        return sorted(folder.glob("part-*")) if isinstance(folder, Path) else [folder / "part-000"]


def open_engine(settings: EngineSettings, temporary: Location) -> Spark:
    """The engine on the session of this process, which stays open until the process ends.

    Args:
        temporary: a folder for tables that are read several times; created if absent.

    Raises:
        SettingError: PySpark or Java is missing.
    """
    if isinstance(temporary, Path):
        temporary.mkdir(parents=True, exist_ok=True)
    session = open_session(settings)
    return Spark(connect(session), temporary, session)


def run_tasks(work: Callable[[int], Done], count: int, folder: Location) -> Iterator[Done]:
    """Run `work` for each number from 0 to `count` - 1, one Spark task each; yields the results in order.

    Args:
        work: a task that is lost runs again, so what it writes must be the same files with the same bytes.
        folder: where it writes or reads, for messages.

    Raises:
        HoldfastError: of the lowest number for which `work` raised one; or a task was lost too often.
    """
    from pyspark.serializers import CPickleSerializer
    from pyspark.sql import SparkSession

    serializer: Any = CPickleSerializer()

    def process(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for number in (number for batch in batches for number in batch.column(0).to_pylist()):
            result: Done | HoldfastError
            try:
                result = work(number)
            except HoldfastError as refusal:
                result = refusal
            yield pa.RecordBatch.from_arrays([[number], [serializer.dumps(result)]], schema=RESULT)

    session = SparkSession.builder.getOrCreate()
    numbers = session.range(0, count, 1, count)
    with explaining(folder):
        results = numbers.mapInArrow(process, "number long, result binary").toArrow()
    for result in results.sort_by("number")["result"]:
        done = serializer.loads(result.as_py())
        if isinstance(done, HoldfastError):
            raise done
        yield done


def located(path: Location) -> str:
    """A path as Spark writes to it: a file's, whatever the cluster's default file system."""
    return str(path) if isinstance(path, RemotePath) else f"file://{path.absolute()}"


def as_pattern(path: str) -> str:
    """A path as Spark reads it: as a pattern, which matches this path alone."""
    return PATTERN.sub(r"\\\1", path)


@contextlib.contextmanager
def explaining(folder: Location) -> Iterator[None]:
    """Say in a short block why a job of Spark failed; its own message may hold values of customers."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        text = str(error)
        raise HoldfastError(
            "a job of Spark failed",
            where=str(folder),
            found=next((cause for name, cause in CAUSES.items() if name in text), type(error).__name__),
            next_step="look at the failed stage in Spark's own pages or logs; docs/scale.md says what helps",
        ) from error

"""The session of Spark, its Ibis backend, and the file systems that it has libraries for."""

import importlib.util
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import ibis.expr.operations as ops

from holdfast.engine.settings import EngineSettings, megabytes
from holdfast.errors import SettingError, first_line
from holdfast.secrets import redact
from holdfast.storage import RemotePath

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",  # casts between naive and aware times: never the machine's zone
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
QUIET = {"spark.log.level": "ERROR", "spark.ui.showConsoleProgress": "false"}
PACKAGES = {  # of schemes that Spark does not come with
    "s3a:": "org.apache.hadoop:hadoop-aws", "abfs:": "org.apache.hadoop:hadoop-azure",
    "abfss:": "org.apache.hadoop:hadoop-azure",
}  # fmt: skip


def open_session(settings: EngineSettings) -> "SparkSession":
    """The running session, or a new one; it keeps what spark-submit and spark-defaults.conf say."""
    if importlib.util.find_spec("pyspark") is None:
        raise SettingError(
            "engine=spark needs PySpark", where="engine.name", found="no module pyspark",
            next_step="pip install 'holdfast[spark]', or engine=duckdb",
        )  # fmt: skip
    started = "PYSPARK_GATEWAY_PORT" in os.environ  # by spark-submit, which has found Java
    if not (started or shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise SettingError(
            "engine=spark needs Java", where="engine.name", found="no java in PATH, and no JAVA_HOME",
            expected="Java 17 or later", next_step="install a Java runtime, or engine=duckdb",
        )  # fmt: skip
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("holdfast")
    for key, value in (QUIET | SETTINGS).items():
        builder = builder.config(key, value)
    if settings.master is not None:
        builder = builder.master(settings.master)
    if settings.memory is not None:
        builder = builder.config("spark.driver.memory", f"{megabytes(settings.memory)}m")
    session = builder.getOrCreate()
    if cache := os.environ.get("NUMBA_CACHE_DIR"):  # where functions compiled by Numba are kept
        session.sparkContext.environment.setdefault("NUMBA_CACHE_DIR", cache)
    return session


def connect(session: "SparkSession") -> Any:
    """The Ibis backend of a session.

    Hashes have 64 bits, since the keys of facts are compared by them; seconds have a fraction, as on DuckDB.
    Tables come and go as Arrow: by way of pandas, Ibis would change types.
    """
    from ibis.backends.pyspark import Backend
    from ibis.backends.pyspark.converter import PySparkPandasData
    from ibis.backends.sql.compilers.pyspark import PySparkCompiler

    class Compiler(PySparkCompiler):  # type: ignore[misc]  # Ibis publishes no types
        SIMPLE_OPS: ClassVar = {ops.Hash: "xxhash64"}

        def visit_ExtractEpochSeconds(self, _: Any, *, arg: Any) -> Any:  # noqa: N802  # Ibis's own name
            return self.f.anon.unix_micros(self.f.anon.timestamp(arg)) / 1e6

    class SparkBackend(Backend):  # type: ignore[misc]  # likewise
        compiler = Compiler()

        def _register_in_memory_table(self, op: Any) -> None:
            rows = op.data.to_pyarrow(op.schema)
            self._session.createDataFrame(rows).createOrReplaceTempView(op.name)

        def to_pyarrow(self, expr: Any, /, **options: Any) -> Any:
            table = expr.as_table()
            self._register_in_memory_tables(table)
            rows = self._session.sql(self.compile(table, **options)).toArrow()
            return expr.__pyarrow_result__(rows.cast(table.schema().to_pyarrow()))

        def execute(self, expr: Any, /, **options: Any) -> Any:
            table = expr.as_table()
            rows = self.to_pyarrow(table, **options).to_pandas()
            return expr.__pandas_result__(PySparkPandasData.convert_table(rows, table.schema()))

    backend = SparkBackend()
    backend.register_options()
    backend.do_connect(session)
    return backend


def check_file_system(settings: EngineSettings, folder: RemotePath) -> None:
    """Refuse an address that Spark cannot open.

    Raises:
        SettingError: with the package to add, where Spark does not come with the library.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    session: Any = open_session(settings)
    hadoop = session._jvm.org.apache.hadoop
    try:
        hadoop.fs.Path(str(folder)).getFileSystem(session._jsc.hadoopConfiguration())
    except (Py4JError, PySparkException) as error:
        cause = getattr(error, "java_exception", error)
        package, version = PACKAGES.get(folder.parts[0]), hadoop.util.VersionInfo.getVersion()
        raise SettingError(
            f"Spark cannot open {folder}", where="paths.root", found=redact(first_line(cause)),
            next_step=f"set spark.jars.packages={package}:{version} in spark-defaults.conf"
            if package
            else "check the address, and what docs/scale.md says that Spark needs for it",
        ) from None  # fmt: skip

"""Spark in tests: one session for each process, in local mode with four attempts at each task."""

import functools
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from holdfast.engine.settings import EngineSettings
from holdfast.engine.spark import Spark, open_engine

MASTER = "local[2,4]"
LEAN = {
    "spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2", "spark.default.parallelism": "2",
    # few rows: compiling queries and optimising the machine's code would take most of the time
    "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.extraJavaOptions": "'-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'",
}  # fmt: skip

missing = [
    what
    for what, there in {
        "PySpark (pip install 'holdfast[spark]')": importlib.util.find_spec("pyspark"),
        "Java 17": shutil.which("java") or os.environ.get("JAVA_HOME"),
    }.items()
    if not there
]
# CI sets the variable CI: there a missing Java is a failure, and no test of Spark is left out
needs_spark = pytest.mark.skipif(
    bool(missing) and not os.environ.get("CI"),
    reason=f"{' and '.join(missing)} not installed here; .ci/run installs both",
)


@functools.cache
def spark_engine() -> Spark:
    """The engine of this process."""
    options = " ".join(f"--conf {name}={value}" for name, value in LEAN.items())
    os.environ["PYSPARK_SUBMIT_ARGS"] = f"{options} pyspark-shell"
    here = str(Path(__file__).parents[1])  # so that the workers can import functions of the tests
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    temporary = Path(tempfile.mkdtemp(prefix="holdfast-spark-"))
    return open_engine(EngineSettings(name="spark", master=MASTER), temporary)

"""Spark on a cluster of two executors, each a process of its own: one is killed from outside midway."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.spark import LEAN, needs_spark

pytestmark = [needs_spark, pytest.mark.slow]

CLUSTER = {
    **LEAN, "spark.executor.memory": "512m",
    "spark.executor.extraJavaOptions": LEAN["spark.driver.extraJavaOptions"],
}  # fmt: skip
KILLED = """
import os, signal, sys, threading, time
from pathlib import Path

import psutil

from holdfast.engine.settings import EngineSettings
from holdfast.engine.spark import open_engine
from tests.engine.test_spark import STREAM, count, purchases

folder = Path(sys.argv[1])


def executors():
    wanted = {"--app-id", spark.session.sparkContext.applicationId, "--executor-id"}
    running = [(each.pid, each.info["cmdline"] or []) for each in psutil.process_iter(["cmdline"])]
    return [pid for pid, words in running if wanted <= {*words}]


def work(number, facts):
    (folder / f"begun-{number}").touch()
    time.sleep(1)  # so that a bucket is under way when its executor dies
    return count(number, facts)


def kill():
    while not any(folder.glob("begun-*")):
        time.sleep(0.1)
    os.kill(killed, signal.SIGKILL)


spark = open_engine(EngineSettings(name="spark", master="local-cluster[2,1,512]"), folder / "temporary")
streams = {"transactions": STREAM}
buckets = spark.buckets(purchases(spark, [f"c{number}" for number in range(50)], folder), 8)
wanted = list(buckets.map(count, streams))
killed = executors()[0]
killer = threading.Thread(target=kill)
killer.start()
found = list(buckets.map(work, streams))
killer.join()
assert killed not in executors()
assert found == wanted, (found, wanted)
assert sum(facts for facts, _ in found) == 50
print("the same")
"""


def test_an_executor_that_is_killed_from_outside_changes_nothing(tmp_path: Path) -> None:
    options = " ".join(f"--conf {name}={value}" for name, value in CLUSTER.items())
    here = str(Path(__file__).parents[2])
    environment = {
        **os.environ, "PYTHONPATH": here, "PYSPARK_SUBMIT_ARGS": f"{options} pyspark-shell",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=here, env=environment, check=False,
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.stdout.strip().endswith("the same"), done.stderr[-4000:]

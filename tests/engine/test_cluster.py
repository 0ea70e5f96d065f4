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
START = """
import os, signal, sys, threading, time
from pathlib import Path

import psutil

from holdfast.engine.settings import EngineSettings
from holdfast.engine.spark import open_engine, run_tasks

folder = Path(sys.argv[1])
spark = open_engine(EngineSettings(name="spark", master="local-cluster[2,1,512]"), folder / "temporary")


def executors():
    wanted = {"--app-id", spark.session.sparkContext.applicationId, "--executor-id"}
    running = [(each.pid, each.info["cmdline"] or []) for each in psutil.process_iter(["cmdline"])]
    return [pid for pid, words in running if wanted <= {*words}]


def kill():
    while not any(folder.glob("begun-*")):
        time.sleep(0.1)
    os.kill(killed, signal.SIGKILL)


killer = threading.Thread(target=kill)
"""
BUCKETS = """
from tests.engine.test_spark import STREAM, count, purchases


def work(number, facts):
    (folder / f"begun-{number}").touch()
    time.sleep(1)  # so that a bucket is under way when its executor dies
    return count(number, facts)


streams = {"transactions": STREAM}
buckets = spark.buckets(purchases(spark, [f"c{number}" for number in range(50)], folder), 8)
wanted = list(buckets.map(count, streams))
killed = executors()[0]
killer.start()
found = list(buckets.map(work, streams))
killer.join()
assert killed not in executors()
assert found == wanted, (found, wanted)
assert sum(facts for facts, _ in found) == 50
print("the same")
"""
FILES = """
from tests.sources.test_file_by_file import COLUMNS
from tests.sources.test_parts import Nights, line


def run(work, tasks):
    def slowly(number):
        if night == 2:
            (folder / f"begun-{number}").touch()
            time.sleep(1)  # so that a file is under way when its executor dies
        return work(tasks[number])

    return list(run_tasks(slowly, len(tasks), folder))


nights, night = Nights(folder, columns=COLUMNS, tasks=run), 1
nights.day("2026-07-01", [line(number, 1) for number in range(6)])
nights.night(None)
killed, night = executors()[0], 2
for day in range(2, 8):
    nights.day(f"2026-07-0{day}", [line(5 * day + number, day) for number in range(6)])
killer.start()
found = nights.night(None)  # the same bytes as on one machine
killer.join()
assert killed not in executors()
assert (found.report.read, found.report.rejected) == (42, 5), found.report
print("the same")
"""


@pytest.mark.parametrize("script", [BUCKETS, FILES], ids=["buckets", "files"])
def test_an_executor_that_is_killed_from_outside_changes_nothing(tmp_path: Path, script: str) -> None:
    options = " ".join(f"--conf {name}={value}" for name, value in CLUSTER.items())
    here = str(Path(__file__).parents[2])
    environment = {
        **os.environ, "PYTHONPATH": here, "PYSPARK_SUBMIT_ARGS": f"{options} pyspark-shell",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", START + script, str(tmp_path)], cwd=here, env=environment, check=False,
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.stdout.strip().endswith("the same"), done.stderr[-4000:]

"""Who competes, and one of them run: in a process of its own, on a log that is read warm, within a time."""

import dataclasses
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.equality import Verdict, compare
from benchmarks.peers.task import Task

from holdfast.runtime.compiled import code_state

PROJECT = Path(__file__).parents[1]
PLACE = PROJECT / ".cache" / "bench"
ENOUGH_SECONDS = 60.0  # what took longer in all is not run again


@dataclasses.dataclass(frozen=True)
class Competitor:
    """One way to make the features.

    Attributes:
        name: as on the command line; its module is `benchmarks/peers/<name>_features.py`.
        title: as in the table.
        target: how many times Holdfast's seconds its own are to be (below 1 for the floor); None: no promise.
        apart: it needs the benchmark's own environment, `.cache/bench/venv`.
        sampled: it makes one in so many customers only.
    """

    name: str
    title: str
    target: float | None = None
    apart: bool = False
    sampled: bool = False


HOLDFAST = Competitor("holdfast", "Holdfast")
FLOOR = Competitor("floor", "the floor: one scan, and writing", 1 / 2)
PEERS = (
    Competitor("pandas", "pandas", 10),
    Competitor("polars", "Polars, streaming", 6, apart=True),
    Competitor("duckdb", "DuckDB, a query a date", 10),
    Competitor("customer_days", "DuckDB, customer-days first", 4),
    Competitor("featuretools", "Featuretools", 30, apart=True, sampled=True),
)
COMPETITORS = (HOLDFAST, *PEERS, FLOOR)


@dataclasses.dataclass(frozen=True)
class Result:
    """What one competitor came to.

    Attributes:
        seconds: wall time (the median of its runs), for all customers; null if it failed.
        parts: seconds of its parts, of the run in the middle.
        prepared: seconds of what is done once in an environment's life (compiling).
        peak_bytes: the most memory that its process held in any run.
        runs: how many.
        verdict: how its features compare with Holdfast's; the floor and Holdfast itself have none.
        failed: why it has no seconds.
    """

    competitor: Competitor
    seconds: float | None = None
    parts: dict[str, float] = dataclasses.field(default_factory=dict)
    prepared: float = 0.0
    peak_bytes: int = 0
    runs: int = 0
    verdict: Verdict | None = None
    failed: str | None = None


def compete(
    competitor: Competitor, task: Task, *, columns: tuple[str, ...], repeats: int, timeout: int
) -> Result:
    """Run a competitor up to `repeats` times and hold what it wrote against Holdfast's features.

    Args:
        task: its `written` are Holdfast's features, None for Holdfast's own run.
        columns: the features to make.
        timeout: seconds that one run may take.
    """
    runs: list[dict[str, Any]] = []
    while not runs or (len(runs) < repeats and sum(run["seconds"] for run in runs) < ENOUGH_SECONDS):
        told = run_once(competitor, task, timeout)
        if isinstance(told, str):
            return Result(competitor, failed=told)
        runs.append(told)
    whole = [whole_seconds(run, task.share) for run in runs]
    middle = runs[whole.index(statistics.median_low(whole))]
    reference = task.out if task.written is None else task.written
    verdict = None if competitor == FLOOR else compare(task.out, reference, columns, task.share)
    return Result(
        competitor,
        seconds=statistics.median(whole),
        parts=middle["parts"],
        prepared=runs[0]["prepared"],
        peak_bytes=max(run["peak_bytes"] for run in runs),
        runs=len(runs),
        verdict=verdict,
    )


def whole_seconds(run: dict[str, Any], share: int) -> float:
    """Seconds for all customers: loading is for the whole log, the rest for one in `share`."""
    seconds, loading = float(run["seconds"]), float(run["parts"].get("loading", 0.0))
    return seconds if share == 1 else loading + (seconds - loading) * share


def run_once(competitor: Competitor, task: Task, timeout: int) -> dict[str, Any] | str:
    """What one process told (see `peers/task.py`), or in words why it told nothing."""
    python = PLACE / "venv" / "bin" / "python" if competitor.apart else Path(sys.executable)
    if not python.is_file():
        return "not installed; next: make bench-features"
    for folder in (task.out, task.work):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    read_through(task.log)
    command = [str(python), "-m", f"benchmarks.peers.{competitor.name}_features", task.to_json()]
    try:
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env=environment(task),
            check=False,  # what it came to is told
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        return f"not done after {timeout} s"
    finally:
        shutil.rmtree(task.work, ignore_errors=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message; out of memory?"])[-1]
        return f"exit {done.returncode}: {last}"
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def environment(task: Task) -> dict[str, str]:
    """The process's environment: threads for every library, and where compiled code is kept."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")
    threads = dict.fromkeys(names, str(task.threads))
    compiled = {"NUMBA_CACHE_DIR": str(PLACE / "numba" / code_state())}
    return {**os.environ, **threads, **compiled}


def read_through(path: Path) -> None:
    """Read a file once, so that nobody is the first to fetch it from the disk."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass

"""Both engines on logs of 1, 2, 4 and 8 times a size, and what the measured rates mean for a large company.

`make bench-engines`, with ARGS="--transactions 100000 --sizes 1,2" for a quick look. Each run has a process
of its own. The number of buckets grows with the log, so a bucket stays as large as it is. On a machine that
others use, processor seconds say more than seconds. A run of all sizes writes its tables to docs/scale.md.
"""

import argparse
import dataclasses
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.log import LogSettings, standing_log
from benchmarks.peers.task import Clock, Task
from benchmarks.report import machine

from holdfast.files import write_text

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
SIZES = (1, 2, 4, 8)
ENGINES = ("duckdb", "spark")
BUCKETS = 4  # at size 1
DATES = 6
TICKS = 100  # of the kernel, a second
BYTES_A_FACT = 160  # of memory while a bucket is worked on (`engine.buckets.FACTS_PER_BUCKET`)
MB, GB, TB = 1e6, 1e9, 1e12


@dataclasses.dataclass(frozen=True)
class Run:
    """What one run took.

    Attributes:
        parts: seconds of bucketing, first days and extraction, without the start of the engine.
        processor: processor seconds of the same, of all processes.
        task_bytes: the most memory that a process which works on buckets held: on Spark a Python worker.
        read, streams, written: bytes of the log, of the streams and of the features.
        snapshots: rows of the features.
    """

    engine: str
    rows: int
    customers: int
    cores: int
    buckets: int
    parts: dict[str, float]
    processor: float
    task_bytes: int
    read: int
    streams: int
    written: int
    snapshots: int

    @property
    def seconds(self) -> float:
        """All parts."""
        return sum(self.parts.values())


@dataclasses.dataclass(frozen=True)
class Company:
    """The company of the worked calculation; `cores` at so many dollars an hour each."""

    customers: int = 100_000_000
    rows: int = 10_000_000_000
    columns: int = 500
    buckets: int = 16_384
    cores: int = 1_000
    dollars: float = 0.05


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both engines at all sizes, print the tables, and write them down where all sizes were run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--transactions", type=int, default=250_000, help="lines in the log at size 1")
    parser.add_argument("--sizes", type=lambda text: tuple(map(int, text.split(","))), default=SIZES)
    parser.add_argument("--engines", type=lambda text: tuple(text.split(",")), default=ENGINES)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.one:
        print(json.dumps(dataclasses.asdict(measure(**json.loads(chosen.one)))))
        return
    wanted = [(engine, size, chosen.cores) for engine in chosen.engines for size in chosen.sizes]
    wanted += [(engine, max(chosen.sizes), 1) for engine in chosen.engines]  # throughput against cores
    runs = [apart(engine, size, cores, chosen.transactions) for engine, size, cores in wanted]
    table = describe(runs)
    print(table)
    if chosen.sizes == SIZES and chosen.engines == ENGINES:
        fill("engines", table)


def fill(name: str, table: str) -> None:
    """Write a table into its place in docs/scale.md."""
    place = re.compile(f"(<!-- results:{name} -->\n).*?(<!-- /results:{name} -->)", re.S)
    page = PAGE.read_text(encoding="utf-8")
    write_text(PAGE, place.sub(lambda found: f"{found[1]}{table}\n{found[2]}", page))


def apart(engine: str, size: int, cores: int, transactions: int) -> Run:
    """One run in a process of its own."""
    told = json.dumps({"engine": engine, "size": size, "cores": cores, "transactions": transactions})
    called = [sys.executable, "-m", "benchmarks.engines", "--one", told]
    ended = subprocess.run(called, check=True, capture_output=True, text=True)
    run = Run(**json.loads(ended.stdout.splitlines()[-1]))
    took = f"{run.seconds:.1f} s, {run.processor:.1f} processor s"
    print(f"{engine} × {size}, {cores} cores: {took}", flush=True)
    return run


def measure(engine: str, size: int, cores: int, transactions: int) -> Run:
    """Bucket a log and extract its features, after the same with a tiny log, which starts and compiles."""
    from benchmarks.peers.holdfast_features import run_on

    from holdfast.engine.opening import open_engine
    from holdfast.engine.settings import EngineSettings

    settings = EngineSettings(name=engine, master=f"local[{cores}]" if engine == "spark" else None)
    with tempfile.TemporaryDirectory(prefix="engines-") as place:
        folder = Path(place)
        log = LogSettings(transactions * size, transactions * size // 20, DATES, 1)
        path, tiny = (
            standing_log(one, Path(".cache/bench"))
            for one in (log, dataclasses.replace(log, transactions=20_000, customers=1_000))
        )
        tasks = []
        for name, file in (("tiny", tiny), ("whole", path)):
            tasks.append(Task(file, folder / name, folder / f"{name}-work", log.as_of_dates(), cores))
            tasks[-1].out.mkdir()
            tasks[-1].work.mkdir()
        with open_engine(settings, folder / "spilled", cores) as opened:
            run_on(opened, tasks[0], Clock(), cores)
            before, clock = sum(seconds for seconds, _ in processes()), Clock()
            run_on(opened, tasks[1], clock, BUCKETS * size)
            after = list(processes())
        snapshots = count_rows(tasks[1].out)
        return Run(
            engine, log.transactions, log.customers, cores, BUCKETS * size, clock.parts,
            sum(seconds for seconds, _ in after) - before, max(peak for _, peak in after),
            path.stat().st_size, bytes_below(tasks[1].work), bytes_below(tasks[1].out), snapshots,
        )  # fmt: skip


def processes() -> Iterator[tuple[float, int]]:
    """Processor seconds, and the most memory (0: of Java), of this process and all below it."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, _, stat = (folder / "stat").read_text().rpartition(")")
            status = (folder / "status").read_text()
        except OSError:  # it has just ended
            continue
        fields = stat.split()
        peak = re.search(r"VmHWM:\s+(\d+)", status)
        seconds = sum(map(int, fields[11:15])) / TICKS
        memory = int(peak[1]) * 1024 if peak and "java" not in name else 0
        parents[int(folder.name)] = (int(fields[1]), seconds, memory)
    wanted = {int(Path("/proc/self").resolve().name)}
    while below := {pid for pid, (parent, _, _) in parents.items() if parent in wanted} - wanted:
        wanted |= below
    yield from (parents[pid][1:] for pid in wanted if pid in parents)


def count_rows(folder: Path) -> int:
    """The rows of all Parquet files in a folder."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(file).num_rows for file in folder.glob("*.parquet"))


def bytes_below(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def describe(runs: Sequence[Run]) -> str:
    """The runs as a table, what they say, and the worked calculation."""
    lines = [
        f"20 transactions a customer, {DATES} monthly as-of dates, 34 features; the start of the engine and "
        "what is compiled are not counted.",
        "",
        "| engine | cores | transactions | buckets | bucketing | first days | extraction | processor s "
        "| rows a second | memory a task |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for run in runs:
        parts = " | ".join(f"{seconds:.1f} s" for seconds in run.parts.values())
        lines.append(
            f"| {run.engine} | {run.cores} | {run.rows:,} | {run.buckets} | {parts} | {run.processor:.1f} "
            f"| {run.rows / run.seconds:,.0f} | {run.task_bytes / MB:,.0f} MB |"
        )
    lines.append("")
    for engine in dict.fromkeys(run.engine for run in runs):
        one, *_, many, single = (run for run in runs if run.engine == engine)
        linear = single.seconds / many.seconds / (many.cores / single.cores)
        lines.append(
            f"- {engine}: {many.rows / one.rows:.0f} times the rows took {many.seconds / one.seconds:.1f} "
            f"times the seconds, {many.processor / one.processor:.1f} times the processor seconds and "
            f"{many.task_bytes / one.task_bytes:.2f} times the memory a task; {many.cores} cores gave "
            f"{linear:.2f} of a linear gain over {single.cores}."
        )
    spark = [run for run in runs if run.engine == "spark" and run.cores > 1]
    worked = calculate(spark[0], spark[-1], Company()) if len(spark) > 1 else []
    return "\n".join([*lines, "", machine(), "", *worked])


def calculate(small: Run, run: Run, company: Company) -> list[str]:
    """What a company's size comes to: by the cost of the rows beyond those of a small run."""
    a_row, rows = (run.processor - small.processor) / (run.rows - small.rows), company.rows
    read, shuffled = run.read / run.rows * rows, run.streams / run.rows * rows
    core_hours = a_row * rows / 3600
    facts = rows / company.buckets
    task = run.task_bytes + BYTES_A_FACT * facts
    wide = 4 * company.columns * company.customers
    scores = 60 * company.customers  # an id, a probability and what pandas adds to them
    figures = {
        "read from the validated tables": f"{read / TB:.2f} TB ({run.read / run.rows:.0f} bytes a row)",
        "shuffled, written as streams": f"{shuffled / TB:.2f} TB ({run.streams / run.rows:.0f} bytes a row)",
        "written as the model's input of one date": f"{wide / GB:,.0f} GB ({company.columns} columns)",
        "processor time of bucketing and windows": f"{core_hours:,.0f} core hours",
        f"time on {company.cores:,} cores": f"{core_hours / company.cores * 60:,.0f} minutes, if linear",
        f"cost at {company.dollars:.2f} $ a core hour": f"{core_hours * company.dollars:,.0f} $",
        "facts in a bucket": f"{facts:,.0f} ({company.buckets:,} buckets)",
        "memory a task": f"{task / MB:,.0f} MB: as measured, and {BYTES_A_FACT} bytes a fact",
        "scores gathered on the driver": f"{scores / GB:.0f} GB",
    }
    return [
        f"{company.customers:,} customers with {rows:,} rows, by what the rows of the largest run on Spark "
        "beyond those of the smallest cost:",
        "",
        "| | |",
        "|---|--:|",
        *(f"| {name} | {figure} |" for name, figure in figures.items()),
    ]


if __name__ == "__main__":
    main()

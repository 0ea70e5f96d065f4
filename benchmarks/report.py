"""The results as tables in Markdown, against what was promised, and their place in `benchmarks/README.md`."""

import datetime as dt
import importlib.metadata
import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.competition import FLOOR, HOLDFAST, PLACE, Result
from benchmarks.log import LogSettings
from benchmarks.scaling import MORE_CUSTOMERS, Scaling

from holdfast.files import write_text

README = Path(__file__).parent / "README.md"
GIB = 2**30
MOST_BYTES = 2 * GIB
MOST_EXPONENT = 1.05
MOST_MEMORY_RATIO = 1.2
MOST_FEATURES_RATIO = 1.8  # "well under twice"
LIBRARIES = ("duckdb", "ibis-framework", "numba", "numpy", "pandas", "pyarrow")


def comparison(results: Sequence[Result], log: LogSettings, threads: int, columns: int) -> str:
    """The table of all competitors, where Holdfast's time went, and the promises."""
    holdfast = next(result for result in results if result.competitor == HOLDFAST)
    lines = [
        f"{log.transactions:,} transactions of {log.customers:,} customers, {log.dates} monthly as-of dates, "
        f"{columns} features, {threads} threads, seed {log.seed}.",
        "",
        "| | seconds | against Holdfast | rows out | features | peak memory |",
        "|---|--:|--:|--:|--:|--:|",
        *(row(result, holdfast, columns) for result in results),
        "",
        f"Holdfast's seconds: {parts(holdfast)}. Compiling, once in an environment's life: "
        f"{holdfast.prepared:.0f} s, not counted.",
        "",
        *(f"- {promise}" for promise in promises(results, holdfast)),
        "",
        machine(),
    ]
    return "\n".join(lines)


def row(result: Result, holdfast: Result, columns: int) -> str:
    """A competitor's line. One whose values are not Holdfast's gets no ratio."""
    title = result.competitor.title
    if result.seconds is None or holdfast.seconds is None:
        return f"| {title} | {result.failed or 'no seconds'} | | | | |"
    verdict = result.verdict
    if verdict is not None and verdict.faults:
        return f"| {title} | {result.seconds:.1f} | not equal: {'; '.join(verdict.faults[:3])} | | | |"
    sampled = " (a sample, extrapolated)" if result.competitor.sampled else ""
    made = f"{verdict.rows:,} | {len(verdict.columns)} of {columns}" if verdict else "as Holdfast |"
    return (
        f"| {title}{sampled} | {result.seconds:.1f} | {result.seconds / holdfast.seconds:.2f} × | {made} "
        f"| {result.peak_bytes / GIB:.2f} GiB |"
    )


def parts(result: Result) -> str:
    """Where the time went."""
    return ", ".join(f"{name} {seconds:.1f}" for name, seconds in result.parts.items())


def promises(results: Sequence[Result], holdfast: Result) -> list[str]:
    """Each target, whether it was met, and where the time went when it was not."""
    found = []
    for result in results:
        target, sound = result.competitor.target, result.verdict is None or not result.verdict.faults
        if target is None or result.seconds is None or holdfast.seconds is None or not sound:
            continue
        ratio = result.seconds / holdfast.seconds
        what = f"{target:g} times faster than {result.competitor.title}: {ratio:.1f} times"
        if result.competitor == FLOOR:
            what = f"within {1 / target:g} times {FLOOR.title}: {1 / ratio:.1f} times"
        found.append(promise(what, ratio >= target, f"of {holdfast.seconds:.1f} s: {parts(holdfast)}"))
    peak = f"peak memory below {MOST_BYTES / GIB:g} GiB: {holdfast.peak_bytes / GIB:.2f} GiB"
    return [*found, promise(peak, holdfast.peak_bytes < MOST_BYTES, "see the engine's memory and buckets")]


def promise(what: str, met: bool, why: str = "") -> str:
    """A target in a line; the reason only where it was missed."""
    return f"met: {what}" if met else f"**missed**: {what}{f' ({why})' if why else ''}"


def growth(scaling: Scaling) -> str:
    """The table of Holdfast on logs of several sizes, and the promises about them."""
    lines = [
        "| transactions | customers | features | seconds | peak memory |",
        "|--:|--:|--:|--:|--:|",
    ]
    for run in scaling.runs:
        features = len(run.result.verdict.columns) if run.result.verdict else 0
        lines.append(
            f"| {run.settings.transactions:,} | {run.settings.customers:,} | {features} "
            f"| {run.result.seconds:.1f} | {run.result.peak_bytes / GIB:.2f} GiB |"
        )
    slowest = max(scaling.runs, key=lambda run: run.result.seconds or 0.0).result
    why = f"the slowest run: {parts(slowest)}"
    ratio, more, twice = scaling.memory_ratio, MORE_CUSTOMERS, scaling.features_ratio
    flat = f"memory flat within 20% with {more} times the customers and transactions: {ratio:.2f} times"
    told = [
        promise(
            f"time grows with the log's size to the power {MOST_EXPONENT} at most: {scaling.exponent:.2f}",
            scaling.exponent <= MOST_EXPONENT,
            why,
        ),
        promise(flat, ratio <= MOST_MEMORY_RATIO, why),
        promise(
            f"twice the features well under twice the time: {twice:.2f} times",
            twice <= MOST_FEATURES_RATIO,
            why,
        ),
    ]
    return "\n".join([*lines, "", *(f"- {line}" for line in told), "", machine()])


def machine() -> str:
    """Where and with what it was measured, and on which day."""
    cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    ours = [f"{library} {importlib.metadata.version(library)}" for library in LIBRARIES]
    day = dt.date.today()  # noqa: DTZ011  # the day on this machine's calendar
    return (
        f"{day}, {processor()}, {cores} cores, {memory:.0f} GiB, Python {platform.python_version()}; "
        + ", ".join(ours + apart())
        + "."
    )


def processor() -> str:
    """The model of the processor, where the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    told = cpuinfo.read_text(encoding="utf-8") if cpuinfo.is_file() else ""
    named = re.search(r"^model name\s*:\s*(.+)$", told, re.MULTILINE)
    return named[1] if named else platform.processor() or platform.machine()


def apart() -> list[str]:
    """The versions in the benchmark's own environment."""
    found = []
    for name in ("polars", "featuretools"):
        for folder in (PLACE / "venv").glob(f"lib/python*/site-packages/{name}-*.dist-info"):
            found.append(folder.name.removesuffix(".dist-info").replace("-", " "))
    return found


def fill(name: str, content: str) -> None:
    """Put `content` between the marks `name` of the benchmark's README."""
    text = README.read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- results:{name} -->\n).*?(<!-- /results:{name} -->)", re.DOTALL)
    filled, count = marks.subn(lambda found: f"{found[1]}{content}\n{found[2]}", text)
    if count != 1:
        raise SystemExit(f"{README.name} has {count} blocks results:{name}, expected 1")
    write_text(README, filled)

"""Holdfast's features side by side with other ways to make them: the same log, features and rows.

`make bench-features`, with ARGS="--transactions 1000000 --customers 50000 --only polars" for a quick look.
Every competitor runs in a process of its own; its values are held against Holdfast's before a ratio is
printed. A run with all of them writes its table to benchmarks/README.md, and so does `--scaling`.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks.columns import column_names
from benchmarks.competition import COMPETITORS, HOLDFAST, PLACE, Competitor, Result, compete
from benchmarks.log import LogSettings, standing_log
from benchmarks.peers.task import Task
from benchmarks.report import GIB, comparison, fill, growth
from benchmarks.scaling import scale

SMALL_TRANSACTIONS, SMALL_CUSTOMERS = 2_000, 100


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare, measure how Holdfast grows where asked to, and write both down."""
    chosen = parse(arguments)
    log = LogSettings(chosen.transactions, chosen.customers, chosen.dates, chosen.seed)
    competitors = [one for one in COMPETITORS if one == HOLDFAST or one.name in chosen.only]
    bench = Bench(chosen)
    results = bench.compare(competitors, log)
    table = comparison(results, log, chosen.threads, len(column_names()))
    print(f"\n{table}")
    if len(competitors) == len(COMPETITORS):
        fill("comparison", table)
    if chosen.scaling:
        table = growth(scale(log, bench.holdfast))
        print(f"\n{table}")
        fill("scaling", table)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The settings of the command line."""
    names = [competitor.name for competitor in COMPETITORS]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def option(name: str, default: int, text: str) -> None:
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{text} (default {default})")

    option("transactions", 20_000_000, "lines in the log")
    option("customers", 1_000_000, "customers in the log")
    option("dates", 12, "monthly as-of dates")
    option("threads", 2, "threads that each may use")
    option("seed", 1, "of the generated log")
    option("repeats", 3, "runs of each, the median counts; what takes over a minute runs once")
    option("timeout", 900, "seconds that one run may take")
    option("sample", 50, "Featuretools makes one in so many customers")
    parser.add_argument(
        "--only", type=lambda text: text.split(","), default=names, metavar=",".join(names),
        help="these and Holdfast, which all are held against",
    )  # fmt: skip
    parser.add_argument("--scaling", action="store_true", help="and how Holdfast grows with the log")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.only) - set(names)
    if unknown:
        parser.error(f"--only: no competitor {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return chosen


class Bench:
    """Runs with the settings of the command line."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self.chosen = chosen
        self.runs = PLACE / "runs"

    def compare(self, competitors: Sequence[Competitor], log: LogSettings) -> list[Result]:
        """Every competitor in turn; Holdfast first, because the others are held against its features."""
        results = []
        for competitor in competitors:
            task = self.task(competitor, log)
            result = compete(
                competitor,
                task,
                columns=column_names(),
                repeats=self.chosen.repeats,
                timeout=self.chosen.timeout,
            )
            results.append(result)
            print(line(result), flush=True)
            if competitor != HOLDFAST:
                shutil.rmtree(task.out, ignore_errors=True)
            elif result.failed:
                raise SystemExit(f"Holdfast: {result.failed}")
        shutil.rmtree(self.runs, ignore_errors=True)
        return results

    def holdfast(self, log: LogSettings, twice: bool) -> Result:
        """Holdfast alone."""
        result = compete(
            HOLDFAST,
            self.task(HOLDFAST, log, twice),
            columns=column_names(twice),
            repeats=self.chosen.repeats,
            timeout=self.chosen.timeout,
        )
        print(f"{log.transactions:,} transactions: {line(result)}", flush=True)
        shutil.rmtree(self.runs, ignore_errors=True)
        return result

    def task(self, competitor: Competitor, log: LogSettings, twice: bool = False) -> Task:
        """What a competitor is given."""
        small = LogSettings(SMALL_TRANSACTIONS, SMALL_CUSTOMERS, log.dates, log.seed)
        return Task(
            log=made(log),
            out=self.runs / competitor.name,
            work=self.runs / "work",
            dates=log.as_of_dates(),
            threads=self.chosen.threads,
            twice=twice,
            share=self.chosen.sample if competitor.sampled else 1,
            written=None if competitor == HOLDFAST else self.runs / HOLDFAST.name,
            small=made(small),
        )


def made(log: LogSettings) -> Path:
    """The file of a log, made where it does not stand yet."""
    return standing_log(log, PLACE / "logs")


def line(result: Result) -> str:
    """One competitor as it ends."""
    name = f"{result.competitor.name:<14}"
    if result.seconds is None:
        return f"{name} {result.failed}"
    faults = "; ".join(result.verdict.faults) if result.verdict and result.verdict.faults else ""
    told = ", ".join(f"{part} {seconds:.1f}" for part, seconds in result.parts.items())
    return f"{name} {result.seconds:8.1f} s  {result.peak_bytes / GIB:5.2f} GiB  {told}  {faults}".rstrip()


if __name__ == "__main__":
    main()

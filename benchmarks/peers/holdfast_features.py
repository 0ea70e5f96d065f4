"""Holdfast, called as its stages call it (`stages/features.py`): streams in buckets, then the scan."""

import dataclasses

import pyarrow.parquet as pq
from benchmarks.columns import chosen_families
from benchmarks.peers.task import ACTIVE_DAYS, WINDOWS_DAYS, Clock, Task, main

from holdfast.artifacts.features import write_features
from holdfast.engine.buckets import choose_buckets
from holdfast.engine.duckdb import open_engine
from holdfast.engine.engine import Engine
from holdfast.engine.settings import EngineSettings
from holdfast.features.extraction import Extraction
from holdfast.features.plan import plan_features
from holdfast.features.request import first_days
from holdfast.snapshots.churn import Inactivity
from holdfast.streams.definitions import define

CHURN = Inactivity(
    kind="inactivity", horizon_days=60, gap_days=0, active_within_days=ACTIVE_DAYS, min_history_days=0
)


def run(task: Task, clock: Clock) -> None:
    """Features of every eligible customer by DuckDB."""
    buckets = choose_buckets(pq.read_metadata(task.log).num_rows, None)
    with open_engine(EngineSettings(), task.work / "spilled", task.threads) as engine:
        run_on(engine, task, clock, buckets)


def run_on(engine: Engine, task: Task, clock: Clock, buckets: int) -> None:
    """Features of every eligible customer by an engine; their labels come with them, as they do for users."""
    streams_folder = task.work / "streams"
    tables = define({"transactions": engine.read_parquet(task.log)})
    with clock.part("bucketing"):
        for table in tables.values():
            engine.write_buckets(table, streams_folder, buckets)
    with clock.part("first days"):
        firsts = first_days(tables, task.dates)
    streams = {name: table.stream for name, table in tables.items()}
    plan = plan_features(chosen_families(task.twice), streams, WINDOWS_DAYS)
    wanted = Extraction(
        streams={name: dataclasses.replace(one, levels=plan.levels(one)) for name, one in streams.items()},
        plan=plan,
        churn=CHURN,
        outcome=CHURN.outcome(label_delay_days=0),
        dates=task.dates,
        known_before=task.dates[-1],
        first_days=firsts,
        max_rows=None,
    )
    with clock.part("extraction"):
        write_features(task.out, wanted, engine.buckets(streams_folder, buckets))


def prepare(task: Task) -> None:
    """Compile the scans, or load what was compiled before, by running a tiny log."""
    if task.small is None:
        return
    out, work = task.work / "small-features", task.work / "small-work"
    out.mkdir()
    work.mkdir()
    run(dataclasses.replace(task, log=task.small, out=out, work=work, small=None), Clock())


if __name__ == "__main__":
    main(run, prepare)

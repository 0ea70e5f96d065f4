"""The experiment of an audit: features of the whole log, and of logs with the same past, by one way."""

import dataclasses
import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis import Table

from holdfast.audit.future import with_other_future, without_future
from holdfast.audit.proof import VARIANTS, Difference, compare
from holdfast.engine.buckets import choose_buckets, write_buckets
from holdfast.engine.duckdb import DuckDB
from holdfast.engine.extract import Extraction, extract, first_days, read_features, sampled
from holdfast.job import Job
from holdfast.streams.definitions import define
from holdfast.streams.stream import Stream


@dataclasses.dataclass(frozen=True)
class Trial:
    """What the experiment works on.

    Attributes:
        engine: open, and the one that `tables` belong to.
        tables: the validated tables.
        wanted: what a training would extract; its streams, dates and sample are replaced.
        customers: those compared (column customer_id); None: all.
        scratch: a folder that goes when the run ends.
    """

    job: Job
    engine: DuckDB
    tables: Mapping[str, Table]
    wanted: Extraction
    customers: Table | None
    scratch: Path

    def features(self, tables: Mapping[str, Table], dates: tuple[dt.date, ...]) -> pa.Table:
        """The features of a log, by the very functions of training; sorted by as_of and customer_id.

        What belongs to the company (first days, first prices) comes from all of the log that is given,
        whoever is compared.
        """
        streams = define(tables, self.job.attributes())
        chosen = {name: self.only(stream) for name, stream in streams.items()}
        wanted = dataclasses.replace(
            self.wanted,
            streams=chosen,
            dates=dates,
            known_before=max(dates),
            first_days=first_days(streams, dates),
            max_rows=None,
        )
        buckets, out = self.scratch / "streams", self.scratch / "features"
        out.mkdir(parents=True)
        facts = sum(int(stream.facts.count().to_pyarrow().as_py()) for stream in chosen.values())
        count = choose_buckets(facts, self.job.config.engine.buckets)
        for stream in chosen.values():
            write_buckets(self.engine, stream, buckets, count)
        extract(wanted, buckets, count, out, threads=self.job.config.threads, progress=lambda _: None)
        found = read_features(out).sort_by([("as_of", "ascending"), ("customer_id", "ascending")])
        shutil.rmtree(buckets)
        shutil.rmtree(out)
        return found

    def only(self, stream: Stream) -> Stream:
        """A stream with the facts of the customers compared."""
        if self.customers is None:
            return stream
        return dataclasses.replace(stream, facts=stream.facts.semi_join(self.customers, "customer_id"))

    def other_log(self, variant: str, day: dt.date) -> dict[str, Table]:
        """The tables with the same past before `day`, and without its future or with an invented one."""
        if variant == "deleted":
            return {name: without_future(name, table, day) for name, table in self.tables.items()}
        seed = self.job.config.seed
        return {
            name: self.kept(f"invented_{name}", with_other_future(name, table, day, seed, self.customers))
            for name, table in self.tables.items()
        }

    def kept(self, name: str, table: Table) -> Table:
        """A table worked out once: a stream reads its rows several times."""
        self.engine.raw.execute(f"CREATE OR REPLACE TABLE {name} AS {self.engine.con.compile(table)}")
        return self.engine.con.table(name)


def open_trial(job: Job, engine: DuckDB, wanted: Extraction, scratch: Path) -> Trial:
    """A trial with the customers that `audit.max_customers` allows, drawn by SHA-256."""
    leading = wanted.streams[job.config.churn.stream].facts
    ids = leading.select("customer_id").distinct().to_pyarrow()["customer_id"].combine_chunks().sort()
    most = job.config.audit.max_customers
    customers = None
    if len(ids) > most:
        kept = ids.filter(pa.array(sampled(ids, most / len(ids))))
        pq.write_table(pa.table({"customer_id": kept}), scratch / "customers.parquet")
        customers = engine.read_parquet(scratch / "customers.parquet")
        job.say(f"comparing {len(kept):,} of {len(ids):,} customers")
    return Trial(job, engine, job.tables(engine), wanted, customers, scratch)


def experiment(trial: Trial, dates: tuple[dt.date, ...]) -> tuple[pa.Table, list[Difference]]:
    """The features of the whole log at all dates, and every column that another future changes."""
    whole = trial.features(trial.tables, dates)
    differences = []
    for day in dates:
        here = at(whole, day)
        for variant in VARIANTS:
            other = trial.features(trial.other_log(variant, day), (day,))
            found = compare(here, other, str(day), variant)
            trial.job.say(f"{day}: {here.num_rows:,} customers, the future {variant}: {outcome(found)}")
            differences += found
    return whole, differences


def at(features: pa.Table, day: dt.date) -> pa.Table:
    """The rows of one as-of date."""
    return features.filter(pc.equal(features["as_of"], pa.scalar(day, pa.date32())))


def outcome(differences: list[Difference]) -> str:
    """What a comparison found, in a word."""
    return f"{len(differences)} columns differ" if differences else "nothing changes"


def choose_dates(grid: tuple[dt.date, ...], newest: dt.date, count: int) -> tuple[dt.date, ...]:
    """`count` dates spread over the training grid, its first and last among them, and the newest."""
    places = {round(place * (len(grid) - 1) / max(1, count - 1)) for place in range(count)}
    return tuple(sorted({*(grid[place] for place in places), newest}))

"""Snapshots and features of a whole log, bucket by bucket: memory is bounded by a bucket."""

import dataclasses
import datetime as dt
import hashlib
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from holdfast.engine.buckets import read_bucket
from holdfast.features.compute import Rows, compute
from holdfast.features.plan import StreamPlan
from holdfast.snapshots.churn import Churn
from holdfast.snapshots.cohorts import Snapshots, micros, take_snapshots
from holdfast.streams.facts import DAY, Facts, arrange
from holdfast.streams.stream import Stream
from holdfast.timeline.outcome import Outcome


@dataclasses.dataclass(frozen=True)
class Extraction:
    """What to extract.

    Attributes:
        streams: by name.
        plans: the features wanted of each stream.
        churn, outcome: who is eligible, and what their labels are about.
        dates: the as-of dates.
        known_before: labels are made of what was known before this day.
        first_days: for each stream and as-of date (microseconds), the first day of which anything was
            known.
        max_rows: sample customers when there are more snapshots than these; None: all.
    """

    streams: Mapping[str, Stream]
    plans: tuple[StreamPlan, ...]
    churn: Churn
    outcome: Outcome
    dates: tuple[dt.date, ...]
    known_before: dt.date
    first_days: Mapping[str, Mapping[int, int]]
    max_rows: int | None


def first_days(streams: Mapping[str, Stream], dates: tuple[dt.date, ...]) -> dict[str, dict[int, int]]:
    """For each stream and as-of date (microseconds), midnight of the first day known before it."""
    found: dict[str, dict[int, int]] = {}
    for name, stream in streams.items():
        facts = stream.facts
        firsts = facts.aggregate(
            **{
                f"at_{place}": facts.occurred_at.min(where=facts.known_at < ibis.timestamp(str(date)))
                for place, date in enumerate(dates)
            }
        ).to_pyarrow()
        found[name] = {}
        for place, date in enumerate(dates):
            first = firsts[f"at_{place}"].cast(pa.timestamp("us")).cast(pa.int64())[0].as_py()
            if first is not None:
                found[name][micros(date)] = first // DAY * DAY
    return found


def extract(
    wanted: Extraction,
    buckets: Path,
    count: int,
    out: Path,
    *,
    threads: int | None,
    say: Callable[[str], None],
) -> dict[str, dict[str, int]]:
    """Write the features of every bucket below `out`, and count rows and churned of every date.

    Each file holds one bucket, one row a snapshot, key (customer_id, as_of), sorted by it: churned as
    float64 (null while immature), then the features.
    """
    share = sample_share(wanted, buckets, count)
    workers = min(count, threads or os.cpu_count() or 1)

    def work(bucket: int) -> pa.Table:
        part = extract_bucket(wanted, buckets, bucket, share)
        pq.write_table(part, out / f"part-{bucket:05}.parquet", compression="zstd", compression_level=1)
        return part.select(["as_of", "churned"])

    parts = []
    with ThreadPoolExecutor(workers) as pool:
        for done, part in enumerate(pool.map(work, range(count)), start=1):
            parts.append(part)
            if count > 1 and (done % max(1, count // 10) == 0 or done == count):
                say(f"bucket {done} of {count}")
    return count_dates(pa.concat_tables(parts))


def feature_files(folder: Path) -> list[Path]:
    """The files that `extract` wrote, in the order of the buckets."""
    return sorted(folder.glob("part-*.parquet"))


def read_features(folder: Path) -> pa.Table:
    """All that `extract` wrote, as one table."""
    return pa.concat_tables(pq.read_table(file, partitioning=None) for file in feature_files(folder))


def extract_bucket(wanted: Extraction, buckets: Path, bucket: int, share: float) -> pa.Table:
    """The features of one bucket."""
    ids, facts, snapshots = open_bucket(wanted, buckets, bucket)
    kept = sampled(ids, share)[snapshots.customer]
    rows = Rows(snapshots.customer[kept], snapshots.as_of[kept])
    columns = compute(wanted.plans, facts, rows, wanted.first_days)
    churned = snapshots.churned[kept]
    return pa.table(
        {
            "customer_id": ids.take(pa.array(rows.customer)),
            "as_of": pa.array(rows.as_of // DAY, pa.int64()).cast(pa.int32()).cast(pa.date32()),
            "churned": pa.array(churned, mask=np.isnan(churned)),
            **columns,
        }
    )


def open_bucket(
    wanted: Extraction, buckets: Path, bucket: int
) -> tuple[pa.Array, dict[str, Facts], Snapshots]:
    """One bucket's customers (sorted), facts and snapshots."""
    tables = {name: read_bucket(stream, buckets, bucket) for name, stream in wanted.streams.items()}
    ids = pc.unique(tables[wanted.churn.stream]["customer_id"]).sort()
    facts = {name: arrange(wanted.streams[name], table, ids) for name, table in tables.items()}
    leading = facts[wanted.churn.stream]
    return (
        ids,
        facts,
        take_snapshots(leading, wanted.churn, wanted.outcome, wanted.dates, wanted.known_before),
    )


def sample_share(wanted: Extraction, buckets: Path, count: int) -> float:
    """The share of customers to keep, judged by the first bucket (customers fall into them by chance)."""
    if wanted.max_rows is None:
        return 1.0
    only = dataclasses.replace(wanted, streams={wanted.churn.stream: wanted.streams[wanted.churn.stream]})
    _, _, snapshots = open_bucket(only, buckets, 0)
    expected = max(1, len(snapshots.customer)) * count
    return min(1.0, wanted.max_rows / expected)


def sampled(ids: pa.Array, share: float) -> np.ndarray:
    """(customers,) whether each is in the sample: by SHA-256, so the same whatever the engine or order."""
    if share >= 1.0:
        return np.ones(len(ids), bool)
    limit = int(share * 2**32)
    return np.array(
        [int.from_bytes(hashlib.sha256(one.encode()).digest()[:4]) < limit for one in ids.to_pylist()]
    )


def count_dates(rows: pa.Table) -> dict[str, dict[str, int]]:
    """Rows and churned of every as-of date."""
    counted = rows.group_by("as_of").aggregate([("churned", "sum"), ("as_of", "count"), ("churned", "count")])
    return {
        str(row["as_of"]): {
            "rows": row["as_of_count"],
            "labelled": row["churned_count"],
            "churned": int(row["churned_sum"] or 0),
        }
        for row in sorted(counted.to_pylist(), key=lambda row: row["as_of"])
    }

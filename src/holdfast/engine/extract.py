"""Snapshots and features of a whole log, bucket by bucket: memory is bounded by a bucket."""

import dataclasses
import datetime as dt
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from holdfast.engine.buckets import read_bucket
from holdfast.features.compute import Rows, compute
from holdfast.features.plan import Plan
from holdfast.snapshots.churn import Churn
from holdfast.snapshots.cohorts import Snapshots, micros, take_snapshots
from holdfast.streams.facts import DAY, Facts, arrange
from holdfast.streams.stream import Stream
from holdfast.timeline.outcome import Outcome

PART_ROWS = 100_000  # read at a time by `feature_parts`: some 250 MB of features


@dataclasses.dataclass(frozen=True)
class Extraction:
    """What to extract.

    Attributes:
        streams: by name.
        plan: the features wanted.
        churn, outcome: who is eligible, and what their labels are about.
        dates: the as-of dates.
        known_before: labels are made of what was known before this day.
        first_days: for each stream and as-of date (microseconds), the first day of which anything was
            known.
        max_rows: sample customers when there are more snapshots than these; None: all.
    """

    streams: Mapping[str, Stream]
    plan: Plan
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
        facts = stream.facts.filter(stream.facts.known_at.notnull())
        days = facts.group_by(day=facts.known_at.date()).aggregate(first=facts.occurred_at.min())
        known = days.filter(days["first"].notnull()).order_by("day").to_pyarrow()
        day = known["day"].to_numpy().astype("datetime64[us]").astype(np.int64)
        earliest = np.minimum.accumulate(known["first"].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy())
        before = np.searchsorted(day, [micros(date) for date in dates])
        found[name] = {
            micros(date): int(earliest[count - 1]) // DAY * DAY
            for date, count in zip(dates, before, strict=True)
            if count
        }
    return found


def extract(
    extraction: Extraction,
    folder: Path,
    buckets: int,
    out: Path,
    *,
    threads: int | None,
    progress: Callable[[str], None],
) -> dict[str, dict[str, int]]:
    """Write the features of every bucket below `out`, and count rows and churned customers of every date.

    Each file holds one bucket, one row a snapshot, key (customer_id, as_of), sorted by it: churned as
    float64 (null while immature), then the features.

    Args:
        folder: of the streams, which are in so many `buckets`.
    """
    share = sample_share(extraction, folder, buckets)
    workers = min(buckets, threads or os.cpu_count() or 1)

    def work(bucket: int) -> pa.Table:
        part = extract_bucket(extraction, folder, bucket, buckets, share)
        write_part(part, out / f"part-{bucket:05}.parquet")
        return part.select(["as_of", "churned"])

    labels = []
    with ThreadPoolExecutor(workers) as pool:
        for done, part in enumerate(pool.map(work, range(buckets)), start=1):
            labels.append(part)
            if buckets > 1 and (done % max(1, buckets // 10) == 0 or done == buckets):
                progress(f"bucket {done} of {buckets}")
    return count_dates(pa.concat_tables(labels))


def write_part(part: pa.Table, path: Path) -> None:
    """Write one bucket's features; numbers without a dictionary, which takes longer than all the rest."""
    texts = [field.name for field in part.schema if not pa.types.is_floating(field.type)]
    pq.write_table(part, path, compression="lz4", use_dictionary=texts, write_statistics=texts)


def feature_files(folder: Path) -> list[Path]:
    """The files that `extract` wrote, in the order of the buckets."""
    return sorted(folder.glob("part-*.parquet"))


def read_features(folder: Path) -> pa.Table:
    """All that `extract` wrote, as one table."""
    return pa.concat_tables(pq.read_table(file, partitioning=None) for file in feature_files(folder))


def feature_parts(folder: Path, rows: int = PART_ROWS) -> Iterator[pa.Table]:
    """What `extract` wrote, several buckets at a time: a model takes as long for a few rows as for many."""
    waiting: list[pa.Table] = []
    for file in feature_files(folder):
        waiting.append(pq.read_table(file, partitioning=None))
        if sum(table.num_rows for table in waiting) >= rows:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def extract_bucket(
    extraction: Extraction, folder: Path, bucket: int, buckets: int, share: float = 1.0,
    only: Callable[[pa.Array, Snapshots], np.ndarray] | None = None,
) -> pa.Table:  # fmt: skip
    """The features of one bucket.

    Args:
        only: given the customers and snapshots, (rows,) which to make features of; None: all.
    """
    ids, facts, snapshots = open_bucket(extraction, folder, bucket, buckets, share)
    if only is not None:
        snapshots = snapshots.take(np.flatnonzero(only(ids, snapshots)))
    rows = Rows(snapshots.customer, snapshots.as_of)
    columns = compute(extraction.plan, facts, rows, extraction.first_days)
    return pa.table(
        {
            "customer_id": ids.take(pa.array(rows.customer)),
            "as_of": pa.array(rows.as_of // DAY, pa.int64()).cast(pa.int32()).cast(pa.date32()),
            "churned": pa.array(snapshots.churned, mask=np.isnan(snapshots.churned)),
            **columns,
        }
    )


def open_bucket(
    extraction: Extraction, folder: Path, bucket: int, buckets: int, share: float = 1.0
) -> tuple[pa.Array, dict[str, Facts], Snapshots]:
    """The customers (sorted, or a sample of them), facts and snapshots of one bucket."""
    tables = {
        name: read_bucket(stream, folder, bucket, buckets) for name, stream in extraction.streams.items()
    }
    ids = pc.unique(tables[extraction.churn.stream]["customer_id"]).sort()
    ids = ids.filter(pa.array(sampled(ids, share)))
    facts = {}
    for name, stream in extraction.streams.items():
        keys = extraction.plan.keys(name) | set(
            extraction.churn.keys if name == extraction.churn.stream else ()
        )
        facts[name] = arrange(stream, tables.pop(name), ids, keys)
    leading = facts[extraction.churn.stream]
    snapshots = take_snapshots(
        leading, extraction.churn, extraction.outcome, extraction.dates, extraction.known_before
    )
    return ids, facts, snapshots


def sample_share(extraction: Extraction, folder: Path, buckets: int) -> float:
    """The share of customers to sample, estimated on one bucket: customers fall into buckets by chance."""
    if extraction.max_rows is None:
        return 1.0
    churn_only = dataclasses.replace(
        extraction, streams={extraction.churn.stream: extraction.streams[extraction.churn.stream]}
    )
    _, _, snapshots = open_bucket(churn_only, folder, 0, buckets)
    expected = max(1, len(snapshots.customer)) * buckets
    return min(1.0, extraction.max_rows / expected)


def sampled(ids: pa.Array, share: float) -> np.ndarray:
    """(customers,) whether each is in the sample: by SHA-256, so that engine and order do not matter."""
    if share >= 1.0:
        return np.ones(len(ids), bool)
    limit = int(share * 2**32)
    return np.array(
        [
            int.from_bytes(hashlib.sha256(identifier.encode()).digest()[:4]) < limit
            for identifier in ids.to_pylist()
        ]
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

"""Extract the labelled snapshots and features of one bucket from its facts.

All inputs are plain values, so that any engine can run the same function elsewhere.
"""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.engine.parallel import Buckets
from holdfast.features.compute import Rows, compute
from holdfast.features.plan import Plan
from holdfast.snapshots.churn import Churn
from holdfast.snapshots.cohorts import Snapshots, take_snapshots
from holdfast.streams.clock import DAY
from holdfast.streams.facts import Facts, arrange
from holdfast.streams.stream import Stream
from holdfast.timeline.outcome import Outcome

Chosen = Callable[[pa.Array, Snapshots], np.ndarray]  # customers, snapshots → (rows,) which are kept


@dataclasses.dataclass(frozen=True)
class Extraction:
    """What to extract.

    Attributes:
        streams: by name.
        plan: the features.
        churn, outcome: eligibility, and the outcome window of the labels.
        dates: the as-of dates.
        known_before: labels use only facts known before this day.
        first_days: for each stream and as-of date (microseconds), the first day with facts.
        max_rows: sample customers if there are more snapshots than this; None: no limit.
    """

    streams: Mapping[str, Stream]
    plan: Plan
    churn: Churn
    outcome: Outcome
    dates: tuple[dt.date, ...]
    known_before: dt.date
    first_days: Mapping[str, Mapping[int, int]]
    max_rows: int | None


def extract_bucket(
    extraction: Extraction, tables: Mapping[str, pa.Table], share: float = 1.0, only: Chosen | None = None
) -> pa.Table:
    """The snapshots of one bucket with labels and features.

    Args:
        tables: the bucket's facts by stream, in any order.
        share: the share of customers to keep (see `sampled`).
        only: which snapshots to keep; None: all.

    Returns:
        One row a snapshot, key (customer_id, as_of), sorted by it: churned as float64 (null while
        immature), then the features.
    """
    ids, facts, snapshots = take_bucket(extraction, tables, share)
    if only is not None:
        snapshots = snapshots.take(np.flatnonzero(only(ids, snapshots)))
    rows = Rows(snapshots.customer, snapshots.as_of)
    columns = compute(extraction.plan, facts, rows, extraction.first_days)
    return pa.table(
        {
            "customer_id": ids.take(pa.array(rows.customer)),
            "as_of": days_of(rows.as_of),
            "churned": pa.array(snapshots.churned, mask=np.isnan(snapshots.churned)),
            **columns,
        }
    )


def extract(extraction: Extraction, buckets: Buckets, only: Chosen | None = None) -> pa.Table:
    """The snapshots of all buckets with labels and features (see `extract_bucket`), bucket by bucket."""
    return pa.concat_tables(
        buckets.map(lambda _, facts: extract_bucket(extraction, facts, only=only), extraction.streams)
    )


def label_bucket(extraction: Extraction, tables: Mapping[str, pa.Table]) -> pa.Table:
    """customer_id, as_of and churned of the snapshots of one bucket, key (customer_id, as_of)."""
    name = extraction.churn.stream
    only = dataclasses.replace(extraction, streams={name: extraction.streams[name]})
    ids, _, snapshots = take_bucket(only, {name: tables[name]})
    return pa.table(
        {
            "customer_id": ids.take(pa.array(snapshots.customer)),
            "as_of": days_of(snapshots.as_of),
            "churned": snapshots.churned,
        }
    )


def take_bucket(
    extraction: Extraction, tables: Mapping[str, pa.Table], share: float = 1.0
) -> tuple[pa.Array, dict[str, Facts], Snapshots]:
    """The customers (sorted, or a sample of them), facts and snapshots of one bucket."""
    churn = extraction.churn
    ids = pc.unique(tables[churn.stream]["customer_id"]).sort()
    ids = ids.filter(pa.array(sampled(ids, share)))
    facts = {}
    for name, stream in extraction.streams.items():
        keys = extraction.plan.keys(name) | set(churn.keys if name == churn.stream else ())
        facts[name] = arrange(stream, tables[name], ids, keys)
    leading = facts[churn.stream]
    snapshots = take_snapshots(
        leading, churn, extraction.outcome, extraction.dates, extraction.known_before
    )  # fmt: skip
    return ids, facts, snapshots


def sample_share(extraction: Extraction, first_bucket: Mapping[str, pa.Table], buckets: int) -> float:
    """The share of customers to keep, estimated from the first bucket, which is a random sample."""
    if extraction.max_rows is None:
        return 1.0
    expected = max(1, label_bucket(extraction, first_bucket).num_rows) * buckets
    return float(min(1.0, extraction.max_rows / expected))


def days_of(midnights: np.ndarray) -> pa.Array:
    """Midnights in microseconds as dates."""
    return pa.array(midnights // DAY, pa.int64()).cast(pa.int32()).cast(pa.date32())


def sampled(ids: pa.Array, share: float) -> np.ndarray:
    """(customers,) whether each is in the sample, by SHA-256: independent of engine and order."""
    if share >= 1.0:
        return np.ones(len(ids), bool)
    limit = int(share * 2**32)
    return np.array(
        [int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) < limit for name in ids.to_pylist()]
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

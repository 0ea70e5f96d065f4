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
from holdfast.features.summary import INVOLUNTARY, LABELS
from holdfast.snapshots.churn import Churn
from holdfast.snapshots.cohorts import KEYS, PAYMENTS, Snapshots, take_snapshots
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
        One row a snapshot, key (customer_id, as_of), sorted by it: the labels (see `labels_of`), then the
        features.
    """
    ids, facts, snapshots = take_bucket(extraction, tables, share)
    if only is not None:
        snapshots = snapshots.take(np.flatnonzero(only(ids, snapshots)))
    rows = Rows(snapshots.customer, snapshots.as_of)
    columns = compute(extraction.plan, facts, rows, extraction.first_days)
    return pa.table(labels_of(ids, snapshots) | columns)


def extract(extraction: Extraction, buckets: Buckets, only: Chosen | None = None) -> pa.Table:
    """The snapshots of all buckets with labels and features (see `extract_bucket`), bucket by bucket."""
    return pa.concat_tables(
        buckets.map(lambda _, facts: extract_bucket(extraction, facts, only=only), extraction.streams)
    )


def label_bucket(extraction: Extraction, tables: Mapping[str, pa.Table]) -> pa.Table:
    """The snapshots of one bucket with their labels alone (see `labels_of`), key (customer_id, as_of)."""
    read = {*extraction.churn.streams, PAYMENTS} & set(extraction.streams)
    only = dataclasses.replace(extraction, streams={name: extraction.streams[name] for name in read})
    ids, _, snapshots = take_bucket(only, tables)
    return pa.table(labels_of(ids, snapshots))


def labels_of(ids: pa.Array, snapshots: Snapshots) -> dict[str, pa.Array]:
    """customer_id, as_of, churned (null while immature), and involuntary if the source has payments."""
    columns = {
        "customer_id": ids.take(pa.array(snapshots.customer)),
        "as_of": days_of(snapshots.as_of),
        "churned": pa.array(snapshots.churned, mask=np.isnan(snapshots.churned)),
    }
    if snapshots.involuntary is not None:
        columns[INVOLUNTARY] = pa.array(snapshots.involuntary, mask=np.isnan(snapshots.involuntary))
    return columns


def take_bucket(
    extraction: Extraction, tables: Mapping[str, pa.Table], share: float = 1.0
) -> tuple[pa.Array, dict[str, Facts], Snapshots]:
    """The customers (sorted, or a sample of them), facts and snapshots of one bucket."""
    churn = extraction.churn
    ids = pc.unique(tables[churn.stream]["customer_id"]).sort()
    ids = ids.filter(pa.array(sampled(ids, share)))
    facts = {}
    for name, stream in extraction.streams.items():
        keys = extraction.plan.keys(name) | KEYS.get(name, set())
        facts[name] = arrange(stream, tables[name], ids, keys)
    snapshots = take_snapshots(
        facts, churn, extraction.outcome, extraction.dates, extraction.known_before
    )  # fmt: skip
    return ids, facts, snapshots


def sample_share(extraction: Extraction, first_bucket: Mapping[str, pa.Table], buckets: int) -> float:
    """The share of customers to keep, estimated from the first bucket, which is a random sample."""
    if extraction.max_rows is None:
        return 1.0
    customers = pc.count_distinct(first_bucket[extraction.churn.stream]["customer_id"]).as_py()
    if customers * len(extraction.dates) * buckets <= extraction.max_rows:  # were all eligible at every date
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
    """Rows, churned and, if the source has payments, involuntary of every as-of date."""
    sums = [name for name in LABELS if name in rows.column_names]
    wanted = [("as_of", "count"), ("churned", "count"), *((name, "sum") for name in sums)]
    counted = rows.group_by("as_of").aggregate(wanted)
    return {
        str(row["as_of"]): {
            "rows": row["as_of_count"],
            "labelled": row["churned_count"],
            **{name: int(row[f"{name}_sum"] or 0) for name in sums},
        }
        for row in sorted(counted.to_pylist(), key=lambda row: row["as_of"])
    }

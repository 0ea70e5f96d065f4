"""Labels of scored or listed customers, computed from the streams."""

import datetime as dt
from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table

from holdfast.engine.parallel import Buckets
from holdfast.features.extraction import Extraction, label_bucket
from holdfast.features.plan import Plan
from holdfast.snapshots.churn import Churn
from holdfast.streams.definitions import define
from holdfast.timeline.outcome import Outcome


def labels_at(
    dates: tuple[dt.date, ...], tables: Mapping[str, Table], buckets: Buckets, *, churn: Churn,
    outcome: Outcome, known_before: dt.date,
) -> pa.Table:  # fmt: skip
    """customer_id, as_of and churned of all customers eligible at the dates.

    Key (customer_id, as_of); churned is NaN while the label is immature.

    Args:
        known_before: labels use only facts known before this day.
    """
    leading = define({churn.stream: tables[churn.stream]}, ())[churn.stream].stream
    request = Extraction(
        streams={churn.stream: leading}, plan=Plan((), {}, {}), churn=churn, outcome=outcome, dates=dates,
        known_before=known_before, first_days={}, max_rows=None,
    )  # fmt: skip
    return pa.concat_tables(buckets.map(lambda _, facts: label_bucket(request, facts), request.streams))


def labels_of(labels: pa.Table, date: dt.date) -> pd.DataFrame:
    """customer_id and churned at one as-of date."""
    rows = labels.filter(pc.equal(labels["as_of"], pa.scalar(date, pa.date32())))
    frame: pd.DataFrame = rows.select(["customer_id", "churned"]).to_pandas()
    return frame

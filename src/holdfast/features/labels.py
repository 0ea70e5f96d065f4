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
from holdfast.features.request import label_streams
from holdfast.snapshots.churn import Churn
from holdfast.streams.definitions import define
from holdfast.timeline.outcome import Outcome


def labels_at(
    dates: tuple[dt.date, ...], tables: Mapping[str, Table], buckets: Buckets, *, churn: Churn,
    outcome: Outcome, known_before: dt.date,
) -> pa.Table:  # fmt: skip
    """The labels of all customers eligible at the dates, key (customer_id, as_of), as in `labels_of`.

    Args:
        known_before: labels use only facts known before this day.
    """
    defined = define({name: tables[name] for name in label_streams(churn, tables)}, ())
    request = Extraction(
        streams={name: table.stream for name, table in defined.items()}, plan=Plan((), {}, {}), churn=churn,
        outcome=outcome, dates=dates, known_before=known_before, first_days={}, max_rows=None,
    )  # fmt: skip
    return pa.concat_tables(buckets.map(lambda _, facts: label_bucket(request, facts), request.streams))


def labels_of(labels: pa.Table, date: dt.date) -> pd.DataFrame:
    """customer_id and the labels at one as-of date."""
    rows = labels.filter(pc.equal(labels["as_of"], pa.scalar(date, pa.date32())))
    frame: pd.DataFrame = rows.drop_columns(["as_of"]).to_pandas()
    return frame

"""Labels of scored or listed customers, computed from the streams."""

import datetime as dt
from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table

from holdfast.artifacts.streams import Streams
from holdfast.engine.parallel import map_buckets
from holdfast.features.extraction import label_bucket
from holdfast.features.request import label_request
from holdfast.snapshots.churn import Churn
from holdfast.timeline.outcome import Outcome


def labels_at(
    streams: Streams, tables: Mapping[str, Table], churn: Churn, outcome: Outcome,
    dates: tuple[dt.date, ...], day: dt.date, threads: int | None,
) -> pa.Table:  # fmt: skip
    """The labels of all customers eligible at the dates, from facts known before `day`.

    Key (customer_id, as_of); the columns are those of `features.extraction.labels_of`.
    """
    request = label_request(tables, dates, churn=churn, outcome=outcome, known_before=day)

    def work(number: int) -> pa.Table:
        return label_bucket(request, streams.bucket(number, request.streams))

    return pa.concat_tables(map_buckets(work, streams.buckets, threads))


def labels_of(labels: pa.Table, date: dt.date) -> pd.DataFrame:
    """customer_id and the labels at one as-of date."""
    rows = labels.filter(pc.equal(labels["as_of"], pa.scalar(date, pa.date32())))
    frame: pd.DataFrame = rows.drop_columns(["as_of"]).to_pandas()
    return frame

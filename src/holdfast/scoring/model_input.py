"""The model's input: the one table that is scored, explained, stored, logged and served."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table

from holdfast.engine.parallel import Buckets
from holdfast.features.extraction import Extraction, extract, extract_bucket
from holdfast.features.request import request_at
from holdfast.features.settings import FeatureSettings
from holdfast.features.summary import LABELS
from holdfast.model.bundle import Bundle
from holdfast.snapshots.churn import Churn
from holdfast.snapshots.cohorts import Snapshots
from holdfast.text.collecting import read_texts
from holdfast.text.log import TextLog

KEYS = ("customer_id", "as_of")


def model_input(bundle: Bundle, features: pa.Table, texts: TextLog | None) -> pa.Table:
    """Add the model's text columns to the features of snapshots; `texts` None: the source has none.

    Returns:
        One row per snapshot: customer_id, as_of, the model's columns in its order, then the columns that only
        reasons and values read.
    """
    rows = bundle.with_texts(features, texts)
    present = dict.fromkeys(rows.column_names)
    inputs = [name for name in bundle.columns.names if name in present]
    others = present.keys() - {*KEYS, *inputs, *LABELS}
    return rows.select([*KEYS, *inputs, *(name for name in present if name in others)])


class InputRequest(NamedTuple):
    """The inputs from which a model's input at one as-of date is computed, beside the facts."""

    bundle: Bundle
    extraction: Extraction
    texts: TextLog | None

    def of_bucket(self, facts: Mapping[str, pa.Table]) -> pa.Table:
        """The model's input for one bucket of customers, from its facts by stream."""
        return model_input(self.bundle, extract_bucket(self.extraction, facts), self.texts)

    def of_customers(self, customers: pa.Array, buckets: Buckets) -> pa.Table:
        """The model's input for some customers."""

        def among(ids: pa.Array, snapshots: Snapshots) -> Any:
            return np.asarray(pc.is_in(ids, value_set=customers))[snapshots.customer]

        return model_input(self.bundle, extract(self.extraction, buckets, among), self.texts)


def request_input(
    bundle: Bundle, tables: Mapping[str, Table], attributes: tuple[str, ...], day: dt.date, *, churn: Churn,
    features: FeatureSettings,
) -> InputRequest:  # fmt: skip
    """The request of a model's input at an as-of date, by what was known before it."""
    extraction = request_at(
        tables, attributes, (day,), churn=churn, outcome=churn.outcome(0), features=features, known_before=day
    )  # fmt: skip
    texts = None if bundle.text is None else read_texts(tables, day, (day,))
    return InputRequest(bundle, extraction, texts)

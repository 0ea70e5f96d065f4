"""The model's input: the one table that is scored, explained, stored, logged and served."""

from collections.abc import Mapping

import pyarrow as pa

from holdfast.features.extraction import LABELS, Extraction, extract_bucket
from holdfast.model.bundle import Bundle
from holdfast.text.log import TextLog

KEYS = ("customer_id", "as_of")


def model_input(bundle: Bundle, features: pa.Table, texts: TextLog | None) -> pa.Table:
    """Add the model's text columns to the features.

    Args:
        features: snapshots with features, key (customer_id, as_of).
        texts: the customers' texts; None: the source has none, and nobody counts as having written.

    Returns:
        One row per snapshot: customer_id, as_of, the model's columns in its order, then the columns that only
        reasons and values read.
    """
    rows = bundle.with_texts(features, texts)
    inputs = [name for name in bundle.columns.names if name in rows.column_names]
    others = [name for name in rows.column_names if name not in {*KEYS, *inputs, *LABELS}]
    return rows.select([*KEYS, *inputs, *others])


def bucket_input(
    extraction: Extraction, tables: Mapping[str, pa.Table], bundle: Bundle, texts: TextLog | None
) -> pa.Table:
    """The model's input for one bucket of customers, from its facts."""
    return model_input(bundle, extract_bucket(extraction, tables), texts)

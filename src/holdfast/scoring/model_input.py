"""The model's input: the one table that is scored, explained, stored, logged and served."""

from collections.abc import Mapping

import pyarrow as pa

from holdfast.features.extraction import Extraction, extract_bucket
from holdfast.model.bundle import Bundle
from holdfast.text.log import TextLog

KEYS = ("customer_id", "as_of")


def model_input(bundle: Bundle, features: pa.Table, texts: TextLog | None) -> pa.Table:
    """Features with the columns that the model makes of what the customers wrote.

    Args:
        features: snapshots with features, key (customer_id, as_of).
        texts: what the customers wrote; None: the source has no texts, and nobody counts as having written.

    Returns:
        One row a snapshot: customer_id, as_of, then the model's columns in its order, then those that only
        reasons and values read.
    """
    rows = bundle.with_texts(features, texts)
    own = [name for name in bundle.columns.names if name in rows.column_names]
    known = {*KEYS, *own, "churned"}
    others = [name for name in rows.column_names if name not in known]
    return rows.select([*KEYS, *own, *others])


def bucket_input(
    extraction: Extraction, tables: Mapping[str, pa.Table], bundle: Bundle, texts: TextLog | None
) -> pa.Table:
    """The model's input for one bucket of customers: its facts in, a row a snapshot out."""
    return model_input(bundle, extract_bucket(extraction, tables), texts)

"""Scores: every eligible customer of one as-of date, ranked by calibrated churn probability."""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa

from holdfast.errors import DataRefused, GuardRefused
from holdfast.model.bundle import Bundle

SCORES = pa.schema(
    [
        ("customer_id", pa.string()), ("as_of", pa.date32()), ("churn_probability", pa.float64()),
        ("risk_rank", pa.int64()), ("model_version", pa.string()),
    ]
)  # fmt: skip


def score_rows(bundle: Bundle, rows: pa.Table) -> pa.Table:
    """customer_id and churn_probability for some rows of the model's input."""
    probability = bundle.predict(rows) if rows.num_rows else np.empty(0)
    return pa.table({"customer_id": rows["customer_id"], "churn_probability": probability})


def rank_customers(scored: Iterable[pa.Table], as_of: dt.date, model_version: str) -> pa.Table:
    """SCORES of the customers of all parts: one row per customer, key customer_id, by risk_rank.

    Rank 1 has the highest probability; ties are in the order of customer_id.
    """
    frame: pd.DataFrame = pa.concat_tables(scored).to_pandas()
    frame = frame.sort_values(
        ["churn_probability", "customer_id"], ascending=[False, True], ignore_index=True
    )
    frame["as_of"] = as_of
    frame["risk_rank"] = np.arange(1, len(frame) + 1)
    frame["model_version"] = model_version
    return pa.Table.from_pandas(frame[SCORES.names], schema=SCORES, preserve_index=False)


def refuse_no_customers(customers: int, day: dt.date, churn: str) -> None:
    """Refuse a scoring if nobody is eligible."""
    if not customers:
        raise DataRefused(
            "nobody is eligible at the as-of date",
            where=f"as_of={day}, churn={churn}",
            next_step="check the date, and who counts as eligible: holdfast score --help",
        )


def guard_scores(scores: pa.Table) -> None:
    """Refuse to publish scores if one is not a number, or if all are equal."""
    probability = scores["churn_probability"].to_numpy()
    if not np.isfinite(probability).all():
        raise GuardRefused(
            "some probabilities are not numbers", next_step="train again: holdfast train force=true"
        )
    if len(probability) > 1 and np.ptp(probability) == 0:
        raise GuardRefused(
            "all customers got the same probability: the model says nothing about them",
            next_step="look at the model's report.html; train on more data",
        )

"""Explanations as tables."""

import pandas as pd
import pyarrow as pa

from holdfast.explain.explanations import Explanation
from holdfast.explain.reasons import StatedReason
from holdfast.model.bundle import Bundle


def tabulate_contributions(bundle: Bundle, rows: pa.Table, explanation: Explanation) -> pa.Table:
    """One row a customer, key customer_id: base + all features = margin (log-odds before calibration)."""
    columns = {
        "customer_id": rows["customer_id"],
        "churn_probability": bundle.calibration.apply(explanation.margin),
        "margin": explanation.margin,
        "base": explanation.contributions[:, -1],
    }
    contributions = dict(zip(bundle.columns.names, explanation.contributions.T, strict=False))
    return pa.table({**columns, **contributions})


def tabulate_reasons(rows: pa.Table, reasons: list[list[StatedReason]]) -> pd.DataFrame:
    """One row a customer and reason, key (customer_id, position): code, contribution (log-odds), text."""
    cells = [
        (customer, position, *reason)
        for customer, several in zip(rows["customer_id"].to_pylist(), reasons, strict=True)
        for position, reason in enumerate(several, start=1)
    ]
    return pd.DataFrame(cells, columns=["customer_id", "position", "code", "contribution", "text"])

"""Snapshots to evaluate: with a column that knows the outcome, and others that do not."""

import datetime as dt

import numpy as np
import pyarrow as pa

DAYS = [dt.date(2024, 1, 1), dt.date(2024, 2, 1), dt.date(2024, 3, 1)]


def snapshots(rows: int = 300) -> pa.Table:
    """Snapshots with a column that knows the outcome, one that hints at it, and one that does not."""
    random = np.random.default_rng(0)
    churned = (np.arange(rows) % 3 == 0).astype(float)
    return pa.table(
        {
            "customer_id": [f"c{row // 3}" for row in range(rows)],
            "as_of": [DAYS[row % 3] for row in range(rows)],
            "churned": churned,
            "profile__country__all": pa.array(random.choice(["GR", "LT"], rows)).dictionary_encode(),
            "profile__closed__all": pa.array([1.0 if left else None for left in churned]),
            "spend__sum__all": random.random(rows) * 900,
            "recency__tenure__all": random.random(rows) * 300 + 100,
        }
    )

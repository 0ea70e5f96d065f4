"""What the customers of snapshots are worth if kept."""

import datetime as dt
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from holdfast.outreach.customer_value import snapshot_values, stated_values
from holdfast.outreach.settings import OutreachSettings

DAYS = [dt.date(2024, 1, 1), dt.date(2024, 2, 1), dt.date(2024, 3, 1)]
PLAIN = OutreachSettings()
TERMS: dict[str, Any] = {"margin": PLAIN.margin, "value_days": PLAIN.value_days, "least_days": 60}


def test_customers_are_worth_their_margin_for_a_year() -> None:
    rows = pa.table({"spend__sum__all": [400.0, None], "recency__tenure__all": [200.0, 10.0]})
    assert snapshot_values(rows, **TERMS).tolist() == [0.3 * 365 * 400 / 200, 0.0]
    unknown = pa.table({"tickets__opened__all": [1.0]})
    assert snapshot_values(unknown, **TERMS).tolist() == [0.0]


def test_what_the_company_says_counts_from_its_day_on() -> None:
    rows = pa.table(
        {
            "customer_id": ["a", "a", "a", "b", "c"],
            "as_of": pa.array([*DAYS, DAYS[2], DAYS[2]], pa.date32()),
            "spend__sum__all": [400.0] * 5,
            "recency__tenure__all": [200.0] * 5,
        }
    )
    said = [
        ("a", 50.0, "2024-01-15"),
        ("a", 70.0, "2024-03-01"),  # known on the as-of date, not before it
        ("a", 90.0, "2024-03-02"),
        ("b", None, "2024-01-01"),
    ]
    customers = pd.DataFrame(said, columns=["customer_id", "value", "valid_from"])
    customers["valid_from"] = pd.to_datetime(customers["valid_from"])
    stated = stated_values(rows, {"customers": ibis.memtable(customers)})
    assert stated.tolist() == pytest.approx([np.nan, 50.0, 50.0, np.nan, np.nan], nan_ok=True)
    formula = 0.3 * 365 * 400 / 200
    found = snapshot_values(rows, **TERMS, stated=stated)
    assert found.tolist() == [formula, 50.0, 50.0, formula, formula]

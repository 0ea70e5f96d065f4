"""MRR: each movement by hand; movements reconcile."""

import numpy as np
import pandas as pd
import pytest
from tests.retention.tables import day

from holdfast.retention.periods import complete_periods
from holdfast.retention.revenue import recurring_revenue


def versions(*rows: tuple[str, int, int, float]) -> pd.DataFrame:
    found = pd.DataFrame(
        [(who, day(a), day(b), value) for who, a, b, value in rows],
        columns=["customer_id", "since", "until", "monthly_value"],
    )
    return found.astype({"since": "datetime64[s]", "until": "datetime64[s]"})


def test_each_movement_by_hand():
    found = recurring_revenue(
        versions(
            ("kept", 0, 500, 100.0), ("up", 0, 40, 50.0), ("up", 40, 500, 80.0), ("down", 0, 40, 50.0),
            ("down", 40, 500, 20.0), ("gone", 0, 45, 30.0), ("new", 40, 500, 70.0), ("back", 0, 10, 5.0),
            ("back", 40, 500, 15.0), ("two", 0, 500, 10.0), ("two", 50, 500, 10.0), ("free", 0, 500, np.nan),
        ),
        complete_periods("month", day(31), day(60), 5),
    ).iloc[0]  # fmt: skip
    names = ["start_mrr", "new", "reactivated", "expansion", "contraction", "churned", "end_mrr"]
    assert found[names].to_list() == [240.0, 70.0, 15.0, 40.0, 30.0, 30.0, 305.0]
    assert found["gross_revenue_retention"] == pytest.approx((240 - 60) / 240)
    assert found["net_revenue_retention"] == pytest.approx((240 + 40 - 60) / 240)


def test_movements_reconcile():
    chance = np.random.default_rng(2)
    rows = [
        (f"{who}", int(start), int(start + chance.integers(5, 200)), float(chance.choice([10, 20, 50])))
        for who in range(80)
        for start in chance.uniform(0, 400, 3)
    ]
    found = recurring_revenue(versions(*rows), complete_periods("month", day(0), day(400), 50))
    end = found["start_mrr"] + found["new"] + found["reactivated"] + found["expansion"]
    assert (end - found["contraction"] - found["churned"]).to_numpy() == pytest.approx(
        found["end_mrr"].to_numpy()
    )
    assert (found[["reactivated", "expansion", "contraction"]].sum() > 0).all()


def test_without_mrr_at_the_start_there_is_no_rate():
    found = recurring_revenue(
        versions(("new", 40, 500, 70.0)), complete_periods("month", day(31), day(60), 5)
    )
    assert found[["gross_revenue_retention", "net_revenue_retention"]].isna().all(axis=None)

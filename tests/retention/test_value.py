"""Customer value by the list's formula; the forecast of purchases on a simulated company."""

import numpy as np
import pandas as pd
import pytest
from tests.retention.tables import bought, day, subscribed, table

from holdfast.outreach.value import customer_value
from holdfast.retention.purchases import purchases_at
from holdfast.retention.value import check_forecast, forecast_purchases, lifetime_values, summarize_value

MONEY = {"margin": 0.5, "value_days": 100}


def test_lifetime_value_is_that_of_the_list():
    tables = {
        "transactions": table(
            bought("a", 0, 300), bought("a", 80, -100), bought("b", 99, 50), bought("c", 0, 9)
        ),
        "subscriptions": table(subscribed("b", 0, value=36.525), subscribed("c", 0, 50)),
        "customers": table({"customer_id": "c", "value": 77.0}, {"customer_id": "a", "value": None}),
    }
    purchases = purchases_at(tables, day(100), 365)
    active = pd.Index(["a", "b", "c"], name="customer_id")
    found = lifetime_values(tables, purchases, active, day(100), least_days=30, **MONEY)
    per_day = pd.Series({"a": 200 / 100, "b": 36.525 * 12 / 365.25, "c": 0.09})
    stated = pd.Series({"a": np.nan, "b": np.nan, "c": 77.0})
    expected = customer_value(per_day, per_day * np.nan, stated=stated, **MONEY)
    assert found.to_dict() == pytest.approx(expected.to_dict())
    assert found["c"] == 77


def test_the_summary_by_hand():
    rows = [bought("a", 0, 10), bought("a", 10, 30), bought("b", 50, 20), bought("c", 1, 999)]
    purchases = purchases_at({"transactions": table(*rows)}, day(100), 365)
    found = summarize_value(purchases, pd.Series({"a": 9.0, "b": 1.0}), day(100))
    assert found["order_value"] == 20
    assert found["orders_a_year"] == pytest.approx(3 / 150 * 365)
    assert found["lifetime_value"] == 5
    assert (found["lifetime_sum"], found["share_of_top_fifth"]) == (10, 0.9)


def simulated() -> list[tuple[list[int], list[float]]]:
    """Customers who live by BG/NBD with gamma-gamma: days and values of their purchases in 500 days."""
    chance = np.random.default_rng(5)
    customers = []
    for _ in range(3000):
        rate, leaves, mean = chance.gamma(0.8, 1 / 25), chance.beta(1.0, 4.0), 4 * 60 / chance.gamma(4.0)
        at, days, money = chance.uniform(0, 250), [], []
        while at < 500:
            days.append(int(at))
            money.append(chance.gamma(4.0) * mean / 4)
            if len(days) > 1 and chance.random() < leaves:
                break
            at += chance.exponential(1 / rate)
        customers.append((days, money))
    return customers


def as_of(customers: list[tuple[list[int], list[float]]], until: int) -> pd.DataFrame:
    """What `purchases_at` gives of them."""
    rows = []
    for who, (days, money) in enumerate(customers):
        before = [(on, value) for on, value in zip(days, money, strict=True) if on < until]
        if before:
            ons = [on for on, _ in before]
            rows.append((f"{who}", ons[0], ons[-1], len({*ons}), sum(v for on, v in before if on > ons[0])))
    columns = ["customer_id", "first", "last", "buying_days", "later_spent"]
    found = pd.DataFrame(rows, columns=columns).set_index("customer_id")
    for name in ("first", "last"):
        found[f"{name}_at"] = pd.Timestamp(day(0)) + pd.to_timedelta(found[name], unit="D")
    return found


def test_a_forecast_comes_true_where_the_model_is_true():
    customers = simulated()
    past, now = as_of(customers, 400), as_of(customers, 500)
    checked = check_forecast(past, now, day(400), day(500))
    assert checked is not None
    assert checked["expected"] == pytest.approx(checked["observed"], rel=0.1)
    found = forecast_purchases(now, day(500), margin=0.3, value_days=100)
    assert found["purchases"] * found["order_value"] * 0.3 == pytest.approx(found["value"])
    assert not found["doubtful"]
    assert 0 < found["share_buying_half"] < 0.3


def test_too_few_customers_who_came_back_give_no_forecast():
    purchases = as_of(simulated()[:40], 500)
    found = forecast_purchases(purchases, day(500), margin=0.3, value_days=100)
    assert (found["customers"], found["value"]) == (len(purchases), None)
    assert check_forecast(purchases, purchases, day(400), day(500)) is None

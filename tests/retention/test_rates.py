"""Rates: the worked examples, counts that reconcile, calendar periods, involuntary churn."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.retention.tables import day, subscribed, table

from holdfast.retention.activity import Activity, find_spells
from holdfast.retention.periods import boundaries, complete_periods, period_of
from holdfast.retention.rates import lost_customers, measure_rates, with_rates
from holdfast.scoring.involuntary import first_attempt, lost_by_payment
from holdfast.snapshots.churn import Cancellation

CANCELLATION = Cancellation(
    kind="cancellation", horizon_days=30, gap_days=0, grace_days=0, min_history_days=0
)


def counts(start: int, new: int, end: int, returned: int = 0) -> pd.DataFrame:
    lost = start + new + returned - end
    return pd.DataFrame(
        [{"start": start, "new": new, "returned": returned, "lost": lost, "end": end, "involuntary": None}]
    ).astype({"involuntary": "float64"})


@pytest.mark.parametrize(
    ("start", "new", "end", "retention"), [(10_000, 5_500, 13_000, 0.75), (20, 5, 24, 0.95)]
)
def test_retention_is_end_less_new_by_start(start, new, end, retention):
    found = with_rates(counts(start, new, end)).iloc[0]
    assert found["retention_rate"] == pytest.approx(retention)
    assert found["churn_rate"] == pytest.approx(1 - retention)


def test_end_by_start():
    assert with_rates(counts(100, 0, 99)).iloc[0]["end_to_start"] == pytest.approx(0.99)
    assert with_rates(counts(100, 20, 110)).iloc[0]["end_to_start"] == pytest.approx(1.1)


def test_who_came_back_was_not_kept():
    found = with_rates(counts(100, 10, 95, returned=5)).iloc[0]
    assert (found["retention_rate"], found["churn_rate"]) == (0.8, 0.2)


def test_nobody_at_the_start_has_no_rate():
    found = with_rates(counts(0, 5, 5)).iloc[0]
    assert found[["retention_rate", "churn_rate", "end_to_start", "churn_low"]].isna().all()


def test_the_interval_is_wilsons():
    found = with_rates(counts(20, 0, 19)).iloc[0]
    assert (found["churn_low"], found["churn_high"]) == pytest.approx((0.0089, 0.2361), abs=1e-4)


def random_spells(seed: int) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    rows = []
    for who in range(60):
        edges = np.unique(chance.integers(0, 500, 2 * chance.integers(1, 5)))
        rows += [
            (f"{who:02d}", day(int(since)), day(int(until)))
            for since, until in zip(edges[::2], edges[1::2], strict=False)
        ]
    found = pd.DataFrame(rows, columns=["customer_id", "since", "until"])
    return found.astype({"since": "datetime64[s]", "until": "datetime64[s]"})


@pytest.mark.parametrize("kind", ["week", "month", "quarter", "year"])
def test_counts_reconcile_for_every_period_and_group(kind):
    periods = complete_periods(kind, day(0), day(500), 100)
    activity = Activity(random_spells(3), boundaries(periods))
    odd = np.array([int(who) % 2 == 1 for who in activity.customers])
    groups = {"parity": {"odd": odd, "even": ~odd}}
    failed = np.ones((len(odd), len(periods)), bool)
    found = measure_rates(activity, periods, groups, failed, day(0))
    assert (found["start"] + found["new"] + found["returned"] - found["lost"] == found["end"]).all()
    assert (found["involuntary"] == found["lost"]).all()
    assert kind == "year" or (found[["lost", "returned"]].sum() > 0).all()  # a first year has no start
    sums = found.groupby(["attribute", "period"])[["start", "new", "returned", "lost", "end"]].sum()
    assert sums.xs("all customers").to_dict() == sums.xs("parity").to_dict()
    total = found[found["attribute"] == "all customers"].reset_index()
    assert list(total["start"][1:]) == list(total["end"][:-1])  # one period ends as the next begins
    assert len(lost_customers(activity)) == total["lost"].sum()


def test_new_returned_lost_and_brief_by_hand():
    rows = [
        ("kept", 0, 100), ("lost", 0, 40), ("new", 40, 100), ("returned", 0, 10), ("returned", 50, 100),
        ("brief", 35, 45),
    ]  # fmt: skip
    spells = pd.DataFrame(
        [(who, day(a), day(b)) for who, a, b in rows], columns=["customer_id", "since", "until"]
    )
    spells = spells.astype({"since": "datetime64[s]", "until": "datetime64[s]"})
    periods = complete_periods("month", day(31), day(60), 5)
    assert [each.label for each in periods] == ["2024-02"]
    row = measure_rates(Activity(spells, boundaries(periods)), periods, {}, None, day(0)).iloc[0]
    assert tuple(row[["start", "new", "returned", "lost", "end", "brief"]]) == (2, 1, 1, 1, 3, 1)
    assert np.isnan(row["involuntary"])


def test_only_complete_periods_count():
    assert [each.label for each in complete_periods("month", day(1), day(90), 9)] == ["2024-02"]
    assert [each.label for each in complete_periods("month", day(0), day(91), 2)] == ["2024-02", "2024-03"]
    assert complete_periods("quarter", day(1), day(120), 9) == []
    assert complete_periods("month", day(9), day(9), 9) == []
    week = period_of("week", dt.date(2026, 1, 1))
    assert (week.label, week.start, week.end) == ("2026-W01", dt.date(2025, 12, 29), dt.date(2026, 1, 5))
    assert period_of("quarter", dt.date(2026, 12, 31)).label == "2026-Q4"


def charge(customer: str, at: float, status: str, known: float | None = None) -> dict[str, Any]:
    return {
        "customer_id": customer, "payment_id": f"{customer}{at}", "attempted_at": at, "status": status,
        "known_at": at if known is None else known, "subscription_id": f"{customer}-1",
    }  # fmt: skip


def test_involuntary_is_a_last_charge_that_failed_without_notice():
    subscriptions = [
        subscribed("failed", 0, 60.5, notice=60.4), subscribed("decided", 0, 60, notice=20),
        subscribed("paid", 0, 60), subscribed("old", 0, 60), subscribed("late", 0, 60),
        subscribed("after", 0, 60),
    ]  # fmt: skip
    payments = [
        charge("failed", 30, "succeeded"), charge("failed", 60, "failed"), charge("decided", 59, "failed"),
        charge("paid", 50, "failed"), charge("paid", 55, "succeeded"),
        charge("late", 59, "failed", known=100), charge("old", -1, "failed"), charge("after", 62, "failed"),
    ]  # fmt: skip
    tables = {"subscriptions": table(*subscriptions), "payments": table(*payments)}
    periods = complete_periods("month", day(31), day(92), 5)
    activity = Activity(find_spells(tables, CANCELLATION, day(100)), boundaries(periods))
    lost = lost_customers(activity)
    assert sorted(lost["customer_id"]) == ["after", "decided", "failed", "late", "old", "paid"]
    assert list(lost.loc[lost_by_payment(tables, lost, day(100)), "customer_id"]) == ["failed"]
    assert first_attempt(tables, day(100)) == day(-1)
    failed = np.ones((len(activity.customers), len(periods)), bool)
    told = measure_rates(activity, periods, {}, failed, day(32))
    assert told["involuntary"].isna().tolist() == [True, False]  # the payments begin within the first

"""Which horizon and eligibility fit a log, and what each choice means."""

import datetime as dt

import ibis
import pandas as pd
import pytest

from holdfast.timeline.choices import Gaps, measure_choices, suggest

END = dt.date(2024, 4, 10)  # 100 days of log


def log(*customers: tuple[str, list[str]]) -> ibis.Table:
    rows = [(name, pd.Timestamp(day), 5.0) for name, days in customers for day in days]
    frame = pd.DataFrame(rows, columns=["customer_id", "occurred_at", "amount"])
    return ibis.memtable(frame.astype({"occurred_at": "datetime64[us]"}))


LOG = log(
    ("weekly", [f"2024-{month:02}-{day:02}" for month in (1, 2, 3, 4) for day in (1, 8)]),
    ("twice a day", ["2024-03-01 08:00", "2024-03-01 09:00", "2024-03-05"]),
    ("long ago", ["2024-01-02"]),
)


def test_gaps_are_between_days_of_one_customer():
    found = measure_choices(LOG, END)
    assert found is not None
    assert found["gaps"]["count"] == 8  # seven of the weekly customer, one of the other
    assert found["gaps"]["quantiles"]["0.5"] == 7
    assert found["suggested"] is None  # eight gaps are too few


def test_what_a_choice_means():
    found = measure_choices(LOG, END)
    assert found is not None
    rows = {(row["horizon_days"], row["active_within_days"]): row for row in found["choices"]}
    assert set(rows) == {(14, 14), (14, 42), (14, 84), (30, 30)}  # no others fit into the log
    assert rows[14, 42] == {
        "horizon_days": 14, "active_within_days": 42, "as_of": "2024-03-27", "customers": 2, "base_rate": 0.5,
    }  # fmt: skip
    assert rows[14, 84]["customers"] == 2  # the third one bought 85 days before
    assert rows[14, 14]["base_rate"] is None


@pytest.mark.parametrize(
    ("long", "longest", "horizon", "eligible"),
    [(25.0, 80.0, 30, 90), (30.0, 30.0, 30, 30), (61.0, 170.0, 90, 180), (400.0, 900.0, 365, 365)],
)
def test_the_shortest_that_the_gaps_allow(long, longest, horizon, eligible):
    gaps = Gaps(100, {0.5: 5.0, 0.75: 9.0, 0.9: long, 0.99: longest})
    assert suggest(gaps) == {"horizon_days": horizon, "active_within_days": eligible}


def test_refunds_are_no_purchases():
    refunds = LOG.mutate(amount=-LOG.amount)
    assert measure_choices(refunds, END) is None

"""Who of the lost stood on an earlier list, and how long before."""

import datetime as dt

import pandas as pd

from holdfast.outcomes.lead_time import measure_lead_time

FIRST = dt.date(2026, 1, 5)
DECIDED = pd.DataFrame(
    [
        ("2026-01-05", "long before", "listed", 100.0),
        ("2026-02-02", "long before", "listed", 120.0),
        ("2026-02-02", "late", "listed", 50.0),
        ("2026-01-05", "left alone", "held_out", 30.0),
        ("2026-02-02", "never", "over_capacity", 200.0),
        ("2026-03-02", "after the end", "listed", 10.0),
        ("2026-01-05", "too soon", "listed", 999.0),
    ],
    columns=["as_of", "customer_id", "decision", "value"],
)
LOST = {
    "long before": "2026-02-20", "late": "2026-03-03", "left alone": "2026-02-10", "never": "2026-02-28",
    "after the end": "2026-02-28", "too soon": "2026-02-03", "unknown": "2026-02-28",
}  # fmt: skip


def lost(customers: dict[str, str]) -> pd.DataFrame:
    rows = [(name, dt.date.fromisoformat(day)) for name, day in customers.items()]
    return pd.DataFrame(rows, columns=["customer_id", "left_on"])


def test_the_first_list_counts_and_what_they_were_worth_last():
    assert measure_lead_time(lost(LOST), DECIDED, FIRST) == {
        "since": "2026-02-04",
        "lost": 6,  # whoever was lost within 30 days of the first list could not be named in time
        "chosen": 3,
        "in_time": 2,  # 46 and 36 days before; the late one 29
        "median_days": 36.0,
        "value": 120 + 50 + 30 + 200,
        "value_chosen": 120 + 50 + 30,
        "value_in_time": 120 + 30,
    }


def test_an_old_list_warned_of_something_else():
    found = measure_lead_time(lost({"long before": "2026-09-01"}), DECIDED, FIRST)
    assert found is not None
    assert (found["lost"], found["chosen"], found["median_days"]) == (1, 0, None)


def test_nobody_was_lost():
    assert measure_lead_time(lost({"too soon": "2026-02-03"}), DECIDED, FIRST) is None

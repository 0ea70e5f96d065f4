"""What changed since the last list."""

from datetime import date

import pandas as pd
import pytest

LAST = date(2026, 7, 25)


def test_new_still_worse_better(build):
    before = {"still": 0.50, "just worse": 0.45, "just not worse": 0.451, "better": 0.56}
    previous = build([{"customer_id": n, "churn_probability": p} for n, p in before.items()], as_of=LAST)
    listed = build(
        [{"customer_id": name} for name in ("new", *before)], previous=previous.listed, status_change=0.05
    ).listed.set_index("customer_id")
    assert listed["status_vs_last"].to_dict() == {
        "new": "new",
        "still": "still",
        "just worse": "worse",
        "just not worse": "still",
        "better": "better",
    }
    assert listed["previous_probability"].dropna().to_dict() == before
    assert pd.isna(listed.loc["new", "previous_probability"])


def test_any_change_counts_when_the_threshold_is_zero(build):
    previous = build([{"customer_id": "a"}, {"customer_id": "b", "churn_probability": 0.49}], as_of=LAST)
    listed = build([{"customer_id": "a"}, {"customer_id": "b"}], previous=previous.listed, status_change=0)
    assert listed.listed.set_index("customer_id")["status_vs_last"].to_dict() == {"a": "still", "b": "worse"}


def test_who_left_the_list_and_why(build):
    names = ["gone", "bought again", "cheap now", "called", "no place", "on it", "said no and bought"]
    previous = build([{"customer_id": name} for name in names], as_of=LAST)
    now = build(
        [
            {"customer_id": "on it"},
            {"customer_id": "bought again", "days_since_last_purchase": 3, "churn_probability": 0.0},
            {"customer_id": "cheap now", "spend_per_day": 0},
            {"customer_id": "called", "last_contacted_at": pd.Timestamp("2026-07-28")},
            {"customer_id": "no place", "spend_per_day": 9},
            {"customer_id": "said no and bought", "days_since_last_purchase": 3, "consent": False},
        ],
        previous=previous.listed,
        capacity=1,
    )
    assert now.previous_as_of == LAST
    assert now.left.set_index("customer_id")["why"].to_dict() == {
        "bought again": "returned",
        "called": "cool_down",
        "cheap now": "not_worth_it",
        "gone": "not_eligible",
        "no place": "over_capacity",
        "said no and bought": "no_consent",
    }
    left = now.left.set_index("customer_id")
    assert left.loc["bought again", ["previous_probability", "churn_probability"]].to_list() == [0.5, 0.0]
    assert pd.isna(left.loc["gone", "churn_probability"])
    assert left["previous_rank"].is_monotonic_increasing


@pytest.mark.parametrize("previous", [None, "empty"])
def test_without_a_last_list_everyone_is_new(build, previous):
    last = build([], as_of=LAST).listed if previous else None
    at_risk = build([{"customer_id": "1"}], previous=last)
    assert at_risk.listed["status_vs_last"].to_list() == ["new"]
    assert at_risk.left.empty
    assert at_risk.previous_as_of is None

"""Lapsed: found in the log as it was known, by how often customers so silent came back before."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from holdfast.scoring.lapsed import LapseLimits, describe_limits, find_limits, lapsed_on
from holdfast.scoring.rhythm import GROUPS, MULTIPLES, Returns, count_returns, groups
from holdfast.scoring.settings import LapsedSettings

AS_OF = dt.date(2026, 5, 4)
SETTINGS = LapsedSettings(return_share=0.25, min_customers=10)


def snapshots(gap: float, by_multiple: dict[float, tuple[int, int]], purchase_days: int = 5) -> pd.DataFrame:
    """Customers silent for some usual gaps: how many there were, and how many of them came back."""
    rows = [
        (f"{gap}-{multiple}-{number}", multiple * gap, gap, purchase_days, float(number >= back))
        for multiple, (count, back) in by_multiple.items()
        for number in range(count)
    ]
    return pd.DataFrame(rows, columns=["customer_id", "silence", "gap", "purchase_days", "churned"])


WEEKLY = snapshots(10, {0.5: (100, 80), 2.2: (50, 30), 3.1: (50, 25), 4.5: (50, 10), 7: (50, 4)})


def test_the_limit_is_where_hardly_anybody_came_back():
    limits = find_limits(count_returns(WEEKLY), SETTINGS)
    group = groups(WEEKLY)[0]
    assert limits.not_overdue[group] == 0.8
    assert limits.multiple[group] == 4  # 10 of 50 is a quarter of 80%, and fewer beyond
    assert np.isinf(np.delete(limits.multiple, group)).all()
    stricter = SETTINGS.model_copy(update={"return_share": 0.2})
    assert find_limits(count_returns(WEEKLY), stricter).multiple[group] == 7


def test_customers_are_compared_with_those_who_buy_about_as_often():
    monthly = snapshots(40, {0.5: (100, 60), 2.2: (50, 5), 3.1: (50, 3)})
    limits = find_limits(count_returns(pd.concat([WEEKLY, monthly])), SETTINGS)
    asked = pd.DataFrame({"gap": [10.0, 12.0, 40.0], "purchase_days": [5, 5, 5]})
    assert limits.days(asked) == pytest.approx([40, 48, 80])


def test_without_a_rhythm_of_their_own_days_of_silence_count():
    bought_twice = snapshots(14, {0.5: (100, 60), 4.5: (50, 5)}, purchase_days=2).assign(gap=300.0)
    limits = find_limits(count_returns(bought_twice), SETTINGS)
    asked = pd.DataFrame({"gap": [np.nan, 300.0], "purchase_days": [1, 2]})
    assert limits.days(asked) == pytest.approx([56, 56])  # four fortnights
    assert [row["limit"] for row in describe_limits(limits, count_returns(bought_twice))] == [56]


@pytest.mark.parametrize(
    "rows",
    [
        WEEKLY.iloc[:0],
        WEEKLY.assign(churned=np.nan),  # no outcome is known yet
        snapshots(10, {0.5: (100, 80), 7: (9, 0)}),  # nine customers are too few
        pd.concat([WEEKLY[:100], WEEKLY[250:].assign(customer_id="the same")]),  # on many dates, but one
        snapshots(10, {0.5: (100, 80), 1.2: (50, 0)}),  # a little late
        snapshots(10, {0.5: (100, 8), 7: (50, 4)}),  # as seldom as those who are not overdue
    ],
)
def test_nobody_is_lapsed_where_the_log_cannot_tell(rows):
    limits = find_limits(count_returns(rows), SETTINGS)
    assert np.isinf(limits.multiple).all()
    assert lapsed_on(limits, WEEKLY, AS_OF).isna().all()
    assert (limits.reach(WEEKLY) == 1).all()


def test_the_day_on_which_somebody_lapsed():
    limits = find_limits(count_returns(WEEKLY), SETTINGS)
    rows = pd.DataFrame({"silence": [39.9, 40.0, 40.9, 43.2], "gap": 10.0, "purchase_days": 5})
    since = [None if pd.isna(day) else day.date() for day in lapsed_on(limits, rows, AS_OF)]
    assert since == [None, AS_OF, AS_OF, dt.date(2026, 5, 1)]


def test_reach_falls_from_one_to_nothing_at_the_limit():
    limits = find_limits(count_returns(WEEKLY), SETTINGS)
    silence = np.linspace(0, 60, 121)
    reach = limits.reach(pd.DataFrame({"silence": silence, "gap": 10.0, "purchase_days": 5}))
    assert (reach[silence < 5] == 1).all()
    assert (np.diff(reach) <= 0).all()
    assert 0 < reach[silence == 30][0] < reach[silence == 20][0] < 1
    assert (reach[silence >= 40] == 0).all()


def test_counts_of_buckets_add_up():
    whole = count_returns(WEEKLY)
    first = WEEKLY["customer_id"].str.endswith("1")
    parts = count_returns(WEEKLY[first]) + count_returns(WEEKLY[~first]) + Returns.none()
    for name in ("snapshots", "returned", "customers"):
        assert (getattr(whole, name) == getattr(parts, name)).all()
    group = groups(WEEKLY)[0]
    assert whole.customers[group][0] == 300
    assert whole.customers[group][MULTIPLES == 5] == 50


def test_limits_survive_their_file():
    limits = find_limits(count_returns(WEEKLY), SETTINGS)
    for one in (limits, LapseLimits.none()):
        again = LapseLimits.from_dict(one.to_dict())
        assert again.multiple.shape == (GROUPS,)
        for name in ("multiple", "not_overdue", "returning", "floor"):
            np.testing.assert_array_equal(getattr(one, name), getattr(again, name))

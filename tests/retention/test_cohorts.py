"""Cohorts and curves by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from ibis import Table
from tests.retention.tables import bought, day, table

from holdfast.errors import SettingError
from holdfast.retention.activity import Activity
from holdfast.retention.cohorts import (
    buying_months,
    follow_cohorts,
    kaplan_meier,
    running_months,
    survival_curves,
)
from holdfast.retention.segments import find_groups


def test_a_cohort_by_hand():
    rows = [
        bought("a", 3), bought("a", 40), bought("a", 41), bought("a", 95),  # January; February, April
        bought("b", 20), bought("b", 62),  # January; March
        bought("c", 45), bought("c", 61, amount=-5.0), bought("d", 70),
    ]  # fmt: skip
    months = buying_months(table(*rows), day(100))
    found = follow_cohorts(months, day(100), first=day(0), known_from=day(0), at_most=12)  # April is not over
    shares = found.pivot(index="cohort", columns="month", values="share")
    assert list(shares.index) == ["2024-01", "2024-02"]
    assert list(shares.loc["2024-01"]) == [0.5, 0.5]
    assert shares.loc["2024-02", 1] == 0  # a refund is no purchase
    assert shares.isna().loc["2024-02", 2]
    assert found["certain"].all()


def test_cohorts_near_the_beginning_of_the_log_are_not_certain():
    months = buying_months(table(bought("a", 3), bought("b", 40), bought("c", 70)), day(130))
    found = follow_cohorts(months, day(130), first=day(0), known_from=day(31), at_most=12)
    assert found.drop_duplicates("cohort")["certain"].to_list() == [False, True, True]


def test_subscribers_count_where_they_run_at_the_end_of_the_month():
    spells = pd.DataFrame(
        {
            "customer_id": ["a", "b", "b"],
            "since": [day(3), day(5), day(70)],
            "until": [day(200), day(20), day(200)],
        }
    ).astype({"since": "datetime64[s]", "until": "datetime64[s]"})
    found = follow_cohorts(
        running_months(spells, day(125)), day(125), first=day(0), known_from=day(0), at_most=3
    )  # fmt: skip
    assert found["customers"].to_list() == [2, 2, 2]
    assert found["share"].to_list() == [0.5, 1.0, 1.0]


def test_the_curve_is_that_of_kaplan_and_meier():
    """Of 50 customers 10 were lost after 10, 40 and 70 days each; 20 were still active after 50."""
    days, lost = np.repeat([10.0, 40, 70, 50, 50], 10), np.repeat([True, True, True, False, False], 10)
    curve = kaplan_meier(days, lost)
    shares = dict(zip(curve["days"], curve["share"], strict=True))
    assert [*shares] == [0, 10, 20, 30, 40, 50, 60, 70]
    assert [shares[at] for at in (0, 10, 30, 40, 60)] == pytest.approx([1.0, 0.8, 0.8, 0.6, 0.6])
    assert (curve["median_days"] == 70).all()


def test_curves_have_greenwoods_intervals():
    from statsmodels.duration.survfunc import SurvfuncRight

    chance = np.random.default_rng(1)
    days, lost = chance.integers(1, 300, 400).astype(float), chance.random(400) < 0.5
    curve, other = kaplan_meier(days, lost), SurvfuncRight(days, lost)
    at = np.searchsorted(other.surv_times, 120, side="right") - 1
    row = curve[curve["days"] == 120].iloc[0]
    assert row["share"] == pytest.approx(other.surv_prob[at])
    s, se = other.surv_prob[at], other.surv_prob_se[at]
    half = 1.959964 * se / (s * abs(np.log(s)))  # log-log
    assert (row["low"], row["high"]) == pytest.approx((s ** np.exp(half), s ** np.exp(-half)), rel=1e-4)


def test_who_may_have_bought_before_the_log_is_left_out():
    spells = pd.DataFrame(
        {"customer_id": [f"{who:02d}" for who in range(40)], "since": [day(who) for who in range(40)],
         "until": [day(who + 100) for who in range(40)]}
    ).astype({"since": "datetime64[s]", "until": "datetime64[s]"})  # fmt: skip
    activity = Activity(spells, [])
    odd = np.arange(40) % 2 == 1
    groups = {"parity": {"odd": odd, "few": np.arange(40) > 35}}
    found = survival_curves(activity, spells, groups, day(120), known_from=day(10), min_customers=5)
    sizes = found.groupby("group")["customers"].first().to_dict()
    assert sizes == {"all customers": 30, "odd": 15}
    assert found["lost"].max() == 10  # those whose activity ended before day 120: began on days 10 to 19


def customers(*rows: dict[str, str]) -> dict[str, Table]:
    return {"customers": table(*rows)}


def test_groups_are_those_known_by_then_and_small_ones_are_put_together():
    rows = [{"customer_id": f"{n:03d}", "segment": f"s{min(n // 10, 11)}", "valid_at": 0} for n in range(120)]
    tables = {
        "customers": table(
            *rows, {"customer_id": "000", "segment": "late", "valid_at": 90}
        ).rename(valid_from="valid_at")
    }  # fmt: skip
    index = pd.Index([f"{n:03d}" for n in range(121)], name="customer_id")
    groups = find_groups(tables, index, None, (), day(50))
    assert list(groups) == ["segment"]
    sizes = {name: int(member.sum()) for name, member in groups["segment"].items()}
    assert sizes == {**{f"s{n}": 10 for n in range(8)}, "other": 40, "not known": 1}


def test_an_unknown_segment_is_refused_with_the_nearest():
    tables = customers({"customer_id": "a", "segment": "x"}, {"customer_id": "b", "segment": "y"})
    with pytest.raises(SettingError, match="segment is no column") as error:
        find_groups(tables, pd.Index(["a", "b"]), ["segmnt"], (), dt.date(2024, 2, 1))
    assert "segment" in str(error.value.lines["expected"])

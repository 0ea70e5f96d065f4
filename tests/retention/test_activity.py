"""Who is active from when until when, by each kind of churn."""

import datetime as dt

import numpy as np
import pytest
from tests.retention.tables import bought, day, moment, spells_as_days, subscribed, table

from holdfast.retention.activity import Activity, find_spells
from holdfast.scoring.subscriptions import plan_versions
from holdfast.snapshots.churn import Cancellation, Inactivity, Provided

INACTIVITY = Inactivity(
    kind="inactivity", horizon_days=30, gap_days=0, active_within_days=30, min_history_days=0
)
CANCELLATION = Cancellation(
    kind="cancellation", horizon_days=30, gap_days=0, grace_days=7, min_history_days=0
)


def provided(eligible_by: str) -> Provided:
    return Provided(
        kind="provided", eligible_by=eligible_by, horizon_days=30, gap_days=0, active_within_days=30,
        min_history_days=0,
    )  # fmt: skip


def test_a_purchase_makes_active_for_the_days_of_the_question():
    rows = [bought("a", 5.5), bought("a", 35.9), bought("a", 66), bought("b", 10, amount=-3.0)]
    spells = find_spells({"transactions": table(*rows)}, INACTIVITY, day(300))
    assert spells_as_days(spells) == [("a", 5, 65), ("a", 66, 96)]  # day 66 is 31 days after day 35
    activity = Activity(spells, [day(5), day(6), day(65), day(66), day(67)])
    assert activity.at.tolist() == [[False, True, True, False, True]]


def test_nothing_known_at_or_after_the_as_of_date_is_visible():
    rows = [bought("a", 5), bought("a", 20, known=50), bought("b", 49.9), bought("c", 50)]
    found = spells_as_days(find_spells({"transactions": table(*rows)}, INACTIVITY, day(50)))
    assert found == [("a", 5, 35), ("b", 49, 79)]
    later = spells_as_days(find_spells({"transactions": table(*rows)}, INACTIVITY, day(51)))
    assert later[0] == ("a", 5, 50)  # the late row counts from when it happened


def test_a_subscription_is_active_while_it_runs_and_short_pauses_do_not_count():
    rows = [
        subscribed("a", 0, 40.5), subscribed("a", 47.4, None, plan="2"),  # 6.9 days: within the grace
        subscribed("b", 0, 40.5), subscribed("b", 47.5, 60, plan="2"),  # 7 days: not within
        subscribed("c", 0, 400), subscribed("d", 5, known=201),
    ]  # fmt: skip
    spells = find_spells({"subscriptions": table(*rows)}, CANCELLATION, day(200))
    assert spells_as_days(spells) == [("a", 0, None), ("b", 0, 40), ("b", 47, 60), ("c", 0, None)]


def test_the_next_version_of_a_plan_ends_the_one_before():
    rows = [subscribed("a", 0, value=10.0), subscribed("a", 30, value=25.0)]
    tables = {"subscriptions": table(*rows, ended_at="timestamp[us]")}
    assert spells_as_days(find_spells(tables, CANCELLATION, day(90))) == [("a", 0, None)]
    versions = plan_versions(tables["subscriptions"], day(90)).order_by("since").to_pandas()
    assert next(iter(versions["until"])) == moment(30)
    assert list(versions["monthly_value"]) == [10.0, 25.0]


@pytest.mark.parametrize(
    ("eligible_by", "expected"),
    [
        ("purchases", [("a", 0, 12), ("a", 20, 50), ("b", 0, 30)]),
        ("subscriptions", [("a", 0, 12), ("a", 20, None)]),
    ],
)
def test_a_recorded_leaving_ends_all_until_they_come_back(eligible_by, expected):
    tables = {
        "transactions": table(bought("a", 0), bought("a", 12.2), bought("a", 20), bought("b", 0)),
        "subscriptions": table(subscribed("a", 0), subscribed("a", 20, plan="2")),
        "churned": table(
            {"customer_id": "a", "churned_at": 12.7, "known_at": 13},
            {"customer_id": "b", "churned_at": 12.7, "known_at": 99},
        ),
    }
    assert spells_as_days(find_spells(tables, provided(eligible_by), day(90))) == expected


def test_spells_agree_with_the_definition_day_by_day():
    chance = np.random.default_rng(1)
    days = {who: sorted(chance.uniform(0, 400, 12)) for who in "abcdef"}
    rows = [bought(who, on) for who, ons in days.items() for on in ons]
    midnights = [day(number) for number in range(0, 400, 3)]
    activity = Activity(find_spells({"transactions": table(*rows)}, INACTIVITY, day(500)), midnights)
    for who, found in zip(activity.customers, activity.at, strict=True):
        for midnight, active in zip(midnights, found, strict=True):
            number = (midnight - dt.date(2024, 1, 1)).days
            assert active == any(number - 30 <= on < number for on in days[who])

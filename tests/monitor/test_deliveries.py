"""Deliveries: quiet weeks say nothing, and each kind of trouble is named with its figures, refused or not."""

import datetime as dt
import re
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

from holdfast.monitor.delivery_contents import judge_deliveries
from holdfast.sources.deliveries import count_days, describe_tables
from holdfast.timeline.arrivals import known_until, without_strays

DAY = dt.date(2026, 3, 2)  # a Monday
HOLIDAY = ("2025-12-25", "2025-12-26", "2026-01-01")


def orders(growth: float = 0.0015, seed: int = 1) -> pd.DataFrame:
    """A growing shop: fewer orders on Sundays, next to none on holidays, more at the end of a month."""
    random = np.random.default_rng(seed)
    days = pd.date_range("2025-03-01", "2026-03-01")
    rows = []
    for place, day in enumerate(days):
        usual = (
            60 * (1 + growth * place) * (0.4 if day.day_of_week == 6 else 1) * (1.3 if day.day > 27 else 1)
        )
        count = 1 if str(day.date()) in HOLIDAY else random.poisson(usual)
        rows.append(pd.DataFrame({"known_at": day, "amount": random.lognormal(3, 1, count)}))
    found = pd.concat(rows, ignore_index=True)
    found["customer_id"] = [str(number % 500) for number in range(len(found))]
    return found.assign(channel=random.choice(["web", "shop"], len(found)))


def judged(frame: pd.DataFrame, day: dt.date = DAY) -> list[tuple[bool, str]]:
    tables = {"transactions": ibis.memtable(frame)}
    found = judge_deliveries(count_days(tables), day, {}, [], "transactions")
    return [(one.refuse, one.what) for one in found]


@pytest.mark.parametrize("weeks", range(11))
def test_quiet_weeks_with_a_holiday_and_a_months_end_say_nothing(weeks: int) -> None:
    assert judged(orders(), DAY - dt.timedelta(days=7 * weeks)) == []


@pytest.mark.parametrize("before", range(1, 8))
def test_nor_does_any_weekday(before: int) -> None:
    assert judged(orders(seed=before), DAY - dt.timedelta(days=before)) == []


def last(frame: pd.DataFrame, days: int) -> pd.Series:
    return frame["known_at"] >= pd.Timestamp(DAY) - pd.Timedelta(days=days)


def without(days: int) -> pd.DataFrame:
    frame = orders()
    return frame.loc[~last(frame, days)]


@pytest.mark.parametrize("days", [1, 7, 30])
def test_amounts_in_cents_are_refused(days: int) -> None:
    frame = orders()
    frame.loc[last(frame, days), "amount"] *= 100
    ((refuse, what),) = judged(frame)
    assert refuse
    assert "times the usual, allowed less than 5: another unit or currency?" in what


@pytest.mark.parametrize("days", [30, 7])
def test_orders_that_stopped_are_refused(days: int) -> None:
    refuse, what = judged(without(days))[0]
    assert refuse
    assert what.startswith("transactions: 0 rows since ")


def test_a_missing_day_is_named() -> None:
    ((refuse, what),) = judged(without(1))
    assert not refuse
    assert what.startswith("transactions: 0 rows since 2026-03-01, usually ")


@pytest.mark.parametrize("days", [1, 7, 30])
def test_half_of_the_rows_missing_is_named(days: int) -> None:
    frame, day = orders(), DAY - dt.timedelta(days=3 if days == 1 else 0)  # half of a Sunday is noise
    lost = (frame["known_at"] >= pd.Timestamp(day) - pd.Timedelta(days=days)) & (frame.index % 2 == 0)
    found = judged(frame[~lost], day)
    assert len(found) == 1
    assert "expected at least" in found[0][1]


def test_a_day_delivered_twice_is_named() -> None:
    frame, again = orders(), pd.Timestamp("2026-02-24")
    twice = pd.concat([frame, frame[frame["known_at"] == again]])
    found = judged(twice, dt.date(2026, 2, 25))
    assert [refuse for refuse, _ in found] == [False, False]
    assert all("delivered twice?" in what for _, what in found)
    assert "50% of the rows of 2026-02-24 are copies" in found[1][1]
    assert "50% of the rows of 2026-02-24 are copies" in judged(twice)[0][1]  # also a week later


def test_a_silent_table_is_named_by_its_own_rhythm() -> None:
    weekly = pd.DataFrame(
        {"known_at": pd.date_range("2025-03-01", "2026-01-10", freq="7D"), "customer_id": "1", "amount": 1.0}
    )
    assert judged(weekly, dt.date(2026, 1, 30)) == []
    ((refuse, what),) = judged(weekly)
    assert (refuse, what) == (
        False,
        "transactions: no new row for 50 days; at most 6 in the year before, allowed 21",
    )


def test_one_row_far_beyond_all_others_is_set_aside() -> None:
    frame = orders()
    stray = frame.head(1).assign(known_at=pd.Timestamp("2026-06-20"))
    days = count_days({"transactions": ibis.memtable(pd.concat([frame, stray]))})
    assert known_until(days) == DAY
    assert len(without_strays(days)) == len(days) - 1
    many = pd.concat([frame, *[stray] * 4])
    assert known_until(count_days({"transactions": ibis.memtable(many)})) == dt.date(2026, 6, 21)


def changed(days: int, **columns: Any) -> list[tuple[bool, str]]:
    frame = orders()
    for name, value in columns.items():
        new = value(frame[name]) if callable(value) else value
        frame[name] = frame[name].mask(last(frame, days), new)
    return judged(frame)


@pytest.mark.parametrize("days", [1, 30])
@pytest.mark.parametrize(
    ("columns", "refused", "what"),
    [
        (
            {"amount": lambda amount: -amount},
            True,
            "100% of the amounts since .* are negative, usually at most 0%",
        ),
        ({"amount": 0.0}, True, "100% of the amounts since .* are 0, usually at most 0%, allowed 1"),
        (
            {"customer_id": lambda ids: "C" + ids},
            True,
            "are of customers never seen before, usually at most 0%",
        ),
        ({"channel": None}, False, r"transactions.channel: 100% of the rows since .* have no value"),
        ({"channel": "online"}, False, r"channel: 100% of the rows .* that never came before \('online'\)"),
    ],
)
def test_other_contents_than_usual(days: int, columns: dict[str, Any], refused: bool, what: str) -> None:
    found = judged_matching(changed(days, **columns), what)
    assert [refuse for refuse, _ in found] == [refused]


def judged_matching(found: list[tuple[bool, str]], what: str) -> list[tuple[bool, str]]:
    return [one for one in found if re.search(what, one[1])]


def timed(frame: pd.DataFrame, seed: int = 3) -> pd.DataFrame:
    """Orders of a shop that sells from 9 to 18 o'clock, an hour earlier on Sundays."""
    random = np.random.default_rng(seed)
    hours = pd.to_timedelta(
        9 + 9 * random.beta(2, 2, len(frame)) - (frame["known_at"].dt.day_of_week == 6), "h"
    )
    return frame.assign(occurred_at=frame["known_at"] + hours.dt.round("s"))


@pytest.mark.parametrize(("days", "hours", "said"), [(1, 9, 8), (28, -9, 9), (28, 5, 5)])  # 1: a Sunday
def test_times_in_another_zone_are_named(days: int, hours: int, said: int) -> None:
    frame = timed(orders())
    assert judged(frame) == []
    frame.loc[last(frame, days), "occurred_at"] += pd.Timedelta(hours=hours)
    ((refuse, what),) = judged_matching(judged(frame), "time of day")
    assert not refuse
    since = DAY - dt.timedelta(days=days)
    expected = (
        f"transactions: the times of the rows since {since} lie {said} hours from the usual time of day"
    )
    assert what.startswith(expected)


def test_a_change_of_the_clocks_and_shops_that_never_close_say_nothing() -> None:
    frame = timed(orders())
    frame.loc[last(frame, 20), "occurred_at"] += pd.Timedelta(hours=1)
    assert judged(frame) == []
    frame["occurred_at"] = frame["known_at"] + pd.to_timedelta(np.arange(len(frame)) % 24, "h")
    assert judged(frame) == []


def test_a_table_that_is_read_in_another_zone_is_named() -> None:
    frame = timed(orders())
    shifted = frame.assign(occurred_at=frame["occurred_at"] - pd.Timedelta(hours=9))
    before, now = (describe_tables({"transactions": ibis.memtable(each)}) for each in (frame, shifted))
    found = judge_deliveries(
        count_days({"transactions": ibis.memtable(shifted)}), DAY, now, [before], "transactions"
    )
    assert [one.what for one in found] == [
        "transactions: the times of the rows since earlier lists lie 9 hours from the usual time of day, "
        "allowed 3: another time zone?"
    ]


def test_one_customer_with_most_of_the_rows_is_named() -> None:
    frame = orders()
    flood = pd.concat([frame[last(frame, 1)].head(1)] * 5000)
    flood["amount"] = [20 + number / 1000 for number in range(5000)]  # no copies, and usual amounts
    found = judged(pd.concat([frame, flood], ignore_index=True))
    assert judged_matching(
        found, r"99% of the rows since 2026-03-01 are of one customer, usually at most \d%"
    )
    assert not any(refuse for refuse, _ in found)


def test_rejected_rows_of_a_new_file_are_named() -> None:
    figures = {"table": "tickets", "file": "b.csv", "share": 0.25, "limit": 0.1, "rules": "late 5"}
    days = count_days({"transactions": ibis.memtable(orders())})
    (found,) = judge_deliveries(days, DAY, {}, [], "transactions", [figures])
    assert (found.refuse, found.table) == (False, "tickets")
    assert found.what == "tickets: 25% of the rows of b.csv were rejected (late 5), allowed 10%"


PEOPLE = pd.DataFrame(
    {"customer_id": [str(one) for one in range(200)], "consent": [one % 10 > 0 for one in range(200)],
     "country": "LT", "owner": ["Ann", "Bo"] * 100, "known_at": pd.NaT}
)  # fmt: skip


@pytest.mark.parametrize(
    ("now", "refused", "what"),
    [
        (PEOPLE, None, ""),
        (PEOPLE.head(197), None, ""),
        (PEOPLE.head(190), False, "190 rows, 200 for earlier lists"),
        (PEOPLE.head(100), True, "100 rows, 200 for earlier lists"),
        (PEOPLE.assign(consent=pd.Series([None] * 200, dtype="boolean")), True, "customers.consent: "),
        (PEOPLE.assign(consent=~PEOPLE["consent"]), True, "10% may be contacted, 90% for earlier lists"),
        (PEOPLE.drop(columns="consent"), True, "customers.consent: "),
        (
            PEOPLE[PEOPLE.index % 100 > 0],
            True,
            "18 customers said no, 20 for earlier lists, expected at least 19",
        ),
        (
            PEOPLE.assign(country="Lithuania"),
            False,
            "100% of the rows .* never came before \\('Lithuania'\\)",
        ),
        (
            PEOPLE.assign(owner=PEOPLE["customer_id"]),
            False,
            "owner: 200 different values, 2 for earlier lists",
        ),
        (
            PEOPLE.assign(country=None).astype({"country": "str"}),
            False,
            "customers.country: 100% have no value",
        ),
    ],
)
def test_what_a_table_lost_since_earlier_lists(now: pd.DataFrame, refused: bool | None, what: str) -> None:
    before, held = (describe_tables({"customers": ibis.memtable(one)}) for one in (PEOPLE, now))
    days = pd.DataFrame({"table": [], "day": pd.to_datetime([]), "rows": [], "log_amount": []})
    found = judge_deliveries(days, DAY, held, [before], "transactions")
    assert [one.refuse for one in found][:1] == ([] if refused is None else [refused])
    assert any(re.search(what, one.what) for one in found) or not what


def contents(people: pd.DataFrame) -> dict[str, dict[str, float]]:
    return describe_tables({"customers": ibis.memtable(people)})


def test_a_loss_is_named_until_it_has_become_usual() -> None:
    """Three nights in a row: 5% of the customers are gone, and all owners. Later nights name it, too."""
    days = pd.DataFrame({"table": [], "day": pd.to_datetime([]), "rows": [], "log_amount": []})
    lost = PEOPLE.iloc[: int(0.95 * len(PEOPLE))].assign(owner=None).astype({"owner": "str"})
    earlier, named = [contents(PEOPLE)] * 4, []
    for _ in range(6):
        found = judge_deliveries(days, DAY, contents(lost), earlier[-7:], "transactions")
        named.append(sorted({one.code for one in found}))
        earlier.append(contents(lost))
    assert named[:4] == [["nulls_moved", "rows_lost"]] * 4
    assert named[5] == []
    assert (
        "expected at least"
        in judge_deliveries(days, DAY, contents(lost), earlier[:5], "transactions")[0].what
    )


def test_growth_and_one_doubled_delivery_are_no_loss() -> None:
    days = pd.DataFrame({"table": [], "day": pd.to_datetime([]), "rows": [], "log_amount": []})
    grown = [contents(PEOPLE.iloc[: 140 + 10 * night]) for night in range(7)]
    assert judge_deliveries(days, DAY, contents(PEOPLE), grown, "transactions") == []


def test_a_table_that_is_gone_is_refused() -> None:
    before = describe_tables({"customers": ibis.memtable(PEOPLE)})
    days = pd.DataFrame({"table": [], "day": pd.to_datetime([]), "rows": [], "log_amount": []})
    (found,) = judge_deliveries(days, DAY, {}, [before], "transactions")
    assert (found.refuse, found.what) == (True, "customers: the whole table is missing")

"""Who left lately, by what was known before the day: late rows, returns and days of grace."""

import datetime as dt
from typing import Any

import ibis
import pandas as pd
import pytest

from holdfast.scoring.lapsed import LapseLimits
from holdfast.scoring.leavers import find_leavers
from holdfast.snapshots.churn import Cancellation, Inactivity, Provided

AS_OF = dt.date(2024, 4, 1)
SHOP = Inactivity(kind="inactivity", horizon_days=30, gap_days=0, active_within_days=60, min_history_days=0)
CLUB = Cancellation(kind="cancellation", horizon_days=30, gap_days=0, grace_days=7, min_history_days=0)
# Of purchases on 2024-01-31 the newest day within 60 of it is 2024-03-31: gone as of 2024-04-01.


def table(rows: list[tuple[Any, ...]], columns: str) -> ibis.Table:
    frame = pd.DataFrame(rows, columns=columns.split())
    for name in columns.split():
        if name.endswith("_at"):
            frame[name] = pd.to_datetime(frame[name], format="ISO8601").astype("datetime64[us]")
    return ibis.memtable(frame)


def orders(*rows: tuple[str, str, float], known: dict[str, str] | None = None) -> ibis.Table:
    known = known or {}
    full = [(who, at, known.get(at, at), amount, 1.0, "p") for who, at, amount in rows]
    return table(full, "customer_id occurred_at known_at amount quantity product_id")


def leavers(
    tables: dict[str, ibis.Table], churn: Any = SHOP, within_days: int = 30, **lapsed: Any
) -> pd.DataFrame:
    found = find_leavers(tables, churn, AS_OF, within_days=within_days, least_days=30, **lapsed)
    return found.set_index("customer_id")


def test_left_is_who_was_eligible_and_is_no_longer():
    bought = orders(
        ("still here", "2024-02-01", 5),
        ("left today", "2024-01-31 23:59", 5),
        ("left first", "2024-01-02", 5),
        ("long gone", "2024-01-01", 5),
        ("came back", "2024-01-10", 5),
        ("came back", "2024-03-20", 5),
        ("only a refund since", "2024-01-10", 5),
        ("only a refund since", "2024-03-20", -5),
    )
    assert leavers({"transactions": bought})["left_on"].to_dict() == {
        "left first": dt.date(2024, 3, 3),
        "left today": dt.date(2024, 4, 1),
        "only a refund since": dt.date(2024, 3, 11),
    }


def test_a_purchase_that_was_not_known_yet_does_not_bring_anybody_back():
    bought = orders(("a", "2024-01-10", 5), ("a", "2024-03-20", 5), known={"2024-03-20": "2024-04-01"})
    assert list(leavers({"transactions": bought}).index) == ["a"]
    bought = orders(("a", "2024-01-10", 5), ("a", "2024-03-20", 5), known={"2024-03-20": "2024-03-31"})
    assert leavers({"transactions": bought}).empty


def test_who_was_never_eligible_has_not_left():
    bought = orders(("old", "2023-06-01", 5), ("old", "2024-01-20", 5), ("new", "2024-01-20", 5))
    churn = SHOP.model_copy(update={"min_history_days": 90})
    assert list(leavers({"transactions": bought}, churn).index) == ["old"]


def test_recorded_leavers_are_the_companys_own():
    bought = orders(("left", "2024-03-01", 5), ("back", "2024-03-01", 5), ("back", "2024-03-20", 5),
                    ("long ago", "2023-12-01", 5), ("late", "2024-03-01", 5))  # fmt: skip
    rows = [
        ("left", "2024-03-15", "2024-03-15", "too far"), ("back", "2024-03-15", "2024-03-15", ""),
        ("long ago", "2024-01-01", "2024-01-01", ""), ("late", "2024-03-15", "2024-04-01", ""),
    ]  # fmt: skip
    recorded = table(rows, "customer_id churned_at known_at reason")
    asked = Provided(kind="provided", eligible_by="purchases", **SHOP.model_dump(exclude={"kind"}))
    found = leavers({"transactions": bought, "churned": recorded}, asked)
    assert found["left_on"].to_dict() == {"left": dt.date(2024, 3, 15)}
    assert found["recorded_reason"].to_list() == ["too far"]


def test_recorded_leavers_among_subscribers_cost_their_last_price():
    versions = [("left", "1", "2024-01-01", 10.0), ("left", "1", "2024-02-01", 25.0),
                ("back", "1", "2024-01-01", 10.0), ("back", "2", "2024-03-20", 10.0)]  # fmt: skip
    club = table(
        [(who, number, at, at, price) for who, number, at, price in versions],
        "customer_id subscription_id started_at known_at monthly_value",
    )
    rows = [(who, "2024-03-15", "2024-03-15") for who in ("left", "back", "a stranger")]
    recorded = table(rows, "customer_id churned_at known_at")
    asked = Provided(kind="provided", eligible_by="subscriptions", **SHOP.model_dump(exclude={"kind"}))
    found = leavers({"subscriptions": club, "churned": recorded}, asked)
    assert list(found.index) == ["left"]
    assert found.loc["left", "spend_per_day"] == pytest.approx(25 * 12 / 365.25)


def test_who_was_lost_by_a_payment_did_not_decide_to_go():
    terms = [
        ("lost", "2024-03-20", "2024-03-20"), ("went", "2024-03-20", "2024-03-10"),
        ("paid", "2024-03-20", None), ("early", "2024-03-20", None),
    ]  # fmt: skip
    club = table(
        [(who, who, "2024-01-01", "2024-01-01", end, notice) for who, end, notice in terms],
        "customer_id subscription_id started_at known_at ended_at cancelled_at",
    )
    tries = [("lost", "2024-03-06", "failed"), ("lost", "2024-03-20", "failed"),
             ("went", "2024-03-12", "failed"), ("paid", "2024-03-06", "failed"),
             ("paid", "2024-03-09", "succeeded"), ("early", "2024-01-10", "failed")]  # fmt: skip
    payments = table(
        [(who, at, at, at, status, who) for who, at, status in tries],
        "customer_id payment_id attempted_at known_at status subscription_id",
    )
    found = leavers({"subscriptions": club, "payments": payments}, CLUB)
    assert found["payment_failed"].to_dict() == {"lost": True, "went": False, "paid": False, "early": False}
    assert (found.loc["lost", "failed_attempts"], found.loc["lost", "failing_days"]) == (2, 26)
    assert not leavers({"subscriptions": club}, CLUB)["payment_failed"].any()


def lapse_after(gaps: float) -> LapseLimits:
    """Customers who usually buy every 7 to 14 days lapse after so many usual gaps, all others never."""
    limits = LapseLimits.none()
    limits.multiple[1] = gaps
    return limits


def test_lapsed_customers_left_on_the_day_on_which_they_lapsed():
    def every_ten_days(who: str, last: str) -> list[tuple[str, str, float]]:
        return [(who, str(day.date()), 5) for day in pd.date_range(end=last, periods=4, freq="10D")]

    bought = orders(
        *every_ten_days("still eligible", "2024-02-10"),  # silent for 51 days
        *every_ten_days("no longer eligible", "2024-01-20"),  # lapsed on day 50, was eligible until day 60
        *every_ten_days("lapsed long ago", "2024-01-11"),  # day 50 is no day of the last 30
        *every_ten_days("subscribed", "2024-01-20"),
        ("without a rhythm", "2024-01-20", 5),
    )
    subscriptions = table(
        [("subscribed", "s", "2024-01-01", None, "2024-01-01")],
        "customer_id subscription_id started_at ended_at known_at",
    )
    lapsed = pd.DataFrame({"customer_id": ["still eligible"], "lapsed_on": pd.to_datetime(["2024-03-31"])})
    tables = {"transactions": bought, "subscriptions": subscriptions}
    found = leavers(tables, lapsed=lapsed, limits=lapse_after(5))
    assert found["left_on"].to_dict() == {
        "no longer eligible": dt.date(2024, 3, 10),
        "still eligible": dt.date(2024, 3, 31),
        "subscribed": dt.date(2024, 3, 21),
        "without a rhythm": dt.date(2024, 3, 21),
    }
    assert set(leavers(tables).index) == {
        "no longer eligible", "lapsed long ago", "subscribed", "without a rhythm",
    }  # fmt: skip


def test_worth_is_of_the_time_as_a_customer():
    bought = orders(("long", "2023-10-03", 300), ("long", "2024-01-11", 300), ("once", "2024-01-20", 60))
    found = leavers({"transactions": bought})
    assert found["spend_per_day"].to_dict() == {"long": 6.0, "once": 2.0}  # over 100 days; over at least 30
    assert found["days_since_last_purchase"].to_dict() == {"long": 81, "once": 72}


def test_what_was_known_last():
    bought = orders(("a", "2023-12-01", 10), ("a", "2023-12-15", 10), ("a", "2024-01-20", 15))
    tickets = table(
        [
            ("a", "1", "2024-03-02", "2024-03-02", None),
            ("a", "2", "2024-03-22", "2024-03-22", "2024-04-01"),
            ("a", "3", "2024-03-05", "2024-03-05", "2024-03-06"),
            ("a", "4", "2024-03-01", "2024-04-02", None),
        ],
        "customer_id ticket_id opened_at known_at resolved_at",
    )
    left = table(
        [
            ("a", "2024-03-01", "2024-03-01", "too dear"),
            ("a", "2024-03-10", "2024-04-01", "moved away"),
            ("b", "2024-03-10", "2024-03-10", "never mind"),
        ],
        "customer_id churned_at known_at reason",
    )
    found = leavers({"transactions": bought, "tickets": tickets, "churned": left}).loc["a"]
    assert (found["open_tickets"], found["open_days"]) == (2, 30)
    assert found["price_change"] == 1.5
    assert (found["recorded_reason"], found["recorded_on"]) == ("too dear", dt.date(2024, 3, 1))


# customer, subscription, started, ended, known
TERMS = [
    ("left", "1", "2023-01-01", "2024-03-20", "2023-01-01"),
    ("left", "2", "2023-01-01", "2024-03-20", "2023-01-01"),
    ("within grace", "3", "2023-01-01", "2024-03-27", "2023-01-01"),
    ("one still runs", "4", "2023-01-01", "2024-03-20", "2023-01-01"),
    ("one still runs", "5", "2023-01-01", None, "2023-01-01"),
    ("new one sold", "6", "2023-01-01", "2024-03-20", "2023-01-01"),
    ("new one sold", "7", "2024-05-01", None, "2024-03-25"),
    ("new one not known", "8", "2023-01-01", "2024-03-20", "2023-01-01"),
    ("new one not known", "9", "2024-03-25", None, "2024-04-01"),
    ("ends later", "10", "2023-01-01", "2024-04-01", "2023-01-01"),
    ("long ago", "11", "2022-01-01", "2023-03-20", "2022-01-01"),
]


def test_of_subscriptions_left_is_whose_last_one_ended():
    terms = table(
        [(*row, 30.4375) for row in TERMS],
        "customer_id subscription_id started_at ended_at known_at monthly_value",
    )
    found = leavers({"subscriptions": terms}, CLUB)
    assert found["left_on"].to_dict() == {
        "left": dt.date(2024, 3, 20),
        "new one not known": dt.date(2024, 3, 20),
    }
    assert found["spend_per_day"].to_dict() == pytest.approx({"left": 2.0, "new one not known": 1.0})


def test_nobody_left():
    assert leavers({"transactions": orders(("a", "2024-03-20", 5))}).empty

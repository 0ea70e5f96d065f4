"""Tiny logs with the expected features: what each family says, and from when on it may say it."""

import math
from typing import Any

import numpy as np
import pytest
from tests.features.logs import Row, day, one, purchases

from holdfast.features.families import FAMILIES

approx = pytest.approx


def told(row: dict[str, Any], **expected: Any) -> None:
    """Some features have some values; None: null."""
    for name, value in expected.items():
        found = row[name]
        missing = found is None or (isinstance(found, float | np.floating) and np.isnan(found))
        if value is None:
            assert missing, f"{name} is {found}, not null"
        else:
            assert found == (approx(value, rel=1e-6) if isinstance(value, int | float) else value), name


def test_recency_and_tenure_in_days() -> None:
    row = one({"transactions": purchases(0, 40, 90)}, 100)
    told(row, recency__days__all=10, recency__tenure__all=100, recency__share_silent__all=0.1)
    told(row, recency__share_active__all=0.03)


def test_windows_are_half_open() -> None:
    """A fact exactly at the window's start is in it; one at the as-of date is not yet known."""
    row = one({"transactions": purchases(0, 70, 93, 100)}, 100)
    told(row, orders__count__7d=1, orders__count__30d=2, orders__count__all=3)


def test_a_window_that_begins_before_the_stream_is_null_not_zero() -> None:
    row = one({"transactions": purchases(0, 95)}, 100)
    told(row, orders__count__90d=1, orders__count__180d=None, orders__count__all=2)
    told(row, orders__change__30d=1.0, orders__change__60d=None)  # looks back twice as far


def test_nothing_bought_is_zero_but_means_of_nothing_are_null() -> None:
    row = one({"transactions": purchases(0, 5)}, 100)
    told(row, orders__count__30d=0, spend__sum__30d=0, spend__order_value__30d=None, gaps__mean__30d=None)


def test_lines_of_one_order_are_one_order() -> None:
    lines = [{"transaction_id": "x", "occurred_at": day(50), "amount": amount} for amount in (1.0, 2.0, 4.0)]
    row = one({"transactions": purchases(0) + lines}, 60)
    told(
        row, orders__count__30d=1, spend__sum__30d=7, spend__order_value__30d=7, orders__lines_an_order__30d=3
    )


def test_refunds_are_not_purchases() -> None:
    refund = {"transaction_id": "r", "occurred_at": day(80), "amount": -4.0}
    row = one({"transactions": [*purchases(0, 60), refund]}, 90)
    told(row, recency__days__all=30, spend__sum__60d=10, refunds__count__60d=1, refunds__sum__60d=-4)
    told(row, refunds__share__60d=-0.4, refunds__days_since__all=10)


def test_gaps_are_the_customers_own_rhythm() -> None:
    row = one({"transactions": purchases(0, 10, 20, 50)}, 60)
    told(row, gaps__mean__all=50 / 3, gaps__longest__all=30, gaps__last__all=30, gaps__last_ratio__all=1.8)
    told(row, gaps__overdue__all=10 / (50 / 3), gaps__spread__all=math.sqrt(400 / 3))
    told(row, gaps__overdue_score__all=(10 - 50 / 3) / math.sqrt(400 / 3))


def test_change_compares_a_window_with_the_one_before() -> None:
    row = one({"transactions": purchases(0, 41, 45, 50, 75)}, 100)
    told(row, orders__change__30d=(1 - 3) / 4, spend__change__30d=-0.5)


def test_new_products_are_those_never_bought_before() -> None:
    rows = [
        {"transaction_id": str(number), "occurred_at": day(number), "amount": 1.0, "product_id": product}
        for number, product in ((0, "tea"), (50, "tea"), (51, "jam"), (52, "jam"))
    ]
    row = one({"transactions": rows}, 60)
    told(row, variety__products__14d=2, variety__new_products__14d=1, variety__products__all=2)


def test_prices_rise_against_the_time_before() -> None:
    def line(number: int, product: str, price: float, discount: float = 0.0) -> dict[str, Any]:
        return {
            "transaction_id": str(number),
            "occurred_at": day(number),
            "product_id": product,
            "category": "c",
            "quantity": 2.0,
            "amount": 2 * price - discount,
            "discount": discount,
        }

    rows = [line(0, "tea", 5.0), line(10, "jam", 8.0), line(20, "tea", 6.0, discount=3.0)]
    row = one({"transactions": rows}, 30)
    told(row, spend__price_rises__all=0.2)  # tea, 5 → 6 before discount; jam has no time before
    told(row, spend__price_rises_of_kind__all=0.2)  # each against its product's first price: 1, 1, 1.2
    told(row, spend__price_index__14d=1.2, spend__discount_share__14d=3 / 12)


def test_a_ticket_tells_each_thing_only_once_it_is_known() -> None:
    ticket = {
        "ticket_id": "t",
        "opened_at": day(10),
        "first_response_at": day(11),
        "resolved_at": day(14),
        "csat": 2.0,
        "csat_at": day(20),
        "category": "late",
        "priority": "High",
    }
    tables = {"transactions": purchases(0, 9), "tickets": [ticket]}
    told(one(tables, 10), tickets__opened__all=0, tickets__open_now__all=0)
    told(one(tables, 11), tickets__opened__all=1, tickets__open_now__all=1, tickets__open_days__all=1)
    told(one(tables, 11), support__answer_last__all=None, tickets__last_category__all="late")
    told(one(tables, 12), support__answer_last__all=24, support__resolution_last__all=None)
    told(one(tables, 12), tickets__open_now__all=1, tickets__priority_highest__all=3)
    told(
        one(tables, 15),
        tickets__open_now__all=0,
        support__resolution_last__all=96,
        satisfaction__last__all=None,
    )
    told(one(tables, 21), satisfaction__last__all=2, satisfaction__rated__all=1)


def test_a_reopened_ticket_is_open_again_until_resolved() -> None:
    ticket = {"ticket_id": "t", "opened_at": day(10), "resolved_at": day(12), "reopened_at": day(15)}
    tables = {"transactions": purchases(0), "tickets": [ticket]}
    told(one(tables, 11), tickets__open_now__all=1)
    told(one(tables, 14), tickets__open_now__all=0)
    told(one(tables, 20), tickets__open_now__all=1, tickets__open_days__all=5, tickets__reopened__all=1)
    again = {**ticket, "reopened_at": day(11)}  # reopened before the resolution that the row knows
    told(one({**tables, "tickets": [again]}, 11.5 + 0.5), tickets__open_now__all=1)


def test_the_same_complaint_again_within_a_month() -> None:
    rows = [
        {"ticket_id": str(number), "opened_at": day(number), "category": category}
        for number, category in ((0, "late"), (20, "late"), (25, "broken"), (60, "late"))
    ]
    told(
        one({"transactions": purchases(0), "tickets": rows}, 70),
        tickets__repeated__all=1,
        tickets__opened__all=4,
    )


def test_attributes_stand_as_they_stood() -> None:
    rows = [
        {"valid_from": day(0), "segment": "home", "score": "1"},
        {"valid_from": day(50), "segment": "office", "score": "2"},
    ]
    tables = {"transactions": purchases(0), "customers": rows}
    told(one(tables, 40, attributes=("segment",)), profile__segment__all="home")
    told(one(tables, 60, attributes=("segment",)), profile__segment__all="office")
    assert "profile__score__all" not in one(tables, 60, attributes=("segment",))


def test_subscriptions_look_ahead_to_the_renewal_only() -> None:
    rows = [
        {
            "subscription_id": "s",
            "started_at": day(0),
            "plan": "small",
            "monthly_value": 10.0,
            "renews_at": day(90),
        },
        {
            "subscription_id": "s",
            "started_at": day(30),
            "plan": "large",
            "monthly_value": 15.0,
            "renews_at": day(120),
        },
    ]
    row = one({"subscriptions": rows}, 50)
    told(
        row,
        subscription__tenure__all=50,
        subscription__since_renewal__all=-70,
        subscription__plan__all="large",
    )
    told(row, subscription__value_change__all=1.5, subscription__versions__all=2)


def test_contacts_and_responses() -> None:
    rows: list[Row] = [
        {"contacted_at": day(10), "channel": "call", "response_at": day(12)},
        {"contacted_at": day(50)},
    ]
    row = one({"transactions": purchases(0), "contacts": rows}, 60)
    told(row, contacts__count__all=2, contacts__days_since__all=10, contacts__responses__all=1)
    told(one({"transactions": purchases(0), "contacts": rows}, 11), contacts__responses__all=0)


def test_a_late_row_is_invisible_until_it_arrives() -> None:
    late = {"transaction_id": "l", "occurred_at": day(95), "known_at": day(105), "amount": 99.0}
    tables = {"transactions": [*purchases(0, 80), late]}
    told(one(tables, 100), recency__days__all=20, spend__sum__30d=10)
    told(one(tables, 110), recency__days__all=15, spend__sum__30d=109)


def test_absent_tables_and_columns_add_nothing() -> None:
    row = one({"transactions": purchases(0, 9)}, 10)
    families = {name.split("__")[0] for name in row}
    assert families == {"recency", "orders", "spend", "refunds", "gaps"}
    assert "orders__items__7d" not in row


def test_every_family_is_listed_once_and_documented() -> None:
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    for family in FAMILIES:
        own = [feature.name for feature in family.features]
        assert len(set(own)) == len(own), family.name
        assert all(feature.text and feature.unit for feature in family.features)

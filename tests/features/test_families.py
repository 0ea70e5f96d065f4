"""Tiny logs with the expected features: what the families of buying say, and from when on they may say it."""

import math
from typing import Any

from tests.features.logs import day, expect, one, purchases

from holdfast.features.families import FAMILIES


def test_recency_and_tenure_in_days() -> None:
    row = one({"transactions": purchases(0, 40, 90)}, 100)
    expect(row, recency__days__all=10, recency__tenure__all=100, recency__share_silent__all=0.1)
    expect(row, recency__share_active__all=0.03)


def test_windows_are_half_open() -> None:
    """A fact exactly at the window's start is in it; one at the as-of date is not yet known."""
    row = one({"transactions": purchases(0, 70, 93, 100)}, 100)
    expect(row, orders__count__7d=1, orders__count__30d=2, orders__count__all=3)


def test_a_window_that_begins_before_the_stream_is_measured_over_the_part_that_was_observed() -> None:
    row = one({"transactions": purchases(0, 95)}, 100)
    expect(row, orders__count__90d=1, orders__count__180d=2, orders__count__all=2)
    expect(row, orders__change__30d=1.0, orders__change__60d=0.0, orders__change__180d=None)


def test_nothing_bought_is_zero_but_means_of_nothing_are_null() -> None:
    row = one({"transactions": purchases(0, 5)}, 100)
    expect(row, orders__count__30d=0, spend__sum__30d=0, spend__order_value__30d=None, gaps__mean__30d=None)


def test_lines_of_one_order_are_one_order() -> None:
    lines = [{"transaction_id": "x", "occurred_at": day(50), "amount": amount} for amount in (1.0, 2.0, 4.0)]
    row = one({"transactions": purchases(0) + lines}, 60)
    expect(
        row, orders__count__30d=1, spend__sum__30d=7, spend__order_value__30d=7, orders__lines_an_order__30d=3
    )


def test_refunds_are_not_purchases() -> None:
    refund = {"transaction_id": "r", "occurred_at": day(80), "amount": -4.0}
    row = one({"transactions": [*purchases(0, 60), refund]}, 90)
    expect(row, recency__days__all=30, spend__sum__60d=10, refunds__count__60d=1, refunds__sum__60d=-4)
    expect(row, refunds__share__60d=-0.4, refunds__days_since__all=10)


def test_gaps_are_the_customers_own_rhythm() -> None:
    row = one({"transactions": purchases(0, 10, 20, 50)}, 60)
    expect(row, gaps__mean__all=50 / 3, gaps__longest__all=30, gaps__last__all=30, gaps__last_ratio__all=1.8)
    expect(row, gaps__overdue__all=10 / (50 / 3), gaps__spread__all=math.sqrt(400 / 3))
    expect(row, gaps__overdue_score__all=(10 - 50 / 3) / math.sqrt(400 / 3))


def test_change_compares_a_window_with_the_one_before() -> None:
    row = one({"transactions": purchases(0, 41, 45, 50, 75)}, 100)
    expect(row, orders__change__30d=(1 - 3) / 4, spend__change__30d=-0.5)


def test_new_products_are_those_never_bought_before() -> None:
    rows = [
        {"transaction_id": str(number), "occurred_at": day(number), "amount": 1.0, "product_id": product}
        for number, product in ((0, "tea"), (50, "tea"), (51, "jam"), (52, "jam"))
    ]
    row = one({"transactions": rows}, 60)
    expect(row, variety__products__14d=2, variety__new_products__14d=1, variety__products__all=2)


def test_products_bought_before_are_repeats() -> None:
    rows = [
        {"transaction_id": str(number), "occurred_at": day(number), "amount": 1.0, "product_id": product}
        for number, product in ((0, "tea"), (50, "tea"), (51, "jam"), (52, "jam"))
    ]
    row = one({"transactions": rows}, 60)
    expect(
        row, variety__repeat_share__all=0.5, variety__repeat_share__14d=2 / 3, variety__repeat_share__7d=None
    )


def test_an_order_is_the_sum_of_its_lines_as_far_as_they_are_known() -> None:
    def line(order: str, number: float, amount: float, known: float | None = None) -> dict[str, Any]:
        at = {"occurred_at": day(number), "known_at": day(known or number)}
        return {"transaction_id": order, "amount": amount, **at}

    rows = [
        line("x", 1, 6.0),
        line("x", 1, 4.0),
        line("x", 1, 20.0, 90),
        line("y", 50, 30.0),
        line("y", 60, -9.0),
    ]
    row = one({"transactions": rows}, 70)
    expect(row, spend__largest_order__all=30, spend__largest_line__all=30, spend__last_order__all=1.5)
    expect(row, spend__order_volatility__all=math.sqrt(200) / 20)
    row = one({"transactions": rows}, 100)  # the late line makes the order larger
    expect(row, spend__largest_order__all=30, spend__last_order__all=1, spend__order_volatility__all=0)


def test_regular_customers_have_gaps_like_clockwork() -> None:
    expect(one({"transactions": purchases(0, 10, 20)}, 25), gaps__irregularity__all=0)
    row = one({"transactions": purchases(0, 10, 40)}, 50)
    expect(row, gaps__irregularity__all=math.sqrt(200) / 20)


def test_habits_are_weekdays_and_hours() -> None:
    """2026-01-01 is a Thursday: day 2 is a Saturday, day 3 a Sunday, day 4 a Monday."""
    row = one({"transactions": purchases(2.5, 3.75, 4.5, 18.5)}, 25)
    expect(row, habits__weekdays__all=3, habits__hours__all=2, habits__weekend__all=0.5)
    expect(row, habits__hour__all=13.5, habits__hour_spread__all=3.0)
    expect(row, habits__weekend__7d=0, habits__weekend_change__7d=-0.5, habits__hour_change__7d=-1.5)
    expect(row, habits__weekdays__7d=1, habits__weekdays__14d=1)
    late = {"transaction_id": "l", "occurred_at": day(24.1), "known_at": day(26), "amount": 1.0}
    expect(one({"transactions": [*purchases(2.5, 3.75, 4.5, 18.5), late]}, 25), habits__hours__all=2)


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
    expect(row, spend__price_rises__all=0.2)  # tea, 5 → 6 before discount; jam has no time before
    expect(row, spend__price_rises_of_kind__all=0.2)  # each against its product's first price: 1, 1, 1.2
    expect(row, spend__price_index__14d=1.2, spend__discount_share__14d=3 / 12)


def test_a_discount_for_quantity_is_no_change_of_the_price() -> None:
    def line(number: int, quantity: float, price: float) -> dict[str, Any]:
        return {
            "transaction_id": str(number), "occurred_at": day(number), "product_id": "bolt",
            "quantity": quantity, "amount": quantity * price,
        }  # fmt: skip

    rows = [line(0, 100, 0.8), line(5, 1, 1.0), line(10, 100, 0.8)]
    row = one({"transactions": rows}, 30)
    expect(row, spend__largest_rise__30d=None, spend__price_rises__all=0)
    row = one({"transactions": [*rows, line(20, 100, 0.88)]}, 30)
    expect(row, spend__largest_rise__30d=1.1, spend__price_rises__all=0.1)


def test_a_late_row_is_invisible_until_it_arrives() -> None:
    late = {"transaction_id": "l", "occurred_at": day(95), "known_at": day(105), "amount": 99.0}
    tables = {"transactions": [*purchases(0, 80), late]}
    expect(one(tables, 100), recency__days__all=20, spend__sum__30d=10)
    expect(one(tables, 110), recency__days__all=15, spend__sum__30d=109)


def test_absent_tables_and_columns_add_nothing() -> None:
    row = one({"transactions": purchases(0, 9)}, 10)
    families = {name.split("__")[0] for name in row}
    assert families == {"recency", "orders", "spend", "refunds", "gaps", "past_inactivity", "habits"}
    assert "orders__items__7d" not in row


def test_every_family_is_listed_once_and_documented() -> None:
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    for family in FAMILIES:
        own = [feature.name for feature in family.features]
        assert len(set(own)) == len(own), family.name
        assert all(feature.text and feature.unit for feature in family.features)

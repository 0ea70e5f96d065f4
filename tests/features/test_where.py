"""where(…): facts narrowed by any column of their stream, in tiny tables."""

import datetime as dt
from typing import Any

import pytest
from tests.features.extra import extra_family
from tests.features.logs import Row, day, features, purchases

from holdfast.errors import SettingError
from holdfast.features.expressions import Expression
from holdfast.features.measures import col, select, total

purchase, usage, opened = select("purchase"), select("usage"), select("opened")


def measured(tables: dict[str, list[Row]], *values: Expression, date: float = 100) -> list[Any]:
    """Some expressions over all history, of the customer `a`; those that are left out are missing."""
    frame = features(tables, date, families=(extra_family("x", *values),), windows=(30,)).xs("a")
    return [None if value != value else value for name, value in frame.iloc[0].items() if "all" in str(name)]


def bought(**columns: list[Any]) -> dict[str, list[Row]]:
    """An order a day, with the values of some columns."""
    rows = zip(*columns.values(), strict=True)
    lines = [purchases(number, **dict(zip(columns, row, strict=True)))[0] for number, row in enumerate(rows)]
    return {"transactions": lines}


def test_visits_to_the_cancellation_page() -> None:
    events = [("cancel_page", 1.0), ("visit", 5.0), ("cancel_page", 2.0)]
    rows = [
        {"occurred_at": day(number), "event": event, "quantity": times}
        for number, (event, times) in enumerate(events)
    ]
    page = usage.where(event="cancel_page")
    tables = {"transactions": purchases(0), "usage": rows}
    assert measured(tables, page.count(), page.sum("quantity"), usage.count()) == [2, 3, 3]


def test_orders_above_an_amount() -> None:
    tables = bought(amount=[50.0, 100.0, 150.0])
    counts = [
        purchase.where(condition).count()
        for condition in (
            col("amount") > 100, col("amount") >= 100, col("amount") < 100, col("amount") <= 100,
            col("amount") == 100, col("amount") != 100, col("amount").isin([50, 150]),
        )
    ]  # fmt: skip
    assert measured(tables, *counts) == [1, 2, 1, 2, 1, 2, 2]


def test_null_matches_nothing() -> None:
    tables = bought(quantity=[1.0, None, 3.0], channel=["web", None, "shop"])
    counts = [
        purchase.where(condition).count()
        for condition in (
            col("quantity") != 3, col("quantity") < 3, col("channel") != "web", col("channel") < "zzz",
        )
    ]  # fmt: skip
    assert measured(tables, *counts) == [1, 1, 1, 2]


def test_texts_compare_in_their_order() -> None:
    tables = bought(channel=["app", "shop", "web"])
    counts = [
        purchase.where(condition).count()
        for condition in (
            col("channel") > "shop", col("channel") >= "shop", col("channel") < "sun", col("channel") <= "an",
        )
    ]  # fmt: skip
    assert measured(tables, *counts) == [1, 2, 2, 0]


def test_times_compare_with_days_and_moments() -> None:
    rows = [
        {"subscription_id": str(number), "started_at": day(number), "renews_at": day(number + 10)}
        for number in (0, 20)
    ]
    started = select("started")
    counts = [
        started.where(col("renews_at") > dt.date(2026, 1, 11)).count(),
        started.where(col("renews_at") >= day(10)).count(),
    ]
    assert measured({"transactions": purchases(0), "subscriptions": rows}, *counts) == [1, 2]


def test_a_level_that_nobody_has_selects_nothing() -> None:
    fax = purchase.where(channel="fax")
    other = purchase.where(col("channel") != "fax")
    found = measured(bought(channel=["web", "web"]), fax.count(), fax.last("amount"), other.count())
    assert found == [0, None, 2]


def test_a_column_that_is_not_mapped_leaves_the_feature_out() -> None:
    assert measured(bought(amount=[1.0]), purchase.where(channel="web").count(), purchase.count()) == [1]


def test_conditions_add_up() -> None:
    tables = bought(amount=[5.0, 50.0, 50.0], channel=["web", "web", "shop"])
    one = purchase.where(col("amount") > 10, channel="web")
    other = purchase.where(channel="web").where(col("amount") > 10)
    assert measured(tables, one.count(), other.count()) == [1, 1]


def test_what_is_compared_by_a_key_was_narrowed_before() -> None:
    """Two lines of one order: the later one is by phone."""
    lines = [
        {**purchases(number)[0], "transaction_id": order, "channel": channel, "product_id": product}
        for number, order, channel, product in (
            (1, "x", "web", "tea"), (2, "x", "phone", "tea"), (3, "y", "web", "tea"),
            (4, "z", "phone", "jam"),
        )
    ]  # fmt: skip
    web = purchase.where(channel="web")
    values = (
        web.distinct("order").count(), web.distinct("order").mean(total("amount")),
        web.first("product").count(), purchase.where(channel="phone").first("product").count(),
        web.repeated("product").count(),
    )  # fmt: skip
    assert measured({"transactions": lines}, *values) == [2, 10, 1, 2, 1]


def test_open_facts_and_facts_since_others_can_be_narrowed() -> None:
    rows = [
        {"ticket_id": str(number), "opened_at": day(number), "category": category, "resolved_at": resolved}
        for number, (category, resolved) in enumerate(
            [("late", None), ("late", day(9)), ("broken", None), ("late", None)]
        )
    ]
    tables = {"transactions": purchases(0.5, channel="web") + purchases(2.5, channel="shop"), "tickets": rows}
    late = opened.where(category="late")
    values = (late.open("until").count(), late.since_last(purchase.where(channel="web")).count())
    assert measured(tables, *values) == [2, 2]


def test_a_late_row_is_narrowed_only_once_it_is_known() -> None:
    late = {**purchases(50, channel="web")[0], "known_at": day(80)}
    tables = {"transactions": [*purchases(0, channel="web"), late]}
    web = purchase.where(channel="web").count()
    assert [measured(tables, web, date=date) for date in (60, 90)] == [[1], [2]]


# --- what is refused -----------------------------------------------------------------------------------


def test_where_comes_before_what_compares_facts() -> None:
    with pytest.raises(TypeError, match="before distinct"):
        purchase.distinct("order").where(channel="web")
    with pytest.raises(TypeError, match="already compared by 'order'"):
        purchase.distinct("order").first("product")
    with pytest.raises(TypeError, match="since a third one"):
        purchase.since_last(opened.since_last(usage))


def test_a_condition_is_no_truth_value() -> None:
    with pytest.raises(TypeError, match="pass several"):
        purchase.where(10 < col("amount") < 100)  # Python would drop the first half
    with pytest.raises(TypeError, match="compare a column with"):
        purchase.where(channel=["web"])  # type: ignore[arg-type]  # isin takes several


@pytest.mark.parametrize(
    "value", [purchase.where(col("channel") > 3).count(), purchase.where(amount="much").count()]
)
def test_a_constant_of_another_type_is_refused(value: Expression) -> None:
    with pytest.raises(SettingError, match="constant of another type"):
        measured(bought(amount=[1.0], channel=["web"]), value)


@pytest.mark.parametrize(
    "value", [opened.where(col("until") > day(3)).count(), opened.mean("until"), opened.last("until")]
)
def test_a_time_that_a_row_learns_later_is_only_for_open(value: Expression) -> None:
    ticket = {"ticket_id": "t", "opened_at": day(1), "resolved_at": day(9)}
    with pytest.raises(SettingError, match="known only when it has come"):
        measured({"transactions": purchases(0), "tickets": [ticket]}, value)

"""What each customer bought: all of it, and that of the last days."""

import datetime as dt
from collections.abc import Mapping

import pandas as pd
from ibis import Table

from holdfast.timeline.span import midnight


def purchases_at(tables: Mapping[str, Table], day: dt.date, within_days: int) -> pd.DataFrame:
    """One row per customer who ever bought, index customer_id, by what was known before `day`.

    An order counts on the day of its first purchase, with its refunds.

    Returns:
        first_at, last_at (of purchases), orders, spent, refunded (0 or negative); buying_days (days with an
        order) and later_spent (money of the days after the first); and of the last `within_days`:
        recent_orders, recent_spent (net of refunds).
    """
    orders = orders_before(tables["transactions"], day)
    days = orders.group_by("customer_id", "on").aggregate(
        first_at=orders.first_at.min(), last_at=orders.last_at.max(), orders=orders.first_at.count(),
        spent=orders.spent.sum(), refunded=orders.refunded.sum(),
    )  # fmt: skip
    recent = days.on >= midnight(day - dt.timedelta(days=within_days))
    each = days.group_by("customer_id").aggregate(
        first_at=days.first_at.min(), last_at=days.last_at.max(), orders=days.orders.sum(),
        spent=days.spent.sum(), refunded=days.refunded.sum(), buying_days=(days.orders > 0).sum(),
        first_spent=days.spent.argmin(days.first_at),
        recent_orders=days.orders.sum(where=recent).fill_null(0),
        recent_spent=(days.spent + days.refunded).sum(where=recent).fill_null(0.0),
    )  # fmt: skip
    result: pd.DataFrame = each.filter(each.orders > 0).order_by("customer_id").to_pandas()
    result["later_spent"] = result["spent"] - result.pop("first_spent")
    money = {name: result[name].round(6) for name in ("spent", "refunded", "later_spent", "recent_spent")}
    return result.assign(**money).set_index("customer_id")  # rounded, because an engine may sum in any order


def no_purchases() -> pd.DataFrame:
    """The table of a company that has no transactions."""
    columns = {"first_at": "datetime64[us]", "spent": "float64", "refunded": "float64", "orders": "float64"}
    return pd.DataFrame(columns=[*columns], index=pd.Index([], name="customer_id")).astype(columns)


def recent_purchases(tables: Mapping[str, Table], day: dt.date, within_days: int) -> pd.DataFrame:
    """last_at and recent_orders of each customer with an order in the last `within_days`."""
    orders = orders_before(tables["transactions"], day)
    recent = orders.filter(orders.on >= midnight(day - dt.timedelta(days=within_days)))
    each = recent.group_by("customer_id").aggregate(
        last_at=recent.last_at.max(), recent_orders=recent.first_at.count()
    )
    result: pd.DataFrame = each.filter(each.recent_orders > 0).order_by("customer_id").to_pandas()
    return result.set_index("customer_id")


def orders_before(transactions: Table, day: dt.date) -> Table:
    """One row per customer and order: on, first_at and last_at (null: only refunds), spent, refunded."""
    seen = transactions.filter(
        transactions.known_at < midnight(day), transactions.occurred_at < midnight(day)
    )
    bought = seen.amount > 0
    orders = seen.group_by("customer_id", "transaction_id").aggregate(
        first_at=seen.occurred_at.min(where=bought), last_at=seen.occurred_at.max(where=bought),
        spent=seen.amount.sum(where=bought).fill_null(0.0),
        refunded=seen.amount.sum(where=seen.amount < 0).fill_null(0.0),
        began=seen.occurred_at.min(),
    )  # fmt: skip
    return orders.mutate(on=orders.first_at.fill_null(orders.began).truncate("D"))

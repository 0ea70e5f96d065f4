"""The last known facts of customers who left: purchases, recorded reason, open tickets and prices."""

import datetime as dt
from collections.abc import Mapping

import ibis
import pandas as pd
from ibis import Table

from holdfast.scoring.open_tickets import open_tickets
from holdfast.timeline.span import midnight


def purchases(tables: Mapping[str, Table], ids: Table, as_of: dt.date) -> pd.DataFrame | None:
    """First and last purchase, number of purchase days, and spend net of refunds."""
    if "transactions" not in tables:
        return None
    table = tables["transactions"].semi_join(ids, "customer_id")
    seen = table.filter(table.known_at < midnight(as_of))
    customers: pd.DataFrame = (
        seen.group_by("customer_id")
        .aggregate(
            first_on=seen.occurred_at.min(where=seen.amount > 0),
            last_on=seen.occurred_at.max(where=seen.amount > 0),
            purchase_days=seen.occurred_at.date().nunique(where=seen.amount > 0),
            spent=seen.amount.sum(),
        )
        .to_pandas()
    )
    return customers


def recorded(tables: Mapping[str, Table], ids: Table, as_of: dt.date) -> pd.DataFrame | None:
    """The latest reason for leaving that the company recorded."""
    if "churned" not in tables or "reason" not in tables["churned"].columns:
        return None
    table = tables["churned"].semi_join(ids, "customer_id")
    moment = midnight(as_of)
    seen = table.filter(table.known_at < moment, table.churned_at < moment, table.reason.notnull())
    last = seen.mutate(last=seen.churned_at.max().over(ibis.window(group_by="customer_id")))
    last = last.filter(last.churned_at == last.last)
    newest = last.group_by("customer_id").aggregate(
        recorded_reason=last.reason.min(), recorded_on=last.churned_at.max()
    )
    customers: pd.DataFrame = newest.to_pandas()
    customers["recorded_on"] = customers["recorded_on"].dt.date
    return customers


def count_open_tickets(tables: Mapping[str, Table], ids: Table, as_of: dt.date) -> pd.DataFrame | None:
    """The number of open tickets and the days the oldest is open; only customers with open tickets."""
    if "tickets" not in tables:
        return None
    waiting = open_tickets(tables["tickets"].semi_join(ids, "customer_id"), as_of)
    each = waiting.group_by("customer_id").aggregate(
        open_tickets=waiting.count(), since=waiting.open_since.min()
    )
    customers: pd.DataFrame = each.to_pandas()
    customers["open_days"] = (pd.Timestamp(as_of) - customers.pop("since")).dt.total_seconds() / 86_400
    return customers


def price_change(tables: Mapping[str, Table], ids: Table, as_of: dt.date) -> pd.DataFrame | None:
    """Mean ratio over products of the last unit price to earlier ones; 1.1 means 10% more expensive."""
    if "transactions" not in tables or not {"quantity", "product_id"} <= set(tables["transactions"].columns):
        return None
    table = tables["transactions"].semi_join(ids, "customer_id")
    bought = table.filter(table.known_at < midnight(as_of), table.amount > 0, table.quantity > 0)
    product = ibis.window(group_by=["customer_id", "product_id"])
    priced = bought.mutate(
        price=bought.amount / bought.quantity,
        newest=bought.occurred_at == bought.occurred_at.max().over(product),
    )
    each = priced.group_by(["customer_id", "product_id"]).aggregate(
        last=priced.price.mean(where=priced.newest), before=priced.price.mean(where=~priced.newest)
    )
    again = each.filter(each.before > 0)
    change = (again.last / again.before).mean()
    customers: pd.DataFrame = again.group_by("customer_id").aggregate(price_change=change).to_pandas()
    return customers

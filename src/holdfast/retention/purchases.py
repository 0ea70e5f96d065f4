"""What each customer bought: all of it, and that of the last days."""

import datetime as dt
from collections.abc import Mapping

import ibis
import pandas as pd
from ibis import Table

from holdfast.timeline.span import midnight


def purchases_at(tables: Mapping[str, Table], day: dt.date, within_days: int) -> pd.DataFrame:
    """One row per customer who ever bought, key and index customer_id, by what was known before `day`.

    Returns:
        first_at, last_at (of purchases), orders, spent (money), refunded (0 or negative); buying_days (days
        with a purchase) and later_spent (money of the days after the first); and of the last
        `within_days`: recent_orders, recent_spent (net of refunds).
    """
    table = tables["transactions"]
    seen = table.filter(table.known_at < midnight(day), table.occurred_at < midnight(day))
    bought, recent = seen.amount > 0, seen.occurred_at >= midnight(day - dt.timedelta(days=within_days))
    on = seen.occurred_at.truncate("D")
    first_on = on.min(where=bought).over(ibis.window(group_by="customer_id"))
    seen = seen.mutate(on=on, first_on=first_on)
    each = seen.group_by("customer_id").aggregate(
        first_at=seen.occurred_at.min(where=bought),
        last_at=seen.occurred_at.max(where=bought),
        orders=seen.transaction_id.nunique(where=bought),
        spent=seen.amount.sum(where=bought),
        refunded=seen.amount.sum(where=seen.amount < 0).fill_null(0.0),
        buying_days=seen.on.nunique(where=bought),
        later_spent=seen.amount.sum(where=bought & (seen.on > seen.first_on)).fill_null(0.0),
        recent_orders=seen.transaction_id.nunique(where=bought & recent),
        recent_spent=seen.amount.sum(where=recent).fill_null(0.0),
    )
    found: pd.DataFrame = each.filter(each.first_at.notnull()).order_by("customer_id").to_pandas()
    money = {name: found[name].round(6) for name in ("spent", "refunded", "later_spent", "recent_spent")}
    return found.assign(**money).set_index("customer_id")  # rounded, because an engine may sum in any order

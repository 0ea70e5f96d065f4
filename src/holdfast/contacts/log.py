"""The contact log, and the customers contacted within a period."""

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from ibis import Table

from holdfast.timeline.span import midnight

CONTACTS = "contacts"


def source_contacts(tables: Mapping[str, Table], since: dt.date, day: dt.date) -> pd.DataFrame | None:
    """The source's contacts from `since` on that were known before `day`; None: it has no contacts table.

    Returns:
        customer_id, contacted_at (wall-clock time), cost (money; null: unknown); one row a contact.
    """
    visible = _visible_contacts(tables, since, day)
    if visible is None:
        return None
    columns = [name for name in ("customer_id", "contacted_at", "cost") if name in visible.columns]
    contacts: pd.DataFrame = visible.select(*columns).to_pandas()
    return contacts if "cost" in contacts.columns else contacts.assign(cost=float("nan"))


def days_of_contact(tables: Mapping[str, Table], since: dt.date, day: dt.date) -> pd.DataFrame | None:
    """Like `source_contacts`, but one row a customer and day of contact, without the cost (NaN)."""
    visible = _visible_contacts(tables, since, day)
    if visible is None:
        return None
    days = visible.select("customer_id", contacted_at=visible.contacted_at.truncate("D")).distinct()
    contacts: pd.DataFrame = days.to_pandas()
    return contacts.assign(cost=np.nan)


def _visible_contacts(tables: Mapping[str, Table], since: dt.date, day: dt.date) -> Table | None:
    if CONTACTS not in tables:
        return None
    table = tables[CONTACTS]
    return table.filter(table.contacted_at >= midnight(since), table.known_at < midnight(day))


def contacts_by_lists(lists: Sequence[tuple[dt.date, set[str]]]) -> pd.DataFrame | None:
    """Assume that every listed customer was contacted on the list's as-of date; None: there are no lists.

    Args:
        lists: as-of date and customers of each list.
    """
    parts = [
        pd.DataFrame({"customer_id": sorted(customers)}).assign(
            contacted_at=pd.Timestamp(date), cost=np.nan
        )
        for date, customers in lists
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True) if parts else None


def contacted_in(contacts: pd.DataFrame, start: dt.date, over: dt.date) -> pd.DataFrame:
    """The customers contacted in `[start, over)`: one row a customer, with the total cost of their contacts.

    The total is null if the cost of any contact is unknown.
    """
    when = contacts["contacted_at"]
    rows = contacts[(when >= pd.Timestamp(start)) & (when < pd.Timestamp(over))]
    by_customer = rows.assign(unknown=rows["cost"].isna()).groupby("customer_id")
    cost = by_customer["cost"].sum().mask(by_customer["unknown"].any())
    return pd.DataFrame({"customer_id": cost.index.astype("str"), "contacted": True, "cost": cost.to_numpy()})

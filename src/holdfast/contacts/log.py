"""The log of contacts, and who was contacted within some days."""

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from ibis import Table

from holdfast.scoring.profile import midnight

CONTACTS = "contacts"


def source_contacts(tables: Mapping[str, Table], since: dt.date, day: dt.date) -> pd.DataFrame | None:
    """The source's contacts from `since` on that were known before `day`; None: it has no such table.

    Returns:
        customer_id, contacted_at (wall-clock time), cost (money, null where not known); one row a contact.
    """
    if CONTACTS not in tables:
        return None
    table = tables[CONTACTS]
    known = table.filter(table.contacted_at >= midnight(since), table.known_at < midnight(day))
    columns = [name for name in ("customer_id", "contacted_at", "cost") if name in known.columns]
    contacts: pd.DataFrame = known.select(*columns).to_pandas()
    return contacts if "cost" in contacts.columns else contacts.assign(cost=float("nan"))


def days_of_contact(tables: Mapping[str, Table], since: dt.date, day: dt.date) -> pd.DataFrame | None:
    """As `source_contacts`, one row a customer and day of contact; the cost is not read."""
    if CONTACTS not in tables:
        return None
    table = tables[CONTACTS]
    known = table.filter(table.contacted_at >= midnight(since), table.known_at < midnight(day))
    days = known.select("customer_id", contacted_at=known.contacted_at.truncate("D")).distinct()
    contacts: pd.DataFrame = days.to_pandas()
    return contacts.assign(cost=np.nan)


def contacts_by_lists(lists: Sequence[tuple[dt.date, set[str]]]) -> pd.DataFrame | None:
    """Whoever is on a list, taken to have been contacted on its as-of date; None: there are no lists.

    Args:
        lists: as-of date and customers of each.
    """
    parts = [
        pd.DataFrame({"customer_id": sorted(customers)}).assign(
            contacted_at=pd.Timestamp(date), cost=np.nan
        )
        for date, customers in lists
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True) if parts else None


def contacted_in(contacts: pd.DataFrame, start: dt.date, over: dt.date) -> pd.DataFrame:
    """Who was contacted in `[start, over)`: one row a customer, with the cost of all their contacts.

    The cost is null where that of any of them is not known.
    """
    when = contacts["contacted_at"]
    rows = contacts[(when >= pd.Timestamp(start)) & (when < pd.Timestamp(over))]
    by_customer = rows.assign(unknown=rows["cost"].isna()).groupby("customer_id")
    cost = by_customer["cost"].sum().mask(by_customer["unknown"].any())
    return pd.DataFrame({"customer_id": cost.index.astype("str"), "contacted": True, "cost": cost.to_numpy()})

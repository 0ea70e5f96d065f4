"""The contact log, and the customers contacted within a period."""

import datetime as dt
from collections.abc import Mapping

import pandas as pd
from ibis import Table

from holdfast.contacts.days import CONTACTS
from holdfast.contracts.arms import contacts_made
from holdfast.timeline.span import midnight


def source_contacts(tables: Mapping[str, Table], since: dt.date, day: dt.date) -> pd.DataFrame | None:
    """The source's contacts from `since` on that were known before `day`; None: it has no contacts table.

    Returns:
        customer_id, contacted_at (wall-clock time), cost (money; null: unknown); one row a contact.
    """
    if CONTACTS not in tables:
        return None
    table = contacts_made(tables[CONTACTS])
    visible = table.filter(table.contacted_at >= midnight(since), table.known_at < midnight(day))
    columns = [name for name in ("customer_id", "contacted_at", "cost") if name in visible.columns]
    contacts: pd.DataFrame = visible.select(*columns).to_pandas()
    return contacts if "cost" in contacts.columns else contacts.assign(cost=float("nan"))


def contacted_in(contacts: pd.DataFrame, start: dt.date, over: dt.date) -> pd.DataFrame:
    """The customers contacted in `[start, over)`: one row a customer, with the total cost of their contacts.

    The total is null if the cost of any contact is unknown.
    """
    when = contacts["contacted_at"]
    rows = contacts[(when >= pd.Timestamp(start)) & (when < pd.Timestamp(over))]
    by_customer = rows.assign(unknown=rows["cost"].isna()).groupby("customer_id")
    cost = by_customer["cost"].sum().mask(by_customer["unknown"].any())
    return pd.DataFrame({"customer_id": cost.index.astype("str"), "contacted": True, "cost": cost.to_numpy()})

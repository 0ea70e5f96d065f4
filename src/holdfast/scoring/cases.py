"""The facts for a caller's brief: purchases, open tickets, the last message and contacts of a customer."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import ibis
import pandas as pd
from ibis import Table

from holdfast.contracts.arms import contacts_made
from holdfast.scoring.open_tickets import open_tickets, with_columns
from holdfast.timeline.span import midnight

TABLES = ("transactions", "tickets", "contacts", "subscriptions")
CONTACTS = 3  # the latest contacts to show
DAYS = ("day", "opened")  # written as dates
COLUMNS = [
    "customer_id", "first_purchase", "last_purchase", "purchases", "open_tickets", "wrote_on", "wrote",
    "contacts", "subscriber",
]  # fmt: skip

Rows = dict[str, list[dict[str, str | None]]]


def find_cases(tables: Mapping[str, Table], customers: Iterable[str], as_of: dt.date) -> pd.DataFrame:
    """One row per customer, key customer_id, with COLUMNS, from facts known before `as_of`.

    `open_tickets`: list of ticket_id, opened and category, oldest first; null: there is no table of tickets.
    `subscriber`: whether they ever had a subscription, so that their transactions are payments. `contacts`:
    list of day, channel and response, latest first, at most CONTACTS.
    """
    ids = pd.DataFrame({"customer_id": list(customers)}, dtype="str")
    wanted = ibis.memtable(ids) if len(ids) else None
    rows = {} if wanted is None else {name: visible(table, wanted, as_of) for name, table in tables.items()
                                      if name in TABLES}  # fmt: skip
    bought = pd.DataFrame(columns=COLUMNS[:4], dtype="object")
    if "transactions" in rows:
        bought = purchases(rows["transactions"])
    tickets = list_open_tickets(rows["tickets"], as_of) if "tickets" in rows else Rows()
    texts = last_texts(rows["tickets"]) if "tickets" in rows else Rows()
    contacts = last_contacts(rows["contacts"], as_of) if "contacts" in rows else Rows()
    subscribers = set[str]()
    if "subscriptions" in rows:
        subscribers = set(rows["subscriptions"].select("customer_id").distinct().to_pandas()["customer_id"])
    frame = ids.merge(bought.astype({"customer_id": "str"}), on="customer_id", how="left")
    names = frame["customer_id"].to_list()
    messages = [(texts.get(name) or [{}])[0] for name in names]
    lists: dict[str, list[Any]] = {
        "open_tickets": [tickets.get(name, []) if "tickets" in rows else None for name in names],
        "wrote_on": [message.get("day") for message in messages],
        "wrote": [message.get("text") for message in messages],
        "contacts": [contacts.get(name, []) for name in names],
        "subscriber": [name in subscribers for name in names],
    }
    return pd.concat([frame, pd.DataFrame(lists, dtype="object")], axis=1)[COLUMNS]


def visible(table: Table, wanted: Table, as_of: dt.date) -> Table:
    """The rows of some customers that were known before a date."""
    return table.filter(table.known_at < midnight(as_of)).semi_join(wanted, "customer_id")


def purchases(table: Table) -> pd.DataFrame:
    """The days of the first and last purchase, and the number of purchases."""
    bought = table.filter(table.amount > 0)
    by_customer = bought.group_by("customer_id").aggregate(
        first_purchase=bought.occurred_at.min().cast("date"),
        last_purchase=bought.occurred_at.max().cast("date"),
        purchases=bought.transaction_id.nunique(),
    )
    frame: pd.DataFrame = by_customer.to_pandas()
    return frame


def list_open_tickets(table: Table, as_of: dt.date) -> Rows:
    """The open tickets, oldest first."""
    waiting = open_tickets(with_columns(table, category="string"), as_of).order_by("opened_at", "ticket_id")
    return grouped(
        waiting.select("customer_id", "ticket_id", "category", opened=waiting.opened_at.cast("date"))
    )


def last_texts(table: Table) -> Rows:
    """The latest message of each customer."""
    table = with_columns(table, text="string")
    written = table.filter(table.text.notnull(), table.text.strip() != "")
    ordered = written.order_by(ibis.desc("opened_at"), "ticket_id")
    return grouped(ordered.select("customer_id", "text", day=ordered.opened_at.cast("date")), most=1)


def last_contacts(table: Table, as_of: dt.date) -> Rows:
    """The latest contacts; rows of a campaign's control arm are no contacts."""
    names = dict.fromkeys(("channel", "campaign", "response"), "string")
    made, moment = with_columns(contacts_made(table), **names, response_at="timestamp"), midnight(as_of)
    made = made.filter(made.contacted_at < moment)
    early = made.response_at.isnull() | (made.response_at < moment)
    ordered = made.mutate(response=ibis.cases((early, made.response))).order_by(ibis.desc("contacted_at"))
    day = ordered.contacted_at.cast("date")
    return grouped(ordered.select("customer_id", "channel", "response", day=day), most=CONTACTS)


def grouped(table: Table, most: int | None = None) -> Rows:
    """Customer → their rows in order, with values as text and nulls as None; at most `most` each."""
    grouped_rows = Rows()
    frame: Any = table.to_pandas()
    for row in frame.to_dict("records"):
        cells = {key: None if pd.isna(value) else str(value) for key, value in row.items()}
        kept = grouped_rows.setdefault(str(cells.pop("customer_id")), [])
        if most is None or len(kept) < most:
            kept.append({key: cell[:10] if cell and key in DAYS else cell for key, cell in cells.items()})
    return grouped_rows

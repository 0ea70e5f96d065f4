"""What is known of listed customers beside their features: purchases, open tickets, last words, contacts."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import ibis
import pandas as pd
from ibis import Table

from holdfast.scoring.profile import midnight

CONTACTS = 3  # the newest ones
DAYS = ("day", "opened")  # written as dates
COLUMNS = [
    "customer_id", "first_purchase", "last_purchase", "purchases", "open_tickets", "wrote_on", "wrote",
    "contacts",
]  # fmt: skip

Rows = dict[str, list[dict[str, str | None]]]


def find_cases(tables: Mapping[str, Table], customers: Iterable[str], as_of: dt.date) -> pd.DataFrame:
    """One row a customer, key customer_id, with COLUMNS: rows as they were known before `as_of`.

    `open_tickets`: ticket_id, opened, category of each, the oldest first. `contacts`: day, channel and
    response of the newest CONTACTS, the newest first. Both are empty lists where there is nothing.
    """
    ids = pd.DataFrame({"customer_id": list(customers)}, dtype="str")
    wanted = ibis.memtable(ids) if len(ids) else None
    rows = {} if wanted is None else {name: visible(table, wanted, as_of) for name, table in tables.items()
                                      if name in ("transactions", "tickets", "contacts")}  # fmt: skip
    bought = pd.DataFrame(
        columns=["customer_id", "first_purchase", "last_purchase", "purchases"], dtype="object"
    )
    if "transactions" in rows:
        bought = purchases(rows["transactions"])
    opened = open_tickets(rows["tickets"], as_of) if "tickets" in rows else Rows()
    texts = last_texts(rows["tickets"]) if "tickets" in rows else Rows()
    made = last_contacts(rows["contacts"], as_of) if "contacts" in rows else Rows()
    frame = ids.merge(bought.astype({"customer_id": "str"}), on="customer_id", how="left")
    names = frame["customer_id"].to_list()
    last = [(texts.get(name) or [{}])[0] for name in names]
    found: dict[str, list[Any]] = {
        "open_tickets": [opened.get(name, []) for name in names],
        "wrote_on": [one.get("day") for one in last],
        "wrote": [one.get("text") for one in last],
        "contacts": [made.get(name, []) for name in names],
    }
    return pd.concat([frame, pd.DataFrame(found, dtype="object")], axis=1)[COLUMNS]


def visible(table: Table, wanted: Table, as_of: dt.date) -> Table:
    """The rows of some customers that were known before a date."""
    return table.filter(table.known_at < midnight(as_of)).semi_join(wanted, "customer_id")


def purchases(table: Table) -> pd.DataFrame:
    """The days of the first and last purchase, and how many there were."""
    bought = table.filter(table.amount > 0)
    found: pd.DataFrame = (
        bought.group_by("customer_id")
        .aggregate(
            first_purchase=bought.occurred_at.min().cast("date"),
            last_purchase=bought.occurred_at.max().cast("date"),
            purchases=bought.transaction_id.nunique(),
        )
        .to_pandas()
    )
    return found


def open_tickets(table: Table, as_of: dt.date) -> Rows:
    """The tickets that had not visibly ended, the oldest first."""
    table = with_columns(table, resolved_at="timestamp", reopened_at="timestamp", category="string")
    moment = midnight(as_of)
    closed = (table.resolved_at < moment).fill_null(False)
    again = ((table.reopened_at < moment) & (table.reopened_at > table.resolved_at)).fill_null(False)
    open_now = table.filter(~closed | again).order_by("opened_at", "ticket_id")
    return grouped(
        open_now.select("customer_id", "ticket_id", "category", opened=open_now.opened_at.cast("date"))
    )


def last_texts(table: Table) -> Rows:
    """What customers wrote, the newest first."""
    table = with_columns(table, text="string")
    written = table.filter(table.text.notnull(), table.text.strip() != "")
    ordered = written.order_by(ibis.desc("opened_at"), "ticket_id")
    return grouped(ordered.select("customer_id", "text", day=ordered.opened_at.cast("date")), most=1)


def last_contacts(table: Table, as_of: dt.date) -> Rows:
    """The newest contacts; of the drawn controls nobody was contacted."""
    names = dict.fromkeys(("channel", "campaign", "response", "arm"), "string")
    table, moment = with_columns(table, **names, response_at="timestamp"), midnight(as_of)
    made = table.filter(table.contacted_at < moment, table.arm.isnull() | (table.arm != "control"))
    early = made.response_at.isnull() | (made.response_at < moment)
    ordered = made.mutate(response=ibis.cases((early, made.response))).order_by(ibis.desc("contacted_at"))
    day = ordered.contacted_at.cast("date")
    return grouped(ordered.select("customer_id", "channel", "response", day=day), most=CONTACTS)


def with_columns(table: Table, **kinds: str) -> Table:
    """The table with nulls for the columns that the source does not map."""
    absent = {name: ibis.null(kind) for name, kind in kinds.items() if name not in table.columns}
    return table.mutate(**absent) if absent else table


def grouped(table: Table, most: int | None = None) -> Rows:
    """The rows of each customer, in their order, as text; null as None."""
    found = Rows()
    frame: Any = table.to_pandas()
    for row in frame.to_dict("records"):
        cells = {key: None if pd.isna(value) else str(value) for key, value in row.items()}
        kept = found.setdefault(str(cells.pop("customer_id")), [])
        if most is None or len(kept) < most:
            kept.append({key: cell[:10] if cell and key in DAYS else cell for key, cell in cells.items()})
    return found

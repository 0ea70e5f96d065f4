"""The kinds of trouble with a night's input, and the words by which each must be refused or named."""

from typing import NamedTuple

import pandas as pd
from benchmarks.nights.changes import (
    Apply,
    again,
    all_orders,
    all_resolved,
    assign,
    broken_holdouts,
    dates,
    far_away,
    flood,
    half,
    orders,
    remove,
    shifted,
    swapped,
    table,
    times,
    tonight,
    write,
)
from benchmarks.nights.company import night_file

CUSTOMERS, TICKETS, SUBSCRIPTIONS = "customers.csv", "tickets.csv", "subscriptions.csv"
ISO = "%Y-%m-%d %H:%M:%S"
RENAMED = {"web": "online", "shop": "store", "phone": "call"}
MONTH = 30
COUNTRIES = {"LT": "Lithuania", "LV": "Latvia", "EE": "Estonia"}
NO = {"yes": "no", "no": "yes"}


class Trouble(NamedTuple):
    """One kind of trouble.

    Attributes:
        words: one of them must be in the error, or in the list's banner.
        expected: `named`: refused, or named on the banner; `nothing`: no reader should hear of it.
    """

    name: str
    apply: Apply
    words: tuple[str, ...] = ()
    expected: str = "named"


TROUBLES = (
    Trouble("amounts ×100, 30 nights", orders(times(100), MONTH), ("amount",)),
    Trouble("amounts ×100, tonight", orders(times(100)), ("amount",)),
    Trouble("amounts ÷100, 30 nights", orders(times(0.01), MONTH), ("amount",)),
    Trouble("amounts ÷100, tonight", orders(times(0.01)), ("amount",)),
    Trouble("amounts negative, tonight", orders(times(-1)), ("amount", "refund")),
    Trouble("amounts negative, 30 nights", orders(times(-1), MONTH), ("amount", "refund")),
    Trouble("amounts zero, tonight", orders(times(0)), ("amount",)),
    Trouble("amounts zero, 30 nights", orders(times(0), MONTH), ("amount",)),
    Trouble("new currency, tonight", orders(assign(currency="USD")), ("currency", "rejected")),
    Trouble("consent empty", table(CUSTOMERS, assign(may_contact="")), ("consent",)),
    Trouble("consent inverted", table(CUSTOMERS, assign(may_contact=NO.get)), ("consent",)),
    Trouble("consent all yes", table(CUSTOMERS, assign(may_contact="yes")), ("consent",)),
    Trouble(
        "consent column missing",
        table(CUSTOMERS, lambda rows: rows.drop(columns="may_contact")),
        ("contact",),
    ),
    Trouble("customers: half the file missing", table(CUSTOMERS, half), ("customers",)),
    Trouble(
        "customers: a tenth missing", table(CUSTOMERS, lambda rows: rows[rows.index % 10 > 0]), ("customers",)
    ),
    Trouble("customers: file missing", remove(lambda root, _: root / "raw" / CUSTOMERS), ("customers",)),
    Trouble(
        "customers: name and owner swapped", table(CUSTOMERS, swapped("name", "owner")), ("owner", "name")
    ),
    Trouble("customers: id and name swapped", table(CUSTOMERS, swapped("customer", "name")), ("customers",)),
    Trouble("customers: ids in lower case", table(CUSTOMERS, assign(customer=str.lower)), ("customers",)),
    Trouble("customers: ids with a prefix", table(CUSTOMERS, assign(customer="C-{}".format)), ("customers",)),
    Trouble(
        "customers: zeros of ids lost",
        table(CUSTOMERS, assign(customer=lambda one: one.lstrip("0"))),
        ("customers",),
    ),
    Trouble("country renamed", table(CUSTOMERS, assign(country=COUNTRIES.get)), ("country",)),
    Trouble("orders: half of tonight's rows missing", orders(half), ("transactions",)),
    Trouble("orders: half of all rows missing", all_orders(half), ("transactions",)),
    Trouble("orders cancelled, 30 nights", orders(assign(status="cancelled"), MONTH), ("transactions",)),
    Trouble("orders cancelled, tonight", orders(assign(status="cancelled")), ("transactions",)),
    Trouble(
        "tonight: every row rejected", orders(assign(at="31.02.2026 25:00")), ("rejected", "transactions")
    ),
    Trouble("tonight: truncated", tonight(lambda data: data[: len(data) // 3]), ("transactions",)),
    Trouble("tonight: empty", tonight(lambda _: b""), ("transactions",)),
    Trouble(
        "tonight: header only", tonight(lambda data: data.splitlines(keepends=True)[0]), ("transactions",)
    ),
    Trouble("tonight: file missing", remove(night_file), ("transactions",)),
    Trouble("tonight: delivered twice", again(0, "copy.csv"), ("twice", "transactions")),
    Trouble("last week: delivered twice", again(7, "copy.csv"), ("twice", "transactions")),
    Trouble("tonight: last night's file again", again(1), ("twice", "transactions")),
    Trouble("tonight: rows twice", orders(lambda rows: pd.concat([rows, rows])), ("twice", "transactions")),
    Trouble("tonight: ids in lower case", orders(assign(customer=str.lower)), ("customer",)),
    Trouble("tonight: ids with a prefix", orders(assign(customer="C-{}".format)), ("customer",)),
    Trouble(
        "tonight: zeros of ids lost", orders(assign(customer=lambda one: one.lstrip("0"))), ("customer",)
    ),
    Trouble("tonight: dates as 10/03/2026", orders(dates("%d/%m/%Y %H:%M")), ("occurred_at", "transactions")),
    Trouble("tonight: day and month swapped", orders(dates("%Y-%d-%m %H:%M:%S")), ("transactions",)),
    Trouble("tonight: a year ahead", orders(dates(ISO, pd.Timedelta(days=365))), ("transactions",)),
    Trouble("tonight: one row 90 days ahead", orders(far_away), (), "nothing"),
    # a third of the rows on the next day: too few to tell from a quiet day, and hardly any harm
    Trouble("tonight: nine hours ahead", orders(dates(ISO, pd.Timedelta(hours=9))), ("transactions",)),
    Trouble("channels renamed, tonight", orders(assign(channel=RENAMED.get)), ("channel",)),
    Trouble("channels renamed, 30 nights", orders(assign(channel=RENAMED.get), MONTH), ("channel",)),
    Trouble("category null, tonight", orders(assign(category="")), ("category",)),
    Trouble("category null, 30 nights", orders(assign(category=""), MONTH), ("category",)),
    Trouble("tonight: cells one column on", orders(shifted), ("transactions",)),
    Trouble(
        "tonight: UTF-16 without its mark",
        tonight(lambda data: data.decode().encode("utf-16-le")),
        ("transactions", "utf-8"),
    ),
    Trouble(
        "tonight: bytes of noise",
        tonight(lambda data: data[:200] + bytes(range(128, 256)) * 20),
        ("transactions", "utf-8"),
    ),
    Trouble("tickets: all resolved", table(TICKETS, all_resolved), ("tickets",)),
    Trouble("tickets: all open", table(TICKETS, assign(closed="")), ("tickets",)),
    Trouble("tickets: file missing", remove(lambda root, _: root / "raw" / TICKETS), ("tickets",)),
    Trouble("tickets: header only", table(TICKETS, lambda rows: rows.head(0)), ("tickets",)),
    Trouble("tickets: half missing", table(TICKETS, half), ("tickets",)),
    Trouble(
        "subscriptions end today",
        table(SUBSCRIPTIONS, assign(ended="2026-03-10 12:00:00")),
        ("subscriptions",),
    ),
    Trouble("do-not-contact empty", write("no.txt", ""), ("contact",)),
    Trouble("do-not-contact missing", remove(lambda root, _: root / "no.txt"), ("contact",)),
    Trouble("hold-outs unreadable", broken_holdouts, ("control group",)),
    Trouble("one customer with 100,000 rows", orders(flood(100_000)), ("transactions",)),
)

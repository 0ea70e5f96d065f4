"""A small shop that delivers a file of orders each night, and its other tables whole.

All raw files lie below `<root>/raw`, so that a copied root is a shop of its own.
"""

import contextlib
import csv
import datetime as dt
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from holdfast.cli import main

FIRST_DAY = dt.date(2025, 1, 6)
LAST_DAY = dt.date(2026, 3, 10)  # a Tuesday; the last night's file holds its orders
HOLIDAY = dt.date(2026, 2, 16)  # hardly an order
CUSTOMERS = 700
QUESTION = (
    "churn.horizon_days=30", "churn.active_within_days=90", "timeline.snapshots=8", "model.n_bags=1",
    "model.num_boost_round=60", "outreach.capacity=60", "outreach.win_back_days=0",
)  # fmt: skip
SOURCE = """
currency: EUR
tables:
  transactions:
    read: ${paths.root}/raw/orders
    where: status <> 'cancelled'
    columns: {customer_id: customer, transaction_id: order, occurred_at: at, amount: amount,
              currency: currency, channel: channel, category: category}
  tickets:
    read: ${paths.root}/raw/tickets.csv
    columns: {customer_id: customer, ticket_id: ticket, opened_at: opened, resolved_at: closed}
  customers:
    read: ${paths.root}/raw/customers.csv
    columns: {customer_id: customer, name: name, owner: owner, consent: may_contact, country: country}
    attributes: [country]
  subscriptions:
    read: ${paths.root}/raw/subscriptions.csv
    columns: {customer_id: customer, subscription_id: contract, started_at: started, ended_at: ended}
"""


class Called(NamedTuple):
    """What came of a command."""

    code: int
    said: str


def write_company(root: Path, last_day: dt.date = LAST_DAY) -> None:
    """Write the raw files until the morning after `last_day`, and the source file."""
    raw, conf = root / "raw", root / "conf" / "source"
    (raw / "orders").mkdir(parents=True)
    conf.mkdir(parents=True)
    (conf / "nights.yaml").write_text(SOURCE, encoding="utf-8")
    orders, random = make_orders(), np.random.default_rng(2)
    early = last_day - dt.timedelta(days=60)
    save(orders[orders["day"] <= early], raw / "orders" / "history.csv")
    for number in range(1, 61):
        write_night(root, early + dt.timedelta(days=number), orders)
    ids = names(range(CUSTOMERS))
    people = pd.DataFrame(
        {
            "customer": ids, "name": [f"Name {one}" for one in ids],
            "owner": random.choice(["Ann", "Bo"], CUSTOMERS),
            "may_contact": np.where(random.random(CUSTOMERS) < 0.2, "no", "yes"),
            "country": random.choice(["LT", "LV", "EE"], CUSTOMERS),
        }
    )  # fmt: skip
    people.to_csv(raw / "customers.csv", index=False)
    opened = pd.Timestamp(FIRST_DAY) + pd.to_timedelta(
        np.sort(random.uniform(0, (last_day - FIRST_DAY).days, 900)), unit="D"
    )
    closed = opened + pd.to_timedelta(random.exponential(3, 900), unit="D")
    tickets = pd.DataFrame({"customer": random.choice(ids, 900), "ticket": range(900), "opened": opened})
    tickets["closed"] = closed.where((closed < pd.Timestamp(last_day)) & (random.random(900) < 0.95))
    whole_seconds(tickets).to_csv(raw / "tickets.csv", index=False)
    started = pd.Series(
        pd.Timestamp(FIRST_DAY)
        + pd.to_timedelta(random.uniform(0, (last_day - FIRST_DAY).days, 200), unit="D")
    )
    contracts = pd.DataFrame({"customer": ids[:200], "contract": range(200), "started": started})
    contracts["ended"] = started.where(random.random(200) < 0.2) + pd.Timedelta(days=90)
    whole_seconds(contracts).to_csv(raw / "subscriptions.csv", index=False)
    (root / "no.txt").write_text("\n".join(ids[::23]), encoding="utf-8")


def make_orders() -> pd.DataFrame:
    """The orders of all days by time: a growing shop, quiet Sundays, a busy end of the month."""
    random = np.random.default_rng(1)
    span = (LAST_DAY - FIRST_DAY).days + 1
    weekday = [(FIRST_DAY + dt.timedelta(days=day)).weekday() for day in range(span)]
    rows = []
    for customer in range(CUSTOMERS):
        begin = 0.0 if customer < CUSTOMERS * 0.5 else random.uniform(0, span)
        rhythm, size = random.choice([1.5, 3, 6, 12, 25]), random.lognormal(3, 0.5)
        stop = begin + random.exponential(420)
        at = begin + random.uniform(0, rhythm)
        while at < min(stop, span):
            day = FIRST_DAY + dt.timedelta(days=int(at))
            quiet = weekday[int(at)] == 6 and random.random() < 0.6
            late = day.day > 27 and random.random() < 0.25
            if not quiet and (day != HOLIDAY or random.random() < 0.05):
                rows += [(customer, at, round(size * random.lognormal(0, 0.4), 2))] * (1 + late)
            at += rhythm * random.uniform(0.7, 1.3)
    orders = pd.DataFrame(rows, columns=["customer", "at", "amount"]).sort_values("at", ignore_index=True)
    orders["day"] = [FIRST_DAY + dt.timedelta(days=int(at)) for at in orders["at"]]
    orders["at"] = pd.Timestamp(FIRST_DAY) + pd.to_timedelta(orders["at"], unit="D")
    orders["customer"], orders["order"] = names(orders["customer"]), range(len(orders))
    orders["currency"], orders["status"] = (
        "EUR",
        np.where(random.random(len(orders)) < 0.03, "cancelled", "paid"),
    )
    orders["channel"] = random.choice(["web", "shop", "phone"], len(orders), p=[0.6, 0.3, 0.1])
    orders["category"] = random.choice(["tea", "cups", "gifts"], len(orders))
    return whole_seconds(orders)


def names(numbers: object) -> list[str]:
    """Customer ids: a few letters' case, leading zeros and a check digit that a careless export loses."""
    return [f"{number:04d}K" if number % 2 else f"{number:05d}" for number in numbers]  # type: ignore[attr-defined]


def whole_seconds(table: pd.DataFrame) -> pd.DataFrame:
    """The times of a table to the second."""
    times = table.select_dtypes("datetime").columns
    return table.assign(**{name: table[name].dt.floor("s") for name in times})


def write_night(root: Path, day: dt.date, orders: pd.DataFrame) -> None:
    """The file of one day's orders."""
    save(orders[orders["day"] == day], night_file(root, day))


def save(orders: pd.DataFrame, path: Path) -> None:
    """A file of orders."""
    orders[["customer", "order", "at", "amount", "currency", "status", "channel", "category"]].to_csv(
        path, index=False, quoting=csv.QUOTE_MINIMAL
    )


def night_file(root: Path, day: dt.date) -> Path:
    """The file of one day's orders."""
    return root / "raw" / "orders" / f"{day}.csv"


def holdfast(root: Path, command: str, day: dt.date, *words: str) -> Called:
    """One command below a root, in this process."""
    given = (
        command, "source=nights", "tracking=off", f"paths.root={root}", f"as_of={day}",
        f"outreach.do_not_contact={root / 'no.txt'}", *QUESTION, *words, "--config-dir", str(root / "conf"),
    )  # fmt: skip
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(given))
    return Called(code, out.getvalue() + err.getvalue())

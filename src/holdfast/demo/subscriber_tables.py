"""The raw tables of the demo company that sells subscriptions, and the truth about who left and why."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.demo.columns import Clock, labels, money
from holdfast.demo.customers import consents, draw_persons, name_customers
from holdfast.demo.market import COUNTRIES
from holdfast.demo.settings import DemoSettings
from holdfast.demo.subscribers import PLANS, RETRY_DAYS, Life, live
from holdfast.demo.support import DAY

TABLES = ("customers", "subscriptions", "charges", "tickets", "activity")
NEVER = 10**6  # days: later than the end of any tables

# The truth: key customer_id. left_on: null if they stayed. first_failed_on: of the invoice they were lost by.
TRUTH = pa.schema(
    {
        "customer_id": pa.string(), "left_on": pa.timestamp("us"), "involuntary": pa.bool_(),
        "first_failed_on": pa.timestamp("us"),
    }
)  # fmt: skip


class SubscriberChunk(NamedTuple):
    """A chunk of customers: their number, the raw tables by name, and the truth."""

    customers: int
    tables: dict[str, pa.Table]
    truth: pa.Table


def simulate_subscribers(settings: DemoSettings, seed: int) -> Iterator[SubscriberChunk]:
    """A company's raw tables and the truth, one chunk of customers at a time."""
    clock = Clock(settings.end - timedelta(days=settings.days), settings.days)
    for first in range(0, settings.customers, settings.chunk_customers):
        count = min(settings.chunk_customers, settings.customers - first)
        persons = draw_persons(first, count, settings.days, seed)
        lives = [
            live(int(number), float(signed_up), settings.days, seed)
            for number, signed_up in zip(persons["customer"], persons["signed_up"], strict=True)
        ]
        ids = [f"S{number:06d}" for number in persons["customer"]]
        tables = {
            "customers": tabulate_customers(ids, persons, seed),
            "subscriptions": tabulate_subscriptions(ids, lives, clock),
            "charges": tabulate_charges(ids, lives, clock),
            "tickets": tabulate_tickets(ids, lives, clock),
            "activity": tabulate_activity(ids, lives, clock),
        }
        yield SubscriberChunk(count, tables, tabulate_truth(ids, lives, clock))


def times(clock: Clock, days: Sequence[float] | NDArray[np.float64]) -> pa.Array:
    """Times of day numbers; null from the end of the tables on."""
    known = np.nan_to_num(np.asarray(days, np.float64), posinf=NEVER)
    return clock.moments(np.round(known * DAY).astype(np.int64))


def visible(clock: Clock, rows: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """The rows (customer's place, row) whose time, the row's first value, lies within the tables."""
    return [(place, row) for place, row in rows if 0 <= row[0] < clock.days]


def tabulate_customers(ids: list[str], persons: NDArray[Any], seed: int) -> pa.Table:
    """One row a customer."""
    names, owners = name_customers(persons["country"], persons["customer"], seed)
    country = persons["country"]
    return pa.table(
        {
            "account": ids, "full_name": names, "account_manager": owners,
            "country_code": labels([each.code for each in COUNTRIES], country),
            "preferred_language": labels([each.language for each in COUNTRIES], country),
            "may_contact": pa.array(consents(persons["customer"], seed), pa.bool_()),
        }
    )  # fmt: skip


def tabulate_subscriptions(ids: list[str], lives: list[Life], clock: Clock) -> pa.Table:
    """One row a subscription that began within the tables or before."""
    plan = np.array([life.plan for life in lives])
    table = pa.table(
        {
            "account": ids,
            "contract_no": [f"{name}-1" for name in ids],
            "begins": times(clock, [life.started for life in lives]),
            "notice_on": times(clock, [life.notice for life in lives]),
            "ends": times(clock, [life.ended for life in lives]),
            "tier": labels([name for name, _ in PLANS], plan),
            "price": money(np.array([price for _, price in PLANS])[plan]),
        }
    )
    return table.filter(table["begins"].is_valid())


def tabulate_charges(ids: list[str], lives: list[Life], clock: Clock) -> pa.Table:
    """One row an attempt to charge an invoice."""
    rows = visible(clock, [(place, row) for place, life in enumerate(lives) for row in life.charges])
    invoices = [f"{ids[place]}-{row[1]:03d}" for place, row in rows]
    prices = np.array([price for _, price in PLANS])[[lives[place].plan for place, _ in rows]]
    ahead = np.array([row[4] for _, row in rows])
    return pa.table(
        {
            "account": [ids[place] for place, _ in rows],
            "charge_no": [f"{name}-{row[2]}" for name, (_, row) in zip(invoices, rows, strict=True)],
            "invoice_no": invoices,
            "contract_no": [f"{ids[place]}-1" for place, _ in rows],
            "tried_at": times(clock, [row[0] for _, row in rows]),
            "outcome": ["ok" if row[3] is None else "declined" for _, row in rows],
            "decline_reason": pa.array([row[3] for _, row in rows], pa.string()),
            "retry_at": pa.array(
                np.datetime64(clock.first, "us")
                + np.round(np.where(np.isfinite(ahead), ahead, 0) * DAY).astype("timedelta64[s]"),
                mask=~np.isfinite(ahead),
            ),
            "eur": money(prices),
        }
    )  # fmt: skip


def tabulate_tickets(ids: list[str], lives: list[Life], clock: Clock) -> pa.Table:
    """One row a ticket."""
    rows = visible(clock, [(place, row) for place, life in enumerate(lives) for row in life.tickets])
    closed = np.array([row[0] + row[2] / 24 for _, row in rows])
    rated = np.array([row[3] > 0 for _, row in rows], bool) & (closed < clock.days)
    rating = np.array([row[3] for _, row in rows], float)
    return pa.table(
        {
            "account": [ids[place] for place, _ in rows],
            "ticket_no": [f"T-{ids[place]}-{number}" for number, (place, _) in enumerate(rows)],
            "created_at": times(clock, [row[0] for _, row in rows]),
            "closed_at": times(clock, closed),
            "topic": [row[1] for _, row in rows],
            "rating": pa.array(rating, mask=~rated),
            "rated_at": times(clock, np.where(rated, closed, np.inf)),
        }
    )


def tabulate_activity(ids: list[str], lives: list[Life], clock: Clock) -> pa.Table:
    """One row a use of the product."""
    place = np.repeat(np.arange(len(lives)), [len(life.used) for life in lives])
    used = np.concatenate([life.used for life in lives]) if lives else np.empty(0)
    table = pa.table({"account": labels(ids, place), "used_at": times(clock, used)})
    return table.filter(table["used_at"].is_valid()).append_column(
        "action", pa.array(["open"] * int((used < clock.days).sum()), pa.string())
    )


def tabulate_truth(ids: list[str], lives: list[Life], clock: Clock) -> pa.Table:
    """TRUTH of every customer."""
    lost = [life.involuntary and life.ended < clock.days for life in lives]
    first = [life.ended - RETRY_DAYS[-1] if gone else np.inf for life, gone in zip(lives, lost, strict=True)]
    return pa.table(
        [
            pa.array(ids), times(clock, [life.ended for life in lives]), pa.array(lost),
            times(clock, first),
        ],
        schema=TRUTH,
    )  # fmt: skip

"""Simulate the demo company in chunks of customers: raw tables and true churn probabilities."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.demo.behaviour import live
from holdfast.demo.columns import Clock
from holdfast.demo.customers import draw_persons
from holdfast.demo.facts import Book, closed, grown, new_book
from holdfast.demo.market import Market, build_market
from holdfast.demo.relations import (
    tabulate_activity,
    tabulate_answers,
    tabulate_contacts,
    tabulate_customers,
    tabulate_tickets,
)
from holdfast.demo.sales import place, tabulate_lines, tabulate_orders, tabulate_refunds
from holdfast.demo.settings import DemoSettings
from holdfast.demo.subscriber_tables import SubscriberChunk
from holdfast.demo.truth import tabulate_truth

TABLES = (
    "customers", "orders", "order_lines", "refunds", "tickets", "contacts", "web_activity", "nps_answers",
)  # fmt: skip


class Chunk(NamedTuple):
    """A chunk of customers.

    Attributes:
        customers: their number.
        tables: the raw tables by name.
        truth: their true churn probabilities (see `truth.SCHEMA`).
    """

    customers: int
    tables: dict[str, pa.Table]
    truth: pa.Table


@dataclass
class DemoReport:
    """Counts of the simulation so far.

    Attributes:
        first_day, end: the raw tables cover `[first_day, end)`.
        rows: rows of each raw table.
        truth_rows: pairs of customer and as-of date with a true probability; with subscriptions, customers.
    """

    first_day: date
    end: date
    customers: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    truth_rows: int = 0
    _truth_sum: float = field(default=0.0, compare=False)  # its last digits depend on the chunk size

    @classmethod
    def begin(cls, settings: DemoSettings) -> "DemoReport":
        """An empty report."""
        return cls(settings.end - timedelta(days=settings.days), settings.end)

    def add(self, chunk: "Chunk | SubscriberChunk") -> None:
        """Add the counts of a chunk."""
        self.customers += chunk.customers
        for name, table in chunk.tables.items():
            self.rows[name] = self.rows.get(name, 0) + table.num_rows
        self.truth_rows += chunk.truth.num_rows
        if "churn_probability" in chunk.truth.column_names:
            self._truth_sum += float(chunk.truth["churn_probability"].to_numpy().sum())

    @property
    def churn_rate(self) -> float | None:
        """The mean of the true probabilities; None: there are none."""
        return round(self._truth_sum / self.truth_rows, 6) if self.truth_rows else None


def chunk_count(settings: DemoSettings) -> int:
    """The number of chunks of `simulate_company`."""
    return -(-settings.customers // settings.chunk_customers)


def simulate_company(settings: DemoSettings, seed: int) -> Iterator[Chunk]:
    """A company's raw tables and its true churn probabilities, one chunk of customers at a time.

    The same settings and seed give the same chunks.
    """
    clock = Clock(settings.end - timedelta(days=settings.days), settings.days)
    market = build_market(settings, seed)
    for first in range(0, settings.customers, settings.chunk_customers):
        count = min(settings.chunk_customers, settings.customers - first)
        persons = draw_persons(first, count, settings.days, seed)
        book = _book_of(persons, market, settings)
        truth = tabulate_truth(book.truths, settings, clock)
        yield Chunk(count, _tables(persons, book, clock, seed, control_groups=settings.control_groups), truth)


def _book_of(persons: NDArray[Any], market: Market, settings: DemoSettings) -> Book:
    """The facts of a chunk of customers."""
    days = settings.days + len(market.truth_days)
    book, done = new_book(16 * len(persons)), 0
    while done < len(persons):
        book = grown(book, days)
        done = live(persons, done, market, book)
    return closed(book)


def _tables(
    persons: NDArray[Any], book: Book, clock: Clock, seed: int, *, control_groups: bool
) -> dict[str, pa.Table]:
    """The raw tables of a chunk, by name."""
    first = int(persons["customer"][0])

    def country_of(records: NDArray[Any]) -> NDArray[np.int64]:
        return np.asarray(persons["country"][records["customer"] - first], dtype=np.int64)

    made = place(book.orders, book.lines, clock.days, seed)
    return {
        "customers": tabulate_customers(persons, clock, seed),
        "orders": tabulate_orders(made, country_of(made.order), clock, seed),
        "order_lines": tabulate_lines(made, clock, seed),
        "refunds": tabulate_refunds(book.refunds, clock),
        "tickets": tabulate_tickets(book.tickets, country_of(book.tickets), clock, seed),
        "contacts": tabulate_contacts(book.contacts, clock, control_groups=control_groups),
        "web_activity": tabulate_activity(book.visits, clock),
        "nps_answers": tabulate_answers(book.answers, clock),
    }

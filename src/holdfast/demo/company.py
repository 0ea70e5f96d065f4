"""Simulate the demo company: chunk by chunk of customers, raw tables as Parquet, the truth beside them."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from holdfast.demo.behaviour import live
from holdfast.demo.columns import Clock
from holdfast.demo.customers import draw_persons
from holdfast.demo.facts import Book, closed, new_book
from holdfast.demo.market import build_market
from holdfast.demo.relations import (
    tabulate_activity,
    tabulate_answers,
    tabulate_contacts,
    tabulate_customers,
    tabulate_tickets,
)
from holdfast.demo.sales import place, tabulate_lines, tabulate_orders, tabulate_refunds
from holdfast.demo.settings import DemoSettings
from holdfast.demo.truth import SCHEMA, tabulate_truth
from holdfast.storage import writing

TABLES = (
    "customers",
    "orders",
    "order_lines",
    "refunds",
    "tickets",
    "contacts",
    "web_activity",
    "nps_answers",
)


@dataclass(frozen=True)
class DemoReport:
    """What was simulated.

    Attributes:
        first_day, end: the raw tables hold what was known in `[first_day, end)`.
        rows: of each raw table.
        truth_rows: pairs of customer and as-of date whose true probability is known.
        churn_rate: mean of the true probabilities; None where there are none.
    """

    customers: int
    first_day: date
    end: date
    rows: dict[str, int]
    truth_rows: int
    churn_rate: float | None

    def to_dict(self) -> dict[str, Any]:
        """The report with dates as text, for a manifest."""
        return {**asdict(self), "first_day": self.first_day.isoformat(), "end": self.end.isoformat()}


def simulate(
    settings: DemoSettings, seed: int, raw: Path, truth: Path, progress: Callable[[str], None]
) -> DemoReport:
    """Write a company's raw tables and its true churn probabilities.

    The same settings and seed give the same bytes. No more than one chunk of customers is held at a time.

    Args:
        raw: folder; each table becomes `<raw>/<table>/part-000.parquet` and so on, in place of what was
            there.
        truth: Parquet file, replaced in one step.
        progress: told what has been done, a line each.
    """
    clock = Clock(settings.end - timedelta(days=settings.days), settings.days)
    for name in TABLES:
        shutil.rmtree(raw / name, ignore_errors=True)
        (raw / name).mkdir(parents=True)
    rows = dict.fromkeys(TABLES, 0)
    truth_rows, truth_sum, done = 0, 0.0, 0
    width = max(3, len(str((settings.customers - 1) // settings.chunk_customers)))
    progress(f"simulating {settings.customers:,} customers from {clock.first} until {settings.end}")
    with writing(truth) as unfinished, pq.ParquetWriter(unfinished, SCHEMA, compression="zstd") as true_rows:
        for number, (persons, book) in enumerate(_chunks(settings, seed)):
            for name, table in _tables(persons, book, clock, seed).items():
                pq.write_table(table, raw / name / f"part-{number:0{width}d}.parquet", compression="zstd")
                rows[name] += table.num_rows
            true_rows.write_table(tabulate_truth(book.truths, settings, clock))
            truth_rows += len(book.truths)
            truth_sum += float(book.truths["probability"].sum())
            done += len(persons)
            progress(f"{done:,} of {settings.customers:,} customers, {rows['order_lines']:,} order lines")
    rate = (
        round(truth_sum / truth_rows, 6) if truth_rows else None
    )  # sums differ by chunks in the last digits
    return DemoReport(settings.customers, clock.first, settings.end, rows, truth_rows, rate)


def _chunks(settings: DemoSettings, seed: int) -> Iterator[tuple[NDArray[Any], Book]]:
    """The customers of one chunk after another, and what they did."""
    market = build_market(settings, seed)
    for first in range(0, settings.customers, settings.chunk_customers):
        count = min(settings.chunk_customers, settings.customers - first)
        persons = draw_persons(first, count, settings.days, seed)
        yield persons, closed(live(persons, market, new_book(16 * count)))


def _tables(persons: NDArray[Any], book: Book, clock: Clock, seed: int) -> dict[str, pa.Table]:
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
        "contacts": tabulate_contacts(book.contacts, clock),
        "web_activity": tabulate_activity(book.visits, clock),
        "nps_answers": tabulate_answers(book.answers, clock),
    }

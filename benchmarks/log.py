"""The generated log: validated transactions of a company that does not exist, as large as asked for.

One row a line of an order, in the order of time, as `validate` would have written it. Made slice by slice of
thirty days, so that memory is bounded by a slice and the customers. What a peer may build on: the lines
of an order occur at one moment. What it may not: lines of one order can be known on different days.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from holdfast.engine.duckdb import ROW_GROUP_ROWS
from holdfast.files import hash_json, replacing, sha256_file

LAST_AS_OF = dt.date(2025, 12, 1)
HISTORY_DAYS = 366  # before the first as-of date: twice the longest window, so that no window is unseen
FUTURE_DAYS = 30  # after the last one: rows that nobody may see
SLICE_DAYS = 30
DAY_SECONDS = 86_400
STANDING_SHARE, MEAN_STAY_DAYS = 0.8, 2_000.0
RATE_SPREAD = 0.8  # of the logarithm of orders a day
LINES_AN_ORDER = 1.6
LATE_SHARE, LATEST_DAYS = 0.05, 14
REFUND_SHARE = 0.04
DISCOUNT_SHARE = 0.3

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class LogSettings:
    """What makes a log: the same settings give the same bytes.

    Attributes:
        transactions: lines, on average over seeds.
        customers: those who exist; a few never buy.
        dates: monthly as-of dates, the last on LAST_AS_OF.
        seed: of everything random.
    """

    transactions: int
    customers: int
    dates: int
    seed: int

    def as_of_dates(self) -> tuple[dt.date, ...]:
        """The first days of so many months, oldest first."""
        months = [LAST_AS_OF.year * 12 + LAST_AS_OF.month - 1 - back for back in range(self.dates)]
        return tuple(dt.date(month // 12, month % 12 + 1, 1) for month in reversed(months))

    def first_day(self) -> dt.date:
        """The day on which the log begins."""
        return self.as_of_dates()[0] - dt.timedelta(days=HISTORY_DAYS)

    def days(self) -> int:
        """How many days the log has."""
        return (LAST_AS_OF - self.first_day()).days + FUTURE_DAYS


def standing_log(settings: LogSettings, folder: Path) -> Path:
    """The log's file below `folder`, made where it does not stand for the same settings and code."""
    made_by = hash_json([dataclasses.asdict(settings), sha256_file(Path(__file__)), np.__version__])
    path = folder / f"transactions-{settings.transactions}-{settings.customers}-{made_by[:12]}.parquet"
    if not path.is_file():
        write_log(settings, path)
    return path


def write_log(settings: LogSettings, path: Path) -> None:
    """Write the log as one Parquet file, with the settings of validated tables."""
    random = np.random.default_rng(settings.seed)
    company = Customers.draw(settings, random)
    orders = 0
    with replacing(path) as temporary, pq.ParquetWriter(temporary, SCHEMA, compression="zstd") as writer:
        for first, last in slices(settings.days()):
            lines, made = draw_lines(settings, company, first, last, orders, random)
            orders += made
            writer.write_table(lines, row_group_size=ROW_GROUP_ROWS)


SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "transaction_id": pa.string(),
        "occurred_at": pa.timestamp("us"),
        "amount": pa.float64(),
        "known_at": pa.timestamp("us"),
        "quantity": pa.float64(),
        "discount": pa.float64(),
    }
)


@dataclasses.dataclass(frozen=True)
class Customers:
    """Who buys, from when to when, and how often.

    Attributes:
        ids: (customers,) as text.
        start, end: (customers,) days after the log's first day.
        rate: (customers,) orders a day while active; skewed: a few buy very often.
    """

    ids: pa.Array
    start: Floats
    end: Floats
    rate: Floats

    @classmethod
    def draw(cls, settings: LogSettings, random: np.random.Generator) -> "Customers":
        """Most were there before the log began; the others join during it; all leave some day."""
        count, days = settings.customers, settings.days()
        start = np.where(random.random(count) < STANDING_SHARE, 0.0, random.random(count) * days)
        end = np.minimum(start + random.exponential(MEAN_STAY_DAYS, count), days)
        rate = random.lognormal(0.0, RATE_SPREAD, count)
        rate *= settings.transactions / LINES_AN_ORDER / float(rate @ (end - start))
        return cls(texts("c", np.arange(count)), start, end, rate)


def slices(days: int) -> Iterator[tuple[int, int]]:
    """The log's days in pieces: first day and the day after the last."""
    for first in range(0, days, SLICE_DAYS):
        yield first, min(first + SLICE_DAYS, days)


def draw_lines(
    settings: LogSettings,
    company: Customers,
    first: int,
    last: int,
    orders_before: int,
    random: np.random.Generator,
) -> tuple[pa.Table, int]:
    """The lines of one slice of days in the order of time, and of how many orders they are."""
    since, until = np.maximum(company.start, first), np.minimum(company.end, last)
    orders = random.poisson(company.rate * np.maximum(until - since, 0.0))
    buyer = np.repeat(np.arange(len(orders)), orders)
    moment = since[buyer] + random.random(len(buyer)) * (until - since)[buyer]
    in_time = np.argsort(moment, kind="stable")
    buyer, moment = buyer[in_time], moment[in_time]
    order = np.repeat(np.arange(len(buyer)), 1 + random.poisson(LINES_AN_ORDER - 1.0, len(buyer)))
    refund = (random.random(len(buyer)) < REFUND_SHARE)[order]
    quantity = np.where(refund, -1.0, 1.0) * (1 + random.poisson(1.0, len(order)))
    list_price = np.abs(quantity) * np.round(random.lognormal(2.5, 0.8, len(order)) + 0.05, 2)
    reduced = (random.random(len(order)) < DISCOUNT_SHARE) & ~refund
    discount = np.where(reduced, np.round(list_price * 0.3 * random.random(len(order)), 2), 0.0)
    amount = np.round(np.where(refund, -list_price, list_price - discount), 2)
    occurred = (moment[order] * DAY_SECONDS).astype(np.int64)
    late = random.random(len(order)) < LATE_SHARE
    delay = DAY_SECONDS * (1 + random.random(len(order)) * (LATEST_DAYS - 1))
    known = occurred + np.where(late, delay, 0.0).astype(np.int64)
    columns = [
        company.ids.take(pa.array(buyer[order])),
        texts("o", order + orders_before),
        times(settings.first_day(), occurred),
        pa.array(amount),
        times(settings.first_day(), known),
        pa.array(quantity),
        pa.array(discount),
    ]
    return pa.table(columns, schema=SCHEMA), len(buyer)


def texts(letter: str, numbers: NDArray[np.int64]) -> pa.Array:
    """Ids as text: a letter and nine digits."""
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 9, "0")
    return pc.binary_join_element_wise(letter, digits, "")


def times(first_day: dt.date, seconds: NDArray[np.int64]) -> pa.Array:
    """Seconds after the start of the log as wall-clock times."""
    start = (first_day - dt.date(1970, 1, 1)).days * DAY_SECONDS
    return pa.array((seconds + start) * 1_000_000).cast(pa.timestamp("us"))

"""The records of the simulation: one layout for each kind of fact, and the book that holds them.

Times are seconds since midnight of day 0; -1: did not happen before the end. Customer numbers start at 0.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.demo.chance import compiled

Records = NDArray[Any]

FRACTIONS = {"value", "price", "discount", "amount", "probability", "habit", "mood", "shock"}


def layout(names: str) -> np.dtype[Any]:
    """The layout of a record with these numbers: FRACTIONS are floats, all others whole."""
    return np.dtype([(name, "f8" if name in FRACTIONS else "i8") for name in names.split()])


ORDER = layout("customer order placed value")
LINE = layout("customer order number product units price discount")
REFUND = layout("customer order product refunded amount topic")
TICKET = layout(
    "customer ticket order product waited opened answered resolved reopened rated topic urgency medium tone "
    "again score"
)
CONTACT = layout("customer campaign sent medium reaction reacted control")
VISIT = layout("customer day action times last")
ANSWER = layout("customer answered score")
TRUTH = layout("customer day probability habit mood shock")

ORDERS, LINES, REFUNDS, TICKETS, CONTACTS, TRUTHS, VISITS, ANSWERS = range(8)
DAILY = np.array([1, 6, 5, 4, 1, 1, 3, 1])  # the most records of each kind that a customer adds in a day


class Book(NamedTuple):
    """The facts of a chunk of customers: `used[KIND]` of the `room[KIND]` records of a kind are filled."""

    orders: Records
    lines: Records
    refunds: Records
    tickets: Records
    contacts: Records
    truths: Records
    visits: Records
    answers: Records
    room: NDArray[np.int64]
    used: NDArray[np.int64]


def new_book(rows: int) -> Book:
    """An empty book with room for `rows` records of each kind."""
    kinds = (ORDER, LINE, REFUND, TICKET, CONTACT, TRUTH, VISIT, ANSWER)
    room = np.full(len(kinds), rows, np.int64)
    return Book._make([*(np.zeros(rows, kind) for kind in kinds), room, np.zeros(len(kinds), np.int64)])


def closed(book: Book) -> Book:
    """The same book without its empty records."""
    filled = [records[: book.used[kind]] for kind, records in enumerate(book[:-2])]
    return Book._make([*filled, book.used, book.used])


def grown(book: Book, days: int) -> Book:
    """The book with room for the facts of at least one more customer in `days` days."""
    needed = book.used + DAILY * days
    records = [
        larger(records, size) if size > len(records) else records
        for records, size in zip(book[:-2], needed, strict=True)
    ]
    return Book._make([*records, np.array([len(kind) for kind in records]), book.used])


def larger(records: Records, rows: int) -> Records:
    """A copy of the records with room for `rows` of them and as many again as now."""
    copy = np.zeros(len(records) + rows, records.dtype)
    copy[: len(records)] = records
    return copy


@compiled
def is_full(book: Book, days: int) -> bool:
    """Whether the facts of one more customer in `days` days might not fit."""
    full = False
    for kind in range(len(DAILY)):
        full |= book.used[kind] + DAILY[kind] * days > book.room[kind]
    return full

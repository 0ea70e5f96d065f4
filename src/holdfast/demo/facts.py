"""The records of the simulation: one layout for each kind of fact, and the book that holds them.

Times are seconds since midnight of day 0; -1: did not happen before the end. Customer numbers start at 0.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.demo.chance import compiled

Records = NDArray[Any]

ORDER = np.dtype([("customer", "i8"), ("order", "i8"), ("placed", "i8"), ("value", "f8")])
LINE = np.dtype(
    [
        ("customer", "i8"),
        ("order", "i8"),
        ("number", "i8"),
        ("product", "i8"),
        ("units", "i8"),
        ("price", "f8"),
        ("discount", "f8"),
    ]
)
REFUND = np.dtype(
    [
        ("customer", "i8"),
        ("order", "i8"),
        ("product", "i8"),
        ("refunded", "i8"),
        ("amount", "f8"),
        ("topic", "i8"),
    ]
)
TICKET = np.dtype(
    [
        ("customer", "i8"),
        ("ticket", "i8"),
        ("order", "i8"),
        ("product", "i8"),
        ("waited", "i8"),
        ("opened", "i8"),
        ("answered", "i8"),
        ("resolved", "i8"),
        ("reopened", "i8"),
        ("rated", "i8"),
        ("topic", "i8"),
        ("urgency", "i8"),
        ("medium", "i8"),
        ("tone", "i8"),
        ("again", "i8"),
        ("score", "i8"),
    ]
)
CONTACT = np.dtype(
    [
        ("customer", "i8"),
        ("campaign", "i8"),
        ("sent", "i8"),
        ("medium", "i8"),
        ("reaction", "i8"),
        ("reacted", "i8"),
    ]
)
VISIT = np.dtype([("customer", "i8"), ("day", "i8"), ("action", "i8"), ("times", "i8"), ("last", "i8")])
ANSWER = np.dtype([("customer", "i8"), ("answered", "i8"), ("score", "i8")])
TRUTH = np.dtype(
    [
        ("customer", "i8"),
        ("day", "i8"),
        ("probability", "f8"),
        ("habit", "f8"),
        ("mood", "f8"),
        ("shock", "f8"),
    ]
)

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

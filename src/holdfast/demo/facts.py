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


class Book(NamedTuple):
    """The facts of a chunk of customers; `used[KIND]` is the number of filled records of a kind."""

    orders: Records
    lines: Records
    refunds: Records
    tickets: Records
    contacts: Records
    truths: Records
    visits: Records
    answers: Records
    used: NDArray[np.int64]


def new_book(rows: int) -> Book:
    """An empty book with room for `rows` records of each kind; it grows as it fills."""
    kinds = (ORDER, LINE, REFUND, TICKET, CONTACT, TRUTH, VISIT, ANSWER)
    return Book._make([*(np.zeros(rows, kind) for kind in kinds), np.zeros(len(kinds), np.int64)])


def closed(book: Book) -> Book:
    """The same book without its empty records."""
    filled = [records[: book.used[kind]] for kind, records in enumerate(book[:-1])]
    return Book._make([*filled, book.used])


@compiled
def with_room(records: Records, used: int, needed: int) -> Records:
    """The records, enlarged if `needed` new ones would not fit."""
    if used + needed <= len(records):
        return records
    larger = np.zeros(2 * len(records) + needed, records.dtype)
    larger[:used] = records[:used]
    return larger


@compiled
def grown(book: Book, days: int) -> Book:
    """The book with room for the facts of one customer in `days` days."""
    used = book.used
    return Book(
        with_room(book.orders, used[ORDERS], days),
        with_room(book.lines, used[LINES], 6 * days),
        with_room(book.refunds, used[REFUNDS], 5 * days),
        with_room(book.tickets, used[TICKETS], 4 * days),
        with_room(book.contacts, used[CONTACTS], days),
        with_room(book.truths, used[TRUTHS], days),
        with_room(book.visits, used[VISITS], 3 * days),
        with_room(book.answers, used[ANSWERS], days),
        used,
    )

"""A log without its future, and the same past with another future: what no feature may tell apart.

A row's future at an as-of date is the whole row where it was known at or after that date; of rows known
earlier, the facts that came later (an answer, a resolution, a rating, an end): each is known at the later
of its own time and the row's `known_at`. Values agreed in advance (`renews_at`) stand as they are.
"""

import datetime as dt
from collections.abc import Mapping
from functools import reduce
from operator import add

import ibis
from ibis import Table, Value

from holdfast.contracts.tables import CONTRACTS

# Of each table, the times of later facts, and the values that came with them.
LATER: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "tickets": {"first_response_at": (), "resolved_at": (), "reopened_at": (), "csat_at": ("csat",)},
    "customers": {"signed_up_at": ()},
    "subscriptions": {"cancelled_at": (), "ended_at": ()},
    "contacts": {"response_at": ("response",)},
}
DAY_SECONDS = 86_400
FUTURE_DAYS = 200  # how far ahead an invented future reaches
PAST_DAYS = 500  # how far back invented late rows reach
TEXT = "holdfast__row"


def without_future(name: str, table: Table, day: dt.date) -> Table:
    """What of a validated table was known before `day`: later rows gone, later facts of earlier ones null.

    The columns stay the same. A value that came with a later fact but has no time of its own (a response
    without `response_at`) was known at no date that could be named: it goes too.
    """
    past = known_before(table, day)
    blank: dict[str, Value] = {}
    for time, values in later_facts(name, table).items():
        seen = past[time] < midnight(day) if time in past.columns else ibis.literal(False)
        for column in (time, *values):
            if column in past.columns:
                blank[column] = seen.ifelse(past[column], ibis.null(past[column].type()))
    return past.select(**{column: blank.get(column, past[column]) for column in table.columns})


def with_other_future(name: str, table: Table, day: dt.date, seed: int, among: Table | None = None) -> Table:
    """The same past with an invented future: known at `day` exactly, or later.

    Later facts are moved, or come where none came, with other values; future rows get other times (some
    lie before `day`: late rows), other customers and each other's values; and a third of the past rows
    comes again as late rows of the same orders, products and tickets. The seed and each row itself decide
    what becomes of it, not the order of the rows.

    Args:
        among: only rows of these customers (column customer_id) get a future; None: of all.
    """
    parts = [altered(name, with_text(known_before(table, day), seed), day)]
    if name != "customers" or "valid_from" in table.columns:  # a row that was always so has no future
        chosen = table if among is None else table.semi_join(among, "customer_id")
        chosen = with_text(chosen, seed)
        future = chosen.filter(chosen.known_at >= midnight(day))
        again = chosen.filter((chosen.known_at < midnight(day)) & (draw(chosen, "again", 3) == 0))
        parts += [exchanged(moved(name, future, day)), moved(name, again, day)]
    same = [
        part.select(**{column: part[column].cast(table[column].type()) for column in table.columns})
        for part in parts
    ]
    return ibis.union(*same) if len(same) > 1 else same[0]


def known_before(table: Table, day: dt.date) -> Table:
    """The rows known before a day; null `known_at`: always known."""
    return table.filter(table.known_at.isnull() | (table.known_at < midnight(day)))


def later_facts(name: str, table: Table) -> dict[str, tuple[str, ...]]:
    """The later facts that a table has columns for, by their times."""
    later = LATER.get(name, {})
    # a value without its time counts: it is undated
    return {time: values for time, values in later.items() if {time, *values} & set(table.columns)}


def altered(name: str, past: Table, day: dt.date) -> Table:
    """Rows of the past whose later facts, as far as they lie ahead, are others."""
    changed: dict[str, Value] = {}
    for time, values in later_facts(name, past).items():
        if time in past.columns:
            seen = (past[time] < midnight(day)).fill_null(False)
            came = draw(past, f"{time} came", 3) > 0
            ahead = came.ifelse(moment(past, day, time), ibis.null("timestamp(6)"))
            changed[time] = seen.ifelse(past[time], ahead)
        else:
            seen = ibis.literal(False)
        for column in values:
            if column in past.columns:
                changed[column] = seen.ifelse(past[column], invented(past, column))
    return past.select(**{column: changed.get(column, past[column]) for column in past.columns})


def moved(name: str, rows: Table, day: dt.date) -> Table:
    """Rows that become known at `day` or later; half of them happened before it.

    What happened earlier may lie before anything that the log holds.
    """
    contract = CONTRACTS[name]
    known = moment(rows, day, "known")
    late = draw(rows, "late", 2) == 0
    back = draw(rows, "back", PAST_DAYS * DAY_SECONDS).as_interval("s")
    happened = late.ifelse(ibis.timestamp(str(day)) - back, known)
    changed: dict[str, Value] = {"known_at": known}
    if contract.event is not None:
        changed[contract.event] = happened
    elif "valid_from" in rows.columns:
        changed["valid_from"] = known
    for time, values in later_facts(name, rows).items():
        after = happened + draw(rows, f"{time} after", FUTURE_DAYS * DAY_SECONDS).as_interval("s")
        if time in rows.columns:
            changed[time] = after
        changed |= {column: invented(rows, column) for column in values if column in rows.columns}
    if "renews_at" in rows.columns:
        changed["renews_at"] = moment(rows, day, "renews_at")
    return rows.select(**{column: changed.get(column, rows[column]) for column in rows.columns})


def exchanged(rows: Table) -> Table:
    """Three in four values are another row's, for each column another one; so are customers. Times stay."""
    shuffled = ibis.window(order_by=(rows[TEXT] + "order").hash())
    changed: dict[str, Value] = {}
    for place, column in enumerate(rows.columns, start=1):
        if column != TEXT and not rows[column].type().is_timestamp():
            other = rows[column].lag(place).over(shuffled).fill_null(rows[column])
            changed[column] = (draw(rows, f"keep {column}", 4) == 0).ifelse(rows[column], other)
    return rows.select(**{column: changed.get(column, rows[column]) for column in rows.columns})


# --- chance that is the same on every machine ---------------------------------------------------------


def midnight(day: dt.date) -> Value:
    """The start of a day."""
    return ibis.timestamp(str(day))


def with_text(table: Table, seed: int) -> Table:
    """Adds the whole row as text, from which everything random about it follows."""
    cells = [table[column].cast("string").fill_null("") + "|" for column in table.columns]
    return table.select(*table.columns, **{TEXT: reduce(add, cells, ibis.literal(f"{seed}|"))})


def draw(table: Table, salt: str, below: int) -> Value:
    """A whole number from 0 to `below` - 1 for each row."""
    return ((table[TEXT] + salt).hash() % below + below) % below


def moment(table: Table, day: dt.date, salt: str) -> Value:
    """A time at `day` or later; for one row in eight, exactly at its first moment."""
    seconds = draw(table, f"{salt} seconds", FUTURE_DAYS * DAY_SECONDS)
    at_once = draw(table, f"{salt} at once", 8) == 0
    return midnight(day) + at_once.ifelse(0, seconds).as_interval("s")


def invented(table: Table, column: str) -> Value:
    """A value that says something else than the row does."""
    number = draw(table, f"{column} value", 1000)
    if table[column].type().is_string():
        return ibis.literal("invented ") + number.cast("string")
    return (number + 1001).cast(table[column].type())

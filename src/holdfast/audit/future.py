"""Copies of a log with the future deleted or randomised; features as of a date must be the same on both.

The future of an as-of date is every row known at or after it, and every later fact of an earlier row (a
reply, a resolution, a rating, an end). A later fact is known at the later of its own time and the row's
`known_at`. Values agreed in advance (`renews_at`,
`next_attempt_at`) belong to the past.
"""

import datetime as dt
from collections.abc import Mapping
from functools import reduce
from operator import add

import ibis
from ibis import Table, Value

from holdfast.contracts.tables import CONTRACTS
from holdfast.timeline.span import midnight

# Table → the time columns of later facts → the value columns known at the same time.
LATER: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "tickets": {"first_response_at": (), "resolved_at": (), "reopened_at": (), "csat_at": ("csat",)},
    "customers": {"signed_up_at": ()},
    "subscriptions": {"cancelled_at": (), "ended_at": ()},
    "contacts": {"response_at": ("response",)},
}
DAY_SECONDS = 86_400
FUTURE_DAYS = 200  # length of the randomised future
PAST_DAYS = 500  # earliest event time of randomised late rows, before the date
TEXT = "holdfast__row"  # the row as text: the seed of its random draws


def without_future(name: str, table: Table, day: dt.date) -> Table:
    """Remove the rows of a validated table known from `day` on, and set later facts of the others to null.

    The columns stay the same. A value whose time column is missing (a response without `response_at`) has no
    known date and becomes null too.
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
    """Keep the past and randomise the future, which is known at `day` or later.

    Later facts get random times and values, or appear where there were none. Future rows get random times
    (some before `day`, as late rows), other customers and values of other rows. A third of the past rows
    reappears as late rows. The draws depend on the seed and on each row's content, not on the row order.

    Args:
        among: only rows of these customers (column customer_id) get a future; None: all customers.
    """
    parts = [randomize_later_facts(name, with_text(known_before(table, day), seed), day)]
    if name != "customers" or "valid_from" in table.columns:  # an undated customer row has no future
        chosen = table if among is None else table.semi_join(among, "customer_id")
        chosen = with_text(chosen, seed)
        future = chosen.filter(chosen.known_at >= midnight(day))
        again = chosen.filter((chosen.known_at < midnight(day)) & (draw(chosen, "again", 3) == 0))
        parts += [shuffle_values(randomize_times(name, future, day)), randomize_times(name, again, day)]
    same = [
        part.select(**{column: part[column].cast(table[column].type()) for column in table.columns})
        for part in parts
    ]
    return ibis.union(*same) if len(same) > 1 else same[0]


def known_before(table: Table, day: dt.date) -> Table:
    """The rows known before a day; a null `known_at` means always known."""
    return table.filter(table.known_at.isnull() | (table.known_at < midnight(day)))


def later_facts(name: str, table: Table) -> dict[str, tuple[str, ...]]:
    """The entries of LATER for which the table has a time or a value column."""
    later = LATER.get(name, {})
    return {time: values for time, values in later.items() if {time, *values} & set(table.columns)}


def randomize_later_facts(name: str, past: Table, day: dt.date) -> Table:
    """Past rows whose later facts known from `day` on are random."""
    changed: dict[str, Value] = {}
    for time, values in later_facts(name, past).items():
        if time in past.columns:
            seen = (past[time] < midnight(day)).fill_null(False)
            came = draw(past, f"{time} came", 3) > 0
            ahead = came.ifelse(random_time(past, day, time), ibis.null("timestamp(6)"))
            changed[time] = seen.ifelse(past[time], ahead)
        else:
            seen = ibis.literal(False)
        for column in values:
            if column in past.columns:
                changed[column] = seen.ifelse(past[column], random_value(past, column))
    return past.select(**{column: changed.get(column, past[column]) for column in past.columns})


def randomize_times(name: str, rows: Table, day: dt.date) -> Table:
    """Rows that become known at `day` or later; half of the events happened before it.

    An event may lie before the first event of the log.
    """
    contract = CONTRACTS[name]
    known = random_time(rows, day, "known")
    late = draw(rows, "late", 2) == 0
    back = draw(rows, "back", PAST_DAYS * DAY_SECONDS).as_interval("s")
    happened = late.ifelse(midnight(day) - back, known)
    changed: dict[str, Value] = {"known_at": known}
    if contract.event is not None:
        changed[contract.event] = happened
    elif "valid_from" in rows.columns:
        changed["valid_from"] = known
    for time, values in later_facts(name, rows).items():
        after = happened + draw(rows, f"{time} after", FUTURE_DAYS * DAY_SECONDS).as_interval("s")
        if time in rows.columns:
            changed[time] = after
        changed |= {column: random_value(rows, column) for column in values if column in rows.columns}
    for ahead in ("renews_at", "next_attempt_at"):
        if ahead in rows.columns:
            changed[ahead] = random_time(rows, day, ahead)
    return rows.select(**{column: changed.get(column, rows[column]) for column in rows.columns})


def shuffle_values(rows: Table) -> Table:
    """Replace three in four values, customers included, by another row's, column by column; times stay."""
    shuffled = ibis.window(order_by=(rows[TEXT] + "order").hash())
    changed: dict[str, Value] = {}
    for offset, column in enumerate(rows.columns, start=1):
        if column != TEXT and not rows[column].type().is_timestamp():
            other = rows[column].lag(offset).over(shuffled).fill_null(rows[column])
            changed[column] = (draw(rows, f"keep {column}", 4) == 0).ifelse(rows[column], other)
    return rows.select(**{column: changed.get(column, rows[column]) for column in rows.columns})


# --- random draws that are the same on every machine ---------------------------------------------------


def with_text(table: Table, seed: int) -> Table:
    """Add the whole row as text: the seed of the row's random draws."""
    values = [table[column].cast("string").fill_null("") + "|" for column in table.columns]
    return table.select(*table.columns, **{TEXT: reduce(add, values, ibis.literal(f"{seed}|"))})


def draw(table: Table, salt: str, below: int) -> Value:
    """A random integer from 0 to `below` - 1 for each row."""
    return ((table[TEXT] + salt).hash() % below + below) % below


def random_time(table: Table, day: dt.date, salt: str) -> Value:
    """A random time at `day` or later; for one row in eight exactly midnight of `day`."""
    seconds = draw(table, f"{salt} seconds", FUTURE_DAYS * DAY_SECONDS)
    at_once = draw(table, f"{salt} at once", 8) == 0
    return midnight(day) + at_once.ifelse(0, seconds).as_interval("s")


def random_value(table: Table, column: str) -> Value:
    """A random value that differs from the row's own."""
    number = draw(table, f"{column} value", 1000)
    if table[column].type().is_string():
        return ibis.literal("random_value ") + number.cast("string")
    return (number + 1001).cast(table[column].type())

"""Build the snapshots of a bucket from its facts: eligible customers and labels at each as-of date."""

import dataclasses
import datetime as dt

import numba
import numpy as np
from numpy.typing import NDArray

from holdfast.snapshots.churn import Cancellation, Churn, Inactivity
from holdfast.snapshots.terms import terms
from holdfast.streams.clock import DAY, NEVER
from holdfast.streams.facts import Facts
from holdfast.timeline.outcome import Outcome

EPOCH = dt.date(1970, 1, 1)

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Snapshots:
    """One row per eligible customer and as-of date.

    Attributes:
        customer: (rows,) index among the bucket's customers; rows are sorted by customer and as_of.
        as_of: (rows,) microseconds.
        churned: (rows,) 0 or 1; NaN for an immature label.
    """

    customer: NDArray[np.int64]
    as_of: NDArray[np.int64]
    churned: NDArray[np.float64]

    def take(self, index: NDArray[np.intp]) -> "Snapshots":
        """The rows at some indices."""
        return Snapshots(self.customer[index], self.as_of[index], self.churned[index])


def micros(day: dt.date) -> int:
    """Midnight at the start of a day, in microseconds."""
    return (day - EPOCH).days * DAY


def take_snapshots(
    facts: Facts, churn: Churn, outcome: Outcome, dates: tuple[dt.date, ...], known_before: dt.date
) -> Snapshots:
    """The snapshots of one bucket at every date.

    Args:
        facts: the facts of `churn.stream`.
        outcome: the outcome window of the labels.
        dates: the as-of dates.
        known_before: labels ignore facts known at or after this day; labels not mature by then are null.
    """
    dates = tuple(sorted(dates))
    if isinstance(churn, Inactivity):
        eligible, left = inactivity(facts, churn, outcome, dates, known_before)
    else:
        eligible, left = cancellation(facts, churn, outcome, dates, known_before)
    mature = np.array([outcome.mature_at(date) <= known_before for date in dates], bool)
    labels = np.where(mature[None, :], left, np.nan)
    customer, date = np.nonzero(eligible)
    return Snapshots(customer, np.array([micros(date) for date in dates], np.int64)[date], labels[eligible])


def inactivity(
    facts: Facts, churn: Inactivity, outcome: Outcome, dates: tuple[dt.date, ...], known_before: dt.date
) -> tuple[Flags, Flags]:
    """(customers, dates) who is eligible, and who bought nothing in the outcome window."""
    windows = [outcome.window(date) for date in dates]
    customers = len(facts.start) - 1
    eligible, left = np.zeros((2, customers, len(dates)), bool)
    buying(
        facts.start, facts.occurred_at, facts.known_at, (facts.kind & facts.bits(("purchase",))) != 0,
        np.array([micros(date) for date in dates], np.int64),
        np.array([micros(start) for start, _ in windows], np.int64),
        np.array([micros(over) for _, over in windows], np.int64),
        churn.active_within_days * DAY, churn.min_history_days * DAY, micros(known_before),
        eligible, left,
    )  # fmt: skip
    return eligible, left


@numba.njit(cache=True, nogil=True)
def buying(
    start: Ints, occurred_at: Ints, known_at: Ints, purchase: Flags,
    as_of: Ints, outcome_from: Ints, outcome_to: Ints, active: int, history: int, known_before: int,
    eligible: Flags, left: Flags,
) -> None:  # fmt: skip
    """The compiled loop of `inactivity`; its cost is proportional to facts × dates."""
    for customer in range(len(start) - 1):
        first_known = NEVER
        for fact in range(start[customer], start[customer + 1]):
            if purchase[fact]:
                first_known = min(first_known, known_at[fact])
        for date in range(len(as_of)):
            now = as_of[date]
            lately, bought = False, False
            for fact in range(start[customer], start[customer + 1]):
                if purchase[fact]:
                    lately |= now - active <= known_at[fact] < now
                    bought |= (
                        outcome_from[date] <= occurred_at[fact] < outcome_to[date]
                        and known_at[fact] < known_before
                    )
            eligible[customer, date] = lately and first_known <= now - history
            left[customer, date] = not bought


def cancellation(
    facts: Facts, churn: Cancellation, outcome: Outcome, dates: tuple[dt.date, ...], known_before: dt.date
) -> tuple[Flags, Flags]:
    """(customers, dates) who is eligible, and whose last subscription ended in the outcome window."""
    by_date = [cancellation_at(facts, churn, outcome, date, known_before) for date in dates]
    eligible, left = (np.stack(part, axis=1) for part in zip(*by_date, strict=True))
    return eligible, left


def cancellation_at(
    facts: Facts, churn: Cancellation, outcome: Outcome, date: dt.date, known_before: dt.date
) -> tuple[Flags, Flags]:
    """(customers,) who had a running subscription without notice, and whose last one ended in the window."""
    as_of = micros(date)
    customers = len(facts.start) - 1
    visible = terms(facts, as_of)
    running = (visible.started < as_of) & (visible.ended >= as_of) & (visible.noticed >= as_of)
    first_known = np.full(customers, NEVER)
    np.minimum.at(first_known, visible.customer, visible.started)
    seen_long_enough = first_known <= as_of - churn.min_history_days * DAY
    subscribed = np.bincount(visible.customer[running], minlength=customers) > 0
    eligible = subscribed & seen_long_enough
    start, over = (micros(day) for day in outcome.window(date))
    end = terms(facts, micros(known_before)).last_end(as_of, churn.grace_days * DAY, customers)
    return eligible, (end >= start) & (end < over)

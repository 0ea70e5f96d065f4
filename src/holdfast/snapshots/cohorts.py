"""Who is eligible at an as-of date, and who churned: one bucket's facts in, snapshots out."""

import dataclasses
import datetime as dt

import numba
import numpy as np
from numpy.typing import NDArray

from holdfast.snapshots.churn import Cancellation, Churn, Inactivity
from holdfast.snapshots.terms import terms
from holdfast.streams.facts import DAY, NEVER, Facts
from holdfast.timeline.outcome import Outcome

EPOCH = dt.date(1970, 1, 1)

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Snapshots:
    """One row a customer and as-of date at which they were eligible.

    Attributes:
        customer: (rows,) position among the bucket's customers; sorted, then by as_of.
        as_of: (rows,) microseconds.
        churned: (rows,) 0 or 1; NaN while the label is immature.
    """

    customer: NDArray[np.int64]
    as_of: NDArray[np.int64]
    churned: NDArray[np.float64]

    def take(self, places: NDArray[np.intp]) -> "Snapshots":
        """Some of the rows, in their order."""
        return Snapshots(self.customer[places], self.as_of[places], self.churned[places])


def micros(day: dt.date) -> int:
    """Midnight at the start of a day, in microseconds."""
    return (day - EPOCH).days * DAY


def take_snapshots(
    facts: Facts, churn: Churn, outcome: Outcome, dates: tuple[dt.date, ...], known_before: dt.date
) -> Snapshots:
    """The snapshots of one bucket on every date.

    Args:
        facts: the stream that `churn` reads (`churn.stream`).
        outcome: the days that labels are about.
        dates: the as-of dates.
        known_before: facts known at or after this day do not exist for labels either; a label that
            was not mature by then is null.
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
    """(customers, dates) who had bought lately, and who of all bought nothing in the outcome window."""
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
    """See `inactivity`: each customer's purchases once a date, so the cost grows with facts × dates alone."""
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
    """(customers, dates) who had a subscription running without notice, and whose last one then ended."""
    found = [cancellation_at(facts, churn, outcome, date, known_before) for date in dates]
    eligible, left = (np.stack(part, axis=1) for part in zip(*found, strict=True))
    return eligible, left


def cancellation_at(
    facts: Facts, churn: Cancellation, outcome: Outcome, date: dt.date, known_before: dt.date
) -> tuple[Flags, Flags]:
    """(customers,) who had a subscription running without notice, and whose last one then ended."""
    as_of = micros(date)
    customers = len(facts.start) - 1
    visible = terms(facts, as_of)
    running = (visible.started < as_of) & (visible.ended >= as_of) & (visible.noticed >= as_of)
    first_known = np.full(customers, NEVER)
    np.minimum.at(first_known, visible.customer, visible.started)
    seen_long_enough = first_known <= as_of - churn.min_history_days * DAY
    eligible = present(visible.customer[running], customers) & seen_long_enough
    start, over = (micros(day) for day in outcome.window(date))
    end = terms(facts, micros(known_before)).last_end(as_of, churn.grace_days * DAY, customers)
    return eligible, (end >= start) & (end < over)


def present(who: Ints, customers: int) -> Flags:
    """(customers,) whether each occurs in `who`."""
    return np.bincount(who, minlength=customers) > 0

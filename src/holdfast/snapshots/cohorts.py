"""Who is eligible at an as-of date, and who churned: one bucket's facts in, snapshots out."""

import dataclasses
import datetime as dt

import numpy as np
from numpy.typing import NDArray

from holdfast.snapshots.churn import Cancellation, Churn, Inactivity
from holdfast.snapshots.terms import terms
from holdfast.streams.facts import DAY, NEVER, Facts
from holdfast.timeline.outcome import Outcome

EPOCH = dt.date(1970, 1, 1)


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
    parts = []
    for date in sorted(dates):
        if isinstance(churn, Inactivity):
            eligible, left = inactivity(facts, churn, outcome, date, known_before)
        else:
            eligible, left = cancellation(facts, churn, outcome, date, known_before)
        customers = np.flatnonzero(eligible)
        mature = outcome.mature_at(date) <= known_before
        labels = left[customers].astype(np.float64) if mature else np.full(len(customers), np.nan)
        parts.append((customers, np.full(len(customers), micros(date)), labels))
    customer = np.concatenate([part[0] for part in parts])
    as_of = np.concatenate([part[1] for part in parts])
    churned = np.concatenate([part[2] for part in parts])
    order = np.lexsort((as_of, customer))
    return Snapshots(customer[order], as_of[order], churned[order])


def inactivity(
    facts: Facts, churn: Inactivity, outcome: Outcome, date: dt.date, known_before: dt.date
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(customers,) who had bought lately, and who of all bought nothing in the outcome window."""
    customers = len(facts.start) - 1
    purchase = (facts.kind & facts.bits(("purchase",))) != 0
    who, occurred, known = facts.customer()[purchase], facts.occurred_at[purchase], facts.known_at[purchase]
    as_of = micros(date)
    active = (known >= as_of - churn.active_within_days * DAY) & (known < as_of)
    first_known = np.full(customers, NEVER)
    np.minimum.at(first_known, who, known)
    seen_long_enough = first_known <= as_of - churn.min_history_days * DAY
    start, over = (micros(day) for day in outcome.window(date))
    bought = (occurred >= start) & (occurred < over) & (known < micros(known_before))
    return present(who[active], customers) & seen_long_enough, ~present(who[bought], customers)


def cancellation(
    facts: Facts, churn: Cancellation, outcome: Outcome, date: dt.date, known_before: dt.date
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
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


def present(who: NDArray[np.int64], customers: int) -> NDArray[np.bool_]:
    """(customers,) whether each occurs in `who`."""
    return np.bincount(who, minlength=customers) > 0

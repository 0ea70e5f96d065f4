"""Labels that are read from subscriptions: whose last running subscription ends."""

import numpy as np

from holdfast.snapshots.churn import Cancellation, Provided
from holdfast.snapshots.moments import Decided, Flags, Ints, Moments
from holdfast.snapshots.terms import terms
from holdfast.streams.clock import DAY, NEVER
from holdfast.streams.facts import Facts


def cancellation(facts: Facts, churn: Cancellation, moments: Moments) -> Decided:
    """Who is eligible, and whose last subscription ended in the outcome window."""
    customers = len(facts.start) - 1
    visible = terms(facts, moments.known_before)
    grace = churn.grace_days * DAY
    ends = [visible.last_end(as_of, grace, customers) for as_of in moments.as_of]
    end = np.stack(ends, axis=1)
    left = (end >= moments.outcome_from) & (end < moments.outcome_to)
    return Decided(subscribed(facts, churn, moments), left, end)


def subscribed(facts: Facts, churn: Cancellation | Provided, moments: Moments) -> Flags:
    """(customers, dates) who had a running subscription without notice."""
    return np.stack([subscribed_at(facts, churn, int(as_of)) for as_of in moments.as_of], axis=1)


def subscribed_at(facts: Facts, churn: Cancellation | Provided, as_of: int) -> Flags:
    """(customers,) who had a running subscription without notice at one as-of date."""
    customers = len(facts.start) - 1
    visible = terms(facts, as_of)
    running = (visible.started < as_of) & (visible.ended >= as_of) & (visible.noticed >= as_of)
    first_known = np.full(customers, NEVER)
    np.minimum.at(first_known, visible.customer, visible.started)
    seen_long_enough = first_known <= as_of - churn.min_history_days * DAY
    return np.asarray((np.bincount(visible.customer[running], minlength=customers) > 0) & seen_long_enough)


def gave_notice(facts: Facts, moments: Moments, left_at: Ints) -> Flags:
    """(customers, dates) whose notice came on an earlier day than their end, so that they decided to go.

    A cancellation on the day of the end may be the system's own.

    Args:
        left_at: (customers, dates) when each left.
    """
    visible = terms(facts, moments.known_before)
    given = np.zeros(left_at.shape, bool)
    for date, as_of in enumerate(moments.as_of):
        over = np.minimum(visible.ended, left_at[visible.customer, date])
        decided = (visible.ended >= as_of) & (visible.noticed // DAY < over // DAY)
        given[visible.customer[decided], date] = True
    return given

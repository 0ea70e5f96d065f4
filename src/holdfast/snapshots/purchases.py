"""Labels computed from purchases: who bought nothing, and whose spend dropped."""

import numba
import numpy as np
from numpy.typing import NDArray

from holdfast.snapshots.churn import Inactivity, Provided, SpendDrop
from holdfast.snapshots.moments import Decided, Flags, Ints, Moments
from holdfast.streams.clock import DAY, NEVER
from holdfast.streams.facts import Facts


def inactivity(facts: Facts, churn: Inactivity | SpendDrop | Provided, moments: Moments) -> Decided:
    """Who is eligible, and who bought nothing in the outcome window."""
    customers, dates = len(facts.start) - 1, len(moments.as_of)
    eligible, left = np.zeros((2, customers, dates), bool)
    buying(
        facts.start, facts.occurred_at, facts.known_at, purchases(facts),
        moments.as_of, moments.outcome_from, moments.outcome_to,
        churn.active_within_days * DAY, churn.min_history_days * DAY, moments.known_before,
        eligible, left,
    )  # fmt: skip
    return Decided(eligible, left, np.broadcast_to(moments.outcome_to, (customers, dates)))


def purchases(facts: Facts) -> Flags:
    """(facts,) whether each fact is a purchase."""
    return np.asarray((facts.kind & facts.bits(("purchase",))) != 0)


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


def spend_drop(facts: Facts, churn: SpendDrop, moments: Moments) -> Decided:
    """Who is eligible, and whose daily spend in the outcome window is below `drop_to_share` of that before.

    Spend is the money of purchases; refunds are not subtracted. Both windows use facts known before
    `known_before`, so that a late row counts in either. Customers who spent nothing before cannot drop.
    """
    decided = inactivity(facts, churn, moments)
    amount = np.where(purchases(facts), facts.numbers[facts.number_names.index("amount")], 0.0)
    visible = facts.known_at < moments.known_before
    compare = churn.compare_days * DAY
    before = spent(facts.start, facts.occurred_at, visible, amount, moments.as_of - compare, moments.as_of)
    after = spent(
        facts.start, facts.occurred_at, visible, amount, moments.outcome_from, moments.outcome_to
    )  # fmt: skip
    left = after * churn.compare_days < churn.drop_to_share * before * churn.horizon_days
    return Decided(decided.eligible, left, decided.left_at)


@numba.njit(cache=True, nogil=True)
def spent(
    start: Ints, occurred_at: Ints, known: Flags, amount: NDArray[np.float64], since: Ints, until: Ints
) -> NDArray[np.float64]:
    """(customers, dates) the sum of the known amounts in each window `[since, until)`."""
    total = np.zeros((len(start) - 1, len(since)))
    for customer in range(len(start) - 1):
        for fact in range(start[customer], start[customer + 1]):
            if known[fact]:
                for date in range(len(since)):
                    if since[date] <= occurred_at[fact] < until[date]:
                        total[customer, date] += amount[fact]
    return total

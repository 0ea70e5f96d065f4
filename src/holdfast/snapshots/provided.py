"""Labels that the company provides: the table `churned`."""

from collections.abc import Mapping

import numba
import numpy as np

from holdfast.snapshots.churn import Provided
from holdfast.snapshots.moments import Decided, Flags, Ints, Moments
from holdfast.snapshots.purchases import inactivity, purchases
from holdfast.snapshots.subscriptions import subscribed
from holdfast.streams.clock import DAY
from holdfast.streams.facts import Facts

NOBODY = -1


def provided(facts: Mapping[str, Facts], churn: Provided, moments: Moments) -> Decided:
    """Who is eligible and had not left before, and whose leaving was recorded in the outcome window.

    Customers who left before are eligible again after they came back: by a purchase, or the start of a
    subscription, on a later day.
    """
    leading, leavings = facts[churn.stream], facts["churned"]
    if churn.eligible_by == "purchases":
        active, back = inactivity(leading, churn, moments).eligible, purchases(leading)
    else:
        active = subscribed(leading, churn, moments)
        back = (leading.kind & leading.bits(("started",))) != 0
    gone, left = np.zeros((2, *active.shape), bool)
    left_at = np.full(active.shape, NOBODY, np.int64)
    leaving(
        leavings.start, leavings.occurred_at, leavings.known_at,
        leading.start, leading.occurred_at, leading.known_at, back,
        moments.as_of, moments.outcome_from, moments.outcome_to, moments.known_before,
        gone, left, left_at,
    )  # fmt: skip
    return Decided(active & ~gone, left, left_at)


@numba.njit(cache=True, nogil=True)
def leaving(
    start: Ints, occurred_at: Ints, known_at: Ints,
    active_start: Ints, active_at: Ints, active_known: Ints, back: Flags,
    as_of: Ints, outcome_from: Ints, outcome_to: Ints, known_before: int,
    gone: Flags, left: Flags, left_at: Ints,
) -> None:  # fmt: skip
    """The compiled loop of `provided`.

    gone: (customers, dates) who had visibly left and not come back. left, left_at: the first leaving in the
    outcome window.
    """
    for customer in range(len(start) - 1):
        for date in range(len(as_of)):
            now, last = as_of[date], NOBODY
            for fact in range(start[customer], start[customer + 1]):
                moment = occurred_at[fact]
                if moment < now and known_at[fact] < now:
                    last = max(last, moment)
                if (
                    not left[customer, date]
                    and outcome_from[date] <= moment < outcome_to[date]
                    and known_at[fact] < known_before
                ):
                    left[customer, date], left_at[customer, date] = True, moment
            if last == NOBODY:
                continue
            gone[customer, date] = True
            for fact in range(active_start[customer], active_start[customer + 1]):
                if back[fact] and active_known[fact] < now and last // DAY < active_at[fact] // DAY:
                    gone[customer, date] = False

"""Involuntary churn: customers who left because a payment failed, not because they decided to go."""

import numba
import numpy as np
from numpy.typing import NDArray

from holdfast.snapshots.moments import Decided, Flags, Ints, Moments
from holdfast.snapshots.subscriptions import gave_notice
from holdfast.streams.clock import DAY
from holdfast.streams.facts import Facts

RETRY_DAYS = 60  # an earlier failed attempt says nothing about why a customer left


def involuntary(payments: Facts, decided: Decided, moments: Moments, terms_of: Facts | None) -> Flags:
    """(customers, dates) who left while a payment of theirs had failed, without notice before.

    The last attempt of one of their subscriptions before they left had failed, in the outcome window or at
    most RETRY_DAYS before the as-of date. A later attempt that succeeded settles it.

    Args:
        payments: the facts of the stream `payments`, of the same customers.
        terms_of: the facts of the stream `subscriptions`, which hold notices; None: nobody gives notice.
    """
    failed = np.zeros(decided.left.shape, bool)
    last_attempt_failed(
        payments.start, payments.occurred_at, payments.known_at,
        (payments.kind & payments.bits(("paid", "payment_failed"))) != 0,
        (payments.kind & payments.bits(("payment_failed",))) != 0,
        payments.newer[payments.key_names.index("subscription")],
        moments.as_of - RETRY_DAYS * DAY, moments.known_before, decided.left, decided.left_at, failed,
    )  # fmt: skip
    return failed if terms_of is None else failed & ~gave_notice(terms_of, moments, decided.left_at)


@numba.njit(cache=True, nogil=True)
def last_attempt_failed(
    start: Ints, occurred_at: Ints, known_at: Ints, attempt: Flags, failed: Flags, newer: NDArray[np.int32],
    since: Ints, known_before: int, left: Flags, left_at: Ints, found: Flags,
) -> None:  # fmt: skip
    """The compiled loop of `involuntary`."""
    for customer in range(len(start) - 1):
        for date in range(len(since)):
            if not left[customer, date]:
                continue
            over = left_at[customer, date]
            for fact in range(start[customer], start[customer + 1]):
                if not failed[fact] or known_at[fact] >= known_before:
                    continue
                if not since[date] <= occurred_at[fact] <= over:
                    continue
                later, settled = newer[fact], False
                while later >= 0 and occurred_at[later] <= over:
                    settled |= attempt[later] and known_at[later] < known_before
                    later = newer[later]
                if not settled:
                    found[customer, date] = True

"""Subscription terms: start and end of each plan version, as known at a moment."""

import dataclasses

import numba
import numpy as np
from numpy.typing import NDArray

from holdfast.streams.clock import NEVER
from holdfast.streams.facts import Facts

Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Terms:
    """One row per plan version, sorted by customer and start.

    Attributes:
        customer: (terms,) index among the bucket's customers.
        started, ended, noticed: (terms,) microseconds; NEVER if not yet known. A version ends when the next
            version of the same subscription starts.
    """

    customer: Ints
    started: Ints
    ended: Ints
    noticed: Ints

    def last_end(self, as_of: int, grace: int, customers: int) -> Ints:
        """(customers,) when the customer's subscribed period around `as_of` ended; NEVER if it did not.

        A term extends the period if it overlaps it, starts exactly at its end, or starts in
        `[end, end + grace)` (microseconds).
        """
        return last_ends(self.customer, self.started, self.ended, as_of, grace, customers)


@numba.njit(cache=True, nogil=True)
def last_ends(customer: Ints, started: Ints, ended: Ints, as_of: int, grace: int, customers: int) -> Ints:
    """The compiled loop of `Terms.last_end`; terms are sorted by start, so one pass is enough."""
    none = -1
    end = np.full(customers, none)
    for term in range(len(customer)):
        who = customer[term]
        if started[term] < as_of and ended[term] >= as_of:
            end[who] = max(end[who], ended[term])
    for term in range(len(customer)):
        who = customer[term]
        if (
            started[term] >= as_of
            and end[who] not in (none, NEVER)
            and started[term] - end[who] < max(grace, 1)
        ):
            end[who] = max(end[who], ended[term])
    for who in range(customers):
        if end[who] == none:
            end[who] = NEVER
    return end


def terms(facts: Facts, known_before: int) -> Terms:
    """The terms known before a moment (microseconds)."""
    version = facts.numbers[facts.number_names.index("version")]
    older = facts.older[facts.key_names.index("subscription")]
    bits = tuple(facts.bits((kind,)) for kind in ("started", "ended", "noticed"))
    known = facts.known_at < known_before
    started, ended, noticed = collect(known, facts.kind, facts.occurred_at, version, older, *bits)
    return Terms(facts.customer()[started], facts.occurred_at[started], ended, noticed)


@numba.njit(cache=True, nogil=True)
def collect(
    known: NDArray[np.bool_], kind: NDArray[np.uint8], occurred_at: Ints, version: NDArray[np.float64],
    older: NDArray[np.int32], is_started: int, is_ended: int, is_noticed: int,
) -> tuple[Ints, Ints, Ints]:  # fmt: skip
    """The indices of the facts that start a term, and the end and notice of each term.

    A version ends when the next version of the same subscription starts, even if its row has no end. An end
    or a notice belongs to the version with the same start.
    """
    started = np.flatnonzero(known & (kind == is_started))
    place = np.full(len(kind), -1)
    place[started] = np.arange(len(started))
    ended = np.full(len(started), NEVER)
    noticed = np.full(len(started), NEVER)
    for fact in range(len(kind)):
        if not known[fact]:
            continue
        before = older[fact]
        if kind[fact] == is_started:
            while before >= 0 and place[before] < 0:
                before = older[before]
            if before >= 0:
                ended[place[before]] = min(ended[place[before]], occurred_at[fact])
            continue
        while before >= 0 and (
            place[before] < 0 or float(occurred_at[before]) // 1e6 != version[fact] // 1e6
        ):
            before = older[before]
        if before >= 0 and kind[fact] == is_ended:
            ended[place[before]] = min(ended[place[before]], occurred_at[fact])
        elif before >= 0 and kind[fact] == is_noticed:
            noticed[place[before]] = min(noticed[place[before]], occurred_at[fact])
    return started, ended, noticed

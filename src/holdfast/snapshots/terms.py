"""Subscriptions as terms: from when to when each plan version ran, as known at a moment."""

import dataclasses

import numba
import numpy as np
from numpy.typing import NDArray

from holdfast.streams.facts import NEVER, Facts

Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Terms:
    """One row a plan version, sorted by customer and start.

    Attributes:
        customer: (terms,) position among the bucket's customers.
        started, ended, noticed: (terms,) microseconds; NEVER where not known (yet). A version that is
            followed by another of the same subscription ended when that one started.
    """

    customer: Ints
    started: Ints
    ended: Ints
    noticed: Ints

    def last_end(self, as_of: int, grace: int, customers: int) -> Ints:
        """(customers,) when the time under subscription that holds `as_of` ended; NEVER if it did not.

        Terms prolong it that overlap, start at its very end, or start in `[end, end + grace)`
        (microseconds).
        """
        return last_ends(self.customer, self.started, self.ended, as_of, grace, customers)


@numba.njit(cache=True, nogil=True)
def last_ends(customer: Ints, started: Ints, ended: Ints, as_of: int, grace: int, customers: int) -> Ints:
    """See `Terms.last_end`. Terms come sorted by start, so one pass joins each to those before it."""
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
    """The terms as they were known before a moment (microseconds)."""
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
    """The facts that start a term, and for each when it ended and when notice was given.

    A version that another of the same subscription follows ended when that one started, even where its
    row does not say so. An end or a notice belongs to the version whose start it carries.
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

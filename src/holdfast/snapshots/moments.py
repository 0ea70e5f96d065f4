"""The as-of dates and outcome windows of snapshots, in microseconds."""

import dataclasses
import datetime as dt

import numpy as np
from numpy.typing import NDArray

from holdfast.streams.clock import DAY
from holdfast.timeline.outcome import Outcome

EPOCH = dt.date(1970, 1, 1)

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def micros(day: dt.date) -> int:
    """Midnight at the start of a day, in microseconds."""
    return (day - EPOCH).days * DAY


@dataclasses.dataclass(frozen=True)
class Moments:
    """The moments that eligibility and labels compare facts with.

    Attributes:
        as_of: (dates,) the as-of dates.
        outcome_from, outcome_to: (dates,) the outcome windows.
        known_before: labels ignore facts known at or after this moment.
    """

    as_of: Ints
    outcome_from: Ints
    outcome_to: Ints
    known_before: int

    @classmethod
    def at(cls, dates: tuple[dt.date, ...], outcome: Outcome, known_before: dt.date) -> "Moments":
        """The moments of some as-of dates."""
        windows = [outcome.window(date) for date in dates]

        def at(days: list[dt.date]) -> Ints:
            return np.array([micros(day) for day in days], np.int64)

        starts, ends = [start for start, _ in windows], [over for _, over in windows]
        return cls(at([*dates]), at(starts), at(ends), micros(known_before))


@dataclasses.dataclass(frozen=True)
class Decided:
    """Who is eligible at each as-of date, and who left in its outcome window.

    Attributes:
        eligible, left: (customers, dates).
        left_at: (customers, dates) when the customer left, in microseconds; if unknown, the end of the
            outcome window.
    """

    eligible: Flags
    left: Flags
    left_at: Ints

"""How far back the log goes that churn is read from, and how late its rows arrive."""

import datetime as dt
import math
from typing import NamedTuple

import ibis
from ibis import Table

DAY_SECONDS = 86_400
USUAL = 0.99  # of the rows arrive within the usual delay


class LogSpan(NamedTuple):
    """What was known of a log before a day.

    Attributes:
        first_day: of the first fact; None: nothing was known.
        delay_days: within so many days of happening 99% of the rows were known.
    """

    first_day: dt.date | None
    delay_days: int


def measure_span(table: Table, event: str, day: dt.date) -> LogSpan:
    """The span of a validated table, by what was known before a day.

    What came later may not even say this, so that a training in the past does what it would have done then.

    Args:
        event: the column that says when a fact happened.
    """
    known = table.filter(table.known_at < midnight(day))
    seconds = known.known_at.epoch_seconds() - known[event].epoch_seconds()
    row = known.aggregate(first=known[event].min(), delay=seconds.quantile(USUAL)).to_pyarrow().to_pylist()[0]
    first = None if row["first"] is None else row["first"].date()
    return LogSpan(first, max(0, math.ceil((row["delay"] or 0) / DAY_SECONDS)))


def midnight(day: dt.date) -> ibis.Value:
    """The start of a day."""
    return ibis.timestamp(str(day))

"""The first day of a log, and the usual delay of its rows."""

import datetime as dt
import math
from typing import NamedTuple

import ibis
from ibis import Table

DAY_SECONDS = 86_400
USUAL = 0.99  # the share of the rows that arrive within the usual delay


class LogSpan(NamedTuple):
    """The span of a log, as known before a day.

    Attributes:
        first_day: the day of the first fact; None: nothing was known.
        delay_days: the delay in days within which 99% of the rows were known.
    """

    first_day: dt.date | None
    delay_days: int


def measure_span(table: Table, event: str, day: dt.date) -> LogSpan:
    """The span of a validated table, as known before a day; `event`: the column with the time of a fact.

    Later rows do not count, so that a training as of a past day gives the same result as on that day.
    """
    visible = table.filter(table.known_at < midnight(day))
    seconds = visible.known_at.epoch_seconds() - visible[event].epoch_seconds()
    row = (
        visible.aggregate(first=visible[event].min(), delay=seconds.quantile(USUAL))
        .to_pyarrow()
        .to_pylist()[0]
    )
    first = None if row["first"] is None else row["first"].date()
    return LogSpan(first, max(0, math.ceil((row["delay"] or 0) / DAY_SECONDS)))


def midnight(day: dt.date) -> ibis.Value:
    """The start of a day."""
    return ibis.timestamp(str(day))

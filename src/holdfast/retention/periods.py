"""The complete calendar periods of a log: weeks from Monday, months, quarters or years."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from holdfast.retention.settings import PeriodKind

FREQUENCIES = {"week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}
LABELS = {"week": "%G-W%V", "month": "%Y-%m", "quarter": "%Y-Q", "year": "%Y"}


class Period(NamedTuple):
    """The days `[start, end)`."""

    label: str
    start: dt.date
    end: dt.date


def complete_periods(kind: PeriodKind, first: dt.date, last: dt.date, at_most: int) -> list[Period]:
    """The latest periods within `[first, last)`, in which the active customers are known, oldest first."""
    if last <= first:
        return []
    periods = [
        period_of(kind, each.start_time.date())
        for each in pd.period_range(str(first), str(last), freq=FREQUENCIES[kind])
    ]
    return [each for each in periods if first <= each.start and each.end <= last][-at_most:]


def period_of(kind: PeriodKind, day: dt.date) -> Period:
    """The period that a day belongs to."""
    period = pd.Period(str(day), freq=FREQUENCIES[kind])
    start = period.start_time.date()
    label = start.strftime(LABELS[kind]) + (str(period.quarter) if kind == "quarter" else "")
    return Period(label, start, (period.end_time + pd.Timedelta(days=1)).date())


def boundaries(periods: Sequence[Period]) -> list[dt.date]:
    """The midnights at which periods begin, and the end of the last."""
    return [*(each.start for each in periods), *(each.end for each in periods[-1:])]

"""A features table in figures."""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from holdfast.timeline.outcome import Outcome

INVOLUNTARY = "involuntary"
LABELS = ("churned", INVOLUNTARY)  # the columns of labels (see `snapshots.cohorts.Snapshots`)


class FeaturesSummary(NamedTuple):
    """What a features table consists of.

    Attributes:
        dates: the as-of dates, oldest first, with their counts: rows, labelled, churned.
        columns: the reason code of every feature.
        rows: the number of snapshots.
        outcome: the outcome window of the labels.
        first_day: the first day of the log that churn is read from.
        customer_share: the share of the customers that were drawn into the sample; 1: all.
    """

    dates: Mapping[dt.date, Mapping[str, int]]
    columns: Mapping[str, str]
    rows: int
    outcome: Outcome
    first_day: dt.date
    customer_share: float

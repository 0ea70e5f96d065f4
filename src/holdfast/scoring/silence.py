"""Measure how long customers have been silent, and which of them count as lapsed."""

import datetime as dt
import functools
import operator
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import Table

from holdfast.engine.parallel import Buckets
from holdfast.features.extraction import extract_bucket
from holdfast.features.request import log_before, outcome_by, training_dates
from holdfast.scoring.lapsed import LapseLimits, find_limits, lapsed_on
from holdfast.scoring.rhythm import Returns, count_returns, read_rhythm, rhythm_request
from holdfast.scoring.settings import LapsedSettings
from holdfast.scoring.subscriptions import running_subscribers
from holdfast.snapshots.churn import Churn, Inactivity
from holdfast.timeline.settings import TimelineSettings

CUSTOMERS = {"customer_id": "str", "lapsed_on": "datetime64[us]", "reach": "float64"}


class Silence(NamedTuple):
    """The silence of customers at one as-of date.

    Attributes:
        returns: how many customers returned at earlier dates.
        limits: the silence from which customers count as lapsed.
        customers: CUSTOMERS, one row per eligible customer, key customer_id; lapsed_on is null unless lapsed.
        nobody_lapses: why no customer counts as lapsed; None: customers may.
    """

    returns: Returns
    limits: LapseLimits
    customers: pd.DataFrame
    nobody_lapses: str | None

    @property
    def lapsed(self) -> pd.DataFrame:
        """The lapsed customers."""
        return self.customers[self.customers["lapsed_on"].notna()]

    def describe(self) -> str:
        """The number of lapsed customers, or why nobody counts as lapsed."""
        if self.nobody_lapses is not None:
            return f"nobody counts as lapsed: {self.nobody_lapses}"
        return f"{len(self.lapsed):,} of {len(self.customers):,} eligible customers lapsed"


def measure_silence(
    tables: Mapping[str, Table], buckets: Buckets, day: dt.date, *, churn: Churn, timeline: TimelineSettings,
    settings: LapsedSettings,
) -> Silence:  # fmt: skip
    """Learn the limits from earlier dates, and apply them to the customers eligible at the as-of date."""
    nobody = pd.DataFrame(columns=[*CUSTOMERS]).astype(CUSTOMERS)
    if not settings.use:
        return Silence(Returns.none(), LapseLimits.none(), nobody, "switched off (outreach.lapsed.use)")
    if churn.silence is None:
        runs = "the subscription of every eligible customer runs"
        why = "the table churned says who has left" if churn.kind == "provided" else runs
        return Silence(Returns.none(), LapseLimits.none(), nobody, why)
    returns, rows = count_silence(tables, buckets, day, churn.silence, timeline)
    limits = find_limits(returns, settings)
    since = lapsed_on(limits, rows, day).astype("datetime64[us]")
    customers = rows[["customer_id"]].assign(lapsed_on=since, reach=limits.reach(rows))
    why = "the log is too short, or too few were silent for long, to tell"
    return Silence(returns, limits, customers, why if np.isinf(limits.multiple).all() else None)


def count_silence(
    tables: Mapping[str, Table], buckets: Buckets, day: dt.date, churn: Inactivity, timeline: TimelineSettings
) -> tuple[Returns, pd.DataFrame]:
    """The return counts at earlier dates, and the rhythm of the customers eligible at the as-of date.

    Customers with a running subscription are left out, because their silence means nothing.
    """
    span = log_before(tables, churn, day)
    outcome = outcome_by(churn, timeline, span)
    assert span.first_day is not None, "an empty log is refused"
    dates = (*training_dates(span.first_day, day, outcome, timeline), day)
    request = rhythm_request(tables, dates, churn=churn, outcome=outcome, known_before=day)
    subscribers = pd.MultiIndex.from_tuples(
        [(customer, date) for date in dates for customer in running_subscribers(tables, date)],
        names=["customer_id", "as_of"],
    )

    def count(_: int, facts: dict[str, pa.Table]) -> tuple[Returns, pd.DataFrame]:
        rows = read_rhythm(extract_bucket(request, facts))
        if len(subscribers):
            rows = rows[~pd.MultiIndex.from_frame(rows[["customer_id", "as_of"]]).isin(subscribers)]
        today = rows["as_of"] == day
        return count_returns(rows[~today]), rows[today]

    counts, customers = zip(*buckets.map(count, request.streams), strict=True)
    return functools.reduce(operator.add, counts), pd.concat(customers, ignore_index=True)

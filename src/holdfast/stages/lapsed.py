"""lapsed: streams → the silence after which hardly any customer returns, and the customers beyond it.

The limits are learned only from earlier dates whose outcome was known by the as-of date.
"""

import datetime as dt
import functools
import logging
import operator
from typing import Any

import numpy as np
import pandas as pd

from holdfast.artifacts.lapsed import write_lapsed
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.engine.parallel import map_buckets
from holdfast.features.extraction import extract_bucket
from holdfast.features.request import log_before, outcome_by, training_dates
from holdfast.runtime.context import StageRun
from holdfast.scoring.lapsed import LapseLimits, describe_limits, find_limits, lapsed_on
from holdfast.scoring.leavers import find_leavers
from holdfast.scoring.profile import running_subscribers
from holdfast.scoring.rhythm import Returns, count_returns, read_rhythm, rhythm_request
from holdfast.snapshots.churn import Inactivity

logger = logging.getLogger(__name__)

CUSTOMERS = {"customer_id": "str", "lapsed_on": "datetime64[us]", "reach": "float64"}


def find_lapsed(run: StageRun, validated: ValidatedTables, streams: Streams) -> dict[str, Any]:
    """Learn the limits from the log, and find the eligible customers beyond them."""
    returns, limits, customers = measure_lapsed(run, validated, streams)
    write_lapsed(run.out, customers, limits)
    what = describe_lapsed(run, limits, customers)
    logger.info(what)
    return {
        "as_of": str(run.day), "what": what, "lapsed": int(customers["lapsed_on"].notna().sum()),
        "groups": describe_limits(limits, returns),
    }  # fmt: skip


def measure_lapsed(
    run: StageRun, validated: ValidatedTables, streams: Streams
) -> tuple[Returns, LapseLimits, pd.DataFrame]:
    """The counts, the limits and CUSTOMERS of every eligible customer; all empty if nobody can lapse."""
    settings = run.settings
    if not settings.outreach.lapsed.use or not isinstance(settings.churn, Inactivity):
        return Returns.none(), LapseLimits.none(), pd.DataFrame(columns=[*CUSTOMERS]).astype(CUSTOMERS)
    returns, customers = measure_silence(run, validated, streams)
    limits = find_limits(returns, settings.outreach.lapsed)
    since = lapsed_on(limits, customers, run.day).astype("datetime64[us]")
    found = customers[["customer_id"]].assign(lapsed_on=since, reach=limits.reach(customers))
    return returns, limits, found


def find_lost(run: StageRun, validated: ValidatedTables, streams: Streams, since: dt.date) -> pd.DataFrame:
    """The customers who lapsed or left from `since` until the as-of date (see `scoring.leavers`)."""
    _, limits, customers = measure_lapsed(run, validated, streams)
    with run.engine() as engine:
        return find_leavers(
            validated.tables(engine), run.settings.churn, run.day, within_days=(run.day - since).days,
            least_days=run.settings.churn.horizon_days,
            lapsed=customers[customers["lapsed_on"].notna()], limits=limits,
        )  # fmt: skip


def describe_lapsed(run: StageRun, limits: LapseLimits, customers: pd.DataFrame) -> str:
    """The number of lapsed customers, or why nobody counts as lapsed."""
    if not run.settings.outreach.lapsed.use:
        return "nobody counts as lapsed: switched off (outreach.lapsed.use)"
    if not isinstance(run.settings.churn, Inactivity):
        return "nobody counts as lapsed: the subscription of every eligible customer runs"
    if np.isinf(limits.multiple).all():
        return "nobody counts as lapsed: the log is too short, or too few were silent for long, to tell"
    return f"{customers['lapsed_on'].notna().sum():,} of {len(customers):,} eligible customers lapsed"


def measure_silence(
    run: StageRun, validated: ValidatedTables, streams: Streams
) -> tuple[Returns, pd.DataFrame]:
    """The return counts at earlier dates, and the rhythm of the customers eligible at the as-of date.

    Customers with a running subscription are left out, because their silence means nothing.
    """
    settings = run.settings
    with run.engine() as engine:
        tables = validated.tables(engine)
        span = log_before(tables, settings.churn, run.day)
        outcome = outcome_by(settings.churn, settings.timeline, span)
        assert span.first_day is not None, "an empty log is refused"
        dates = (*training_dates(span.first_day, run.day, outcome, settings.timeline), run.day)
        request = rhythm_request(tables, dates, churn=settings.churn, outcome=outcome, known_before=run.day)
        subscribers = pd.MultiIndex.from_tuples(
            [(customer, date) for date in dates for customer in running_subscribers(tables, date)],
            names=["customer_id", "as_of"],
        )

    def work(number: int) -> tuple[Returns, pd.DataFrame]:
        rows = read_rhythm(extract_bucket(request, streams.bucket(number, request.streams)))
        if len(subscribers):
            rows = rows[~pd.MultiIndex.from_frame(rows[["customer_id", "as_of"]]).isin(subscribers)]
        today = rows["as_of"] == run.day
        return count_returns(rows[~today]), rows[today]

    counts, customers = zip(*map_buckets(work, streams.buckets, run.threads), strict=True)
    return functools.reduce(operator.add, counts), pd.concat(customers, ignore_index=True)

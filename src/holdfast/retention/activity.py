"""Spells of activity: from which day until which day each customer was active, by the churn question.

A customer is active at the midnight of a day if `since < day <= until`. Only facts known before the as-of
date count; each counts from the day on which it occurred.
"""

import datetime as dt
from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from ibis import Table
from numpy.typing import NDArray

from holdfast.scoring.subscriptions import OPEN_END, plan_versions
from holdfast.snapshots.churn import Cancellation, Churn, Provided
from holdfast.timeline.span import midnight


def find_spells(tables: Mapping[str, Table], churn: Churn, day: dt.date) -> pd.DataFrame:
    """One row per spell, sorted by customer_id and since.

    - purchases (`inactivity`, `spend_drop`, `provided` by purchases): a purchase makes a customer active for
      the next `active_within_days`.
    - subscriptions (`cancellation`, `provided` by subscriptions): a customer is active while one runs. A
      pause shorter than `grace_days` does not end a spell.
    - `provided`: a recorded leaving ends every activity; a later purchase or start begins a new spell.

    Returns:
        customer_id, since, until (datetime64[s], midnights; OPEN_END: still active).
    """
    if churn.stream == "transactions":
        assert not isinstance(churn, Cancellation), "a cancellation is read from subscriptions"
        bought = tables["transactions"]
        bought = bought.filter(
            bought.amount > 0, bought.known_at < midnight(day), bought.occurred_at < midnight(day)
        )
        days = bought.select("customer_id", since=bought.occurred_at.truncate("D")).distinct()
        active = days.mutate(until=days.since + ibis.interval(days=churn.active_within_days))
    else:
        active = plan_versions(tables["subscriptions"], day).select("customer_id", "since", "until")
    if isinstance(churn, Provided):
        active = end_at_leavings(active, tables["churned"], day)
    grace = churn.grace_days if isinstance(churn, Cancellation) else 0
    result: pd.DataFrame = join_spells(active, grace).order_by("customer_id", "since").to_pandas()
    days_only = {name: result[name].dt.normalize().astype("datetime64[s]") for name in ("since", "until")}
    return result.assign(**days_only)


def end_at_leavings(active: Table, leavings: Table, day: dt.date) -> Table:
    """The activities, each until the first leaving on or after the day on which it began."""
    seen = leavings.filter(leavings.known_at < midnight(day), leavings.churned_at < midnight(day))
    left = seen.select(leaver=seen.customer_id, left_on=seen.churned_at.truncate("D")).distinct()
    later = active.left_join(
        left, [active.customer_id == left.leaver, left.left_on >= active.since.truncate("D")]
    )
    ends = later.group_by("customer_id", "since", "until").aggregate(first_left=later.left_on.min())
    return ends.select(
        "customer_id", "since", until=ibis.least(ends.until, ends.first_left.fill_null(ends.until))
    )


def join_spells(active: Table, grace_days: int) -> Table:
    """Activities that touch, overlap or lie less than `grace_days` apart, as one spell."""
    before = ibis.window(group_by="customer_id", order_by=["since", "until"], rows=(None, -1))
    table = active.mutate(ended=active.until.max().over(before))
    apart = (table.since > table.ended) & (table.since >= table.ended + ibis.interval(days=grace_days))
    table = table.mutate(begins=ibis.cases((table.ended.isnull() | apart, 1), else_=0))
    upto = ibis.cumulative_window(group_by="customer_id", order_by=["since", "until"])
    numbered = table.mutate(spell=table.begins.sum().over(upto))
    spells = numbered.group_by("customer_id", "spell").aggregate(
        since=numbered.since.min(), until=numbered.until.max()
    )
    return spells.drop("spell")


class Activity:
    """Who was active at some midnights.

    Attributes:
        customers: (customers,) their ids, sorted.
        first: (customers,) the day on which each first became active.
        at: (customers, midnights) whether active.
        until: (customers, midnights) the last day of the spell of those who are active.
    """

    def __init__(self, spells: pd.DataFrame, midnights: list[dt.date]) -> None:
        codes, names = pd.factorize(spells["customer_id"], sort=True)
        since, until = (spells[name].to_numpy("datetime64[D]") for name in ("since", "until"))
        self.customers = pd.Index(names, name="customer_id")
        self.first = np.full(len(names), np.datetime64(OPEN_END, "D"))
        np.minimum.at(self.first, codes, since)
        self.at: NDArray[np.bool_] = np.zeros((len(names), len(midnights)), bool)
        self.until = np.full(self.at.shape, np.datetime64("NaT", "D"))
        for place, moment in enumerate(np.array(midnights, "datetime64[D]")):
            running = (since < moment) & (until >= moment)
            self.at[codes[running], place] = True
            self.until[codes[running], place] = until[running]

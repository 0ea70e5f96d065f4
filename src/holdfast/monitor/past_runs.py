"""Follow the customers of earlier scoring runs until their outcome is known, and grade each run."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd
from ibis import Table

from holdfast.contacts.log import contacted_in, source_contacts
from holdfast.engine.parallel import Buckets
from holdfast.features.labels import labels_at, labels_of
from holdfast.monitor.results import COLUMNS, grade_run, spread_evenly
from holdfast.snapshots.churn import Churn
from holdfast.timeline.outcome import Outcome


class PastRun(NamedTuple):
    """An earlier scoring run.

    Attributes:
        fair: whether the model's training ends on or before the as-of date: it has not seen the outcome.
        probabilities: customer_id and churn_probability, one row a customer.
        listed, held_out: the customers of the list of that date.
    """

    as_of: dt.date
    model_version: str
    fair: bool
    probabilities: pd.DataFrame
    listed: Collection[str]
    held_out: Collection[str]


def sample_mature_dates(dates: Sequence[dt.date], outcome: Outcome, day: dt.date, most: int) -> list[dt.date]:
    """At most `most` of the dates whose outcome is known on `day`, evenly spaced."""
    return spread_evenly([date for date in dates if outcome.mature_at(date) <= day], most)


def grade_runs(
    runs: Iterable[PastRun], dates: Sequence[dt.date], tables: Mapping[str, Table], buckets: Buckets, *,
    churn: Churn, outcome: Outcome, day: dt.date, seed: int,
) -> pd.DataFrame:  # fmt: skip
    """The metrics of earlier runs (see `results.grade_run`), oldest first.

    Customers without a label (erased, or no longer eligible after a correction) are left out. Contacted are
    the customers in the company's contact log; without one, those on the list.

    Args:
        dates: the as-of dates of the runs, oldest first; their outcomes are known on `day`.
    """
    if not dates:
        return pd.DataFrame(columns=COLUMNS)
    labels = labels_at(tuple(dates), tables, buckets, churn=churn, outcome=outcome, known_before=day)
    contacts = source_contacts(tables, dates[0], day)
    rows = []
    for run in runs:
        contacted = run.listed
        if contacts is not None:
            contacted = set(contacted_in(contacts, run.as_of, outcome.window(run.as_of)[1])["customer_id"])
        customers = run.probabilities.merge(labels_of(labels, run.as_of), on="customer_id")
        customers = customers.sort_values("customer_id", ignore_index=True)
        customers["contacted"] = customers["customer_id"].isin(contacted)
        customers["held_out"] = customers["customer_id"].isin(run.held_out)
        about = {"as_of": str(run.as_of), "model_version": run.model_version, "fair": run.fair}
        rows += grade_run(customers, about, seed)
    return pd.DataFrame(rows, columns=COLUMNS)

"""Complaints by topic, and whether customers who complained leave more often afterwards."""

import datetime as dt

import numpy as np
import pandas as pd
from ibis import Table

from holdfast.metrics.shares import holm
from holdfast.retention.intervals import difference
from holdfast.scoring.open_tickets import with_columns
from holdfast.timeline.span import midnight

ANY, NO_TOPIC = "any topic", "no category"
MAX_TOPICS = 10
MIN_CHURNED = 5  # on either side, to compare


def read_tickets(tickets: Table, day: dt.date) -> pd.DataFrame:
    """customer_id, at, known_at and topic of each ticket opened and known before `day`."""
    table = with_columns(tickets, category="string")
    seen = table.filter(table.known_at < midnight(day), table.opened_at < midnight(day))
    result: pd.DataFrame = seen.select(
        "customer_id", "known_at", at=seen.opened_at, topic=seen.category.fill_null(NO_TOPIC)
    ).to_pandas()
    return result


def compare_topics(
    tickets: pd.DataFrame, snapshots: pd.DataFrame, *, complaint_days: int, min_customers: int
) -> pd.DataFrame:
    """One row per topic, the most frequent first, after a row for all tickets.

    At each as-of date, customers who opened a ticket of the topic in the `complaint_days` before are compared
    with those who did not, within each stratum, because who buys more also complains more. A difference says
    what complaints precede, not what they cause.

    Args:
        snapshots: customer_id, as_of, churned (0 or 1), stratum: the eligible customers of each date.

    Returns:
        topic, tickets and customers of the whole log, and the result of `compare`; adjusted_p: Holm.
    """
    first = tickets["at"].min() + pd.Timedelta(days=complaint_days)  # before it, complaints are not known
    snapshots = snapshots[pd.to_datetime(snapshots["as_of"]) >= first].reset_index(drop=True)
    topics = [ANY, *tickets["topic"].value_counts().index[:MAX_TOPICS]]
    rows = []
    for topic in topics:
        chosen = tickets if topic == ANY else tickets[tickets["topic"] == topic]
        row = {"topic": topic, "tickets": len(chosen), "customers": chosen["customer_id"].nunique()}
        rows.append({**row, **compare(chosen, snapshots, complaint_days, min_customers)})
    columns = [
        "topic", "tickets", "customers", "with_topic", "without", "rate", "rate_others", "difference", "low",
        "high", "p",
    ]  # fmt: skip
    result = pd.DataFrame(rows, columns=columns)
    p_values = [None if pd.isna(p) else float(p) for p in result["p"]]
    return result.assign(adjusted_p=np.array(holm(p_values), float)).drop(columns="p")


def compare(
    tickets: pd.DataFrame, snapshots: pd.DataFrame, days: int, min_customers: int
) -> dict[str, float]:
    """The churn rates of snapshots with such a ticket before, and of comparable ones without."""
    complained = np.zeros(len(snapshots), bool)
    for date, rows in snapshots.groupby("as_of").indices.items():
        moment = pd.Timestamp(str(date))
        before = tickets[(tickets["at"] >= moment - pd.Timedelta(days=days)) & (tickets["at"] < moment)]
        complainers = before.loc[before["known_at"] < moment, "customer_id"]
        complained[rows] = snapshots["customer_id"].iloc[rows].isin(complainers)
    sides = pd.Series(complained).groupby(snapshots["stratum"].to_numpy()).transform("nunique") == 2
    group, both = complained[sides], snapshots[sides.to_numpy()]
    churned = both["churned"].to_numpy(float)
    sizes: dict[str, float] = {"with_topic": int(group.sum()), "without": int((~group).sum())}
    classes = [((churned == kind) & side).sum() for kind in (0, 1) for side in (group, ~group)]
    if min(sizes.values()) < min_customers or min(classes) < MIN_CHURNED:
        return sizes
    return {
        **sizes, **difference(churned, group, both["customer_id"].to_numpy(), both["stratum"].to_numpy()),
    }  # fmt: skip

"""Follow the customers of earlier lists: their churn, spend and contacts since."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from ibis import Table

from holdfast.contacts.given import read_contacts
from holdfast.contacts.log import contacted_in, source_contacts
from holdfast.contracts.identifiers import refuse_reformatted_ids
from holdfast.engine.parallel import Buckets
from holdfast.features.labels import labels_at, labels_of
from holdfast.outcomes.comparable import mark_compared
from holdfast.outcomes.lead_time import measure_lead_time
from holdfast.outcomes.randomized import FirstSelected, RandomizedList
from holdfast.scoring.lost import find_lost
from holdfast.scoring.payments import failing_attempts
from holdfast.scoring.settings import LapsedSettings
from holdfast.snapshots.churn import Churn
from holdfast.timeline.outcome import Outcome
from holdfast.timeline.settings import TimelineSettings
from holdfast.timeline.span import midnight

ANY_DAYS = 36_500  # a failed payment is due, however old it is


def follow_up(
    randomized: RandomizedList, labels: pd.DataFrame, tables: Mapping[str, Table],
    contacts: pd.DataFrame | None, outcome: Outcome, selected: FirstSelected, day: dt.date,
) -> pd.DataFrame:  # fmt: skip
    """One row an eligible customer of a list, key (as_of, customer_id): decisions, and what happened since.

    New columns: churned (0, 1, or null: no label), spend (money in the outcome window, net of refunds; null
    without transactions), contacted (from the as-of date until the window's end; null: unknown), cost, and
    those of `mark_compared`; if the source has payments, involuntary (left because a payment failed) and
    payment_due (a failed payment was still due at the end).

    Args:
        labels: customer_id and the labels at the list's as-of date.
        contacts: see `contacts.log`; None: unknown.
        day: facts known at or after this day are ignored.
    """
    start, over = outcome.window(randomized.as_of)
    rows = randomized.decisions.merge(labels, on="customer_id", how="left")
    rows.insert(0, "as_of", randomized.as_of)
    if "transactions" in tables:
        rows = rows.merge(spend_in(tables["transactions"], start, over, day), on="customer_id", how="left")
        rows["spend"] = rows["spend"].fillna(0.0)
    else:
        rows["spend"] = float("nan")
    if "payments" in tables:
        due = failing_attempts(tables["payments"], min(over, day), ANY_DAYS)["customer_id"]
        rows["payment_due"] = rows["customer_id"].isin(due)
    if contacts is None:
        rows = rows.assign(contacted=pd.array([None] * len(rows), "boolean"), cost=float("nan"))
    else:
        rows = rows.merge(contacted_in(contacts, randomized.as_of, over), on="customer_id", how="left")
        rows = rows.assign(contacted=rows["contacted"].astype("boolean").fillna(False))
    return mark_compared(
        rows, as_of=randomized.as_of, seen_before=selected.again, share=randomized.holdout_share
    )  # fmt: skip


def find_contacts(
    path: Path | None, lists: Sequence[RandomizedList], tables: Mapping[str, Table], day: dt.date,
    time_zone: str,
) -> pd.DataFrame | None:  # fmt: skip
    """The contacts of the user's file, or else those of the source since the first list.

    Args:
        path: see `contacts.given`; None: the user gave no file.

    Returns:
        See `contacts.log`; None: neither records contacts.
    """
    if path is None:
        return source_contacts(tables, lists[0].as_of, day)
    where = f"contacts_file={path}"
    contacts = read_contacts(path, time_zone, where)
    customers = pd.concat([each.decisions["customer_id"] for each in lists])
    refuse_reformatted_ids(contacts["customer_id"], customers, where=where)
    return contacts


def follow_lists(
    lists: Sequence[RandomizedList], tables: Mapping[str, Table], buckets: Buckets,
    contacts: pd.DataFrame | None, selected: Mapping[dt.date, FirstSelected], *, churn: Churn,
    outcome: Outcome, day: dt.date,
) -> pd.DataFrame:  # fmt: skip
    """`follow_up` of several lists, pooled.

    Args:
        buckets: the streams of the same log as `tables`.
        selected: by the date of each list.
    """
    dates = tuple(each.as_of for each in lists)
    labels = labels_at(dates, tables, buckets, churn=churn, outcome=outcome, known_before=day)
    followed = [
        follow_up(each, labels_of(labels, each.as_of), tables, contacts, outcome, selected[each.as_of], day)
        for each in lists
    ]
    return pd.concat(followed, ignore_index=True)


def spend_in(transactions: Table, start: dt.date, over: dt.date, day: dt.date) -> pd.DataFrame:
    """customer_id, spend: paid in `[start, over)` less what was given back, as known before `day`."""
    rows = transactions.filter(
        transactions.occurred_at >= midnight(start),
        transactions.occurred_at < midnight(over),
        transactions.known_at < midnight(day),
    )
    spend: pd.DataFrame = rows.group_by("customer_id").aggregate(spend=rows.amount.sum()).to_pandas()
    return spend


def lead_time_of_lists(
    lists: Sequence[RandomizedList], tables: Mapping[str, Table], buckets: Buckets, day: dt.date, *,
    churn: Churn, timeline: TimelineSettings, lapsed: LapsedSettings,
) -> dict[str, Any] | None:  # fmt: skip
    """`measure_lead_time` of published lists, for the customers lost until `day`.

    Args:
        lists: oldest first.
        tables, buckets: the validated tables, and the streams of the same log.
    """
    first, columns = lists[0].as_of, ["customer_id", "decision", "value"]
    lost = find_lost(tables, buckets, first, day, churn=churn, timeline=timeline, settings=lapsed)
    decided = pd.concat([each.decisions[columns].assign(as_of=each.as_of) for each in lists])
    return measure_lead_time(lost, decided, first)

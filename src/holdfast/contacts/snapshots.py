"""Snapshots whose customers were contacted before the outcome window ended: the contact affects the label."""

import logging

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.contacts.log import contacted_in
from holdfast.features.summary import FeaturesSummary
from holdfast.model.labelled import Labelled, take_labelled
from holdfast.model.matrix import CONTACT_FLAG, CONTACTED
from holdfast.model.splits import Splits
from holdfast.timeline.outcome import Outcome
from holdfast.timeline.settings import TimelineSettings

logger = logging.getLogger(__name__)


def label_snapshots(
    features: pa.Table, summary: FeaturesSummary, contacts: pd.DataFrame | None, timeline: TimelineSettings,
    churn: str,
) -> Labelled:  # fmt: skip
    """The snapshots with a label; snapshots of contacted customers are kept, dropped or flagged.

    Args:
        summary, churn: see `take_labelled`.
        contacts: see `mark_contacted`.
    """
    labelled = take_labelled(features, summary, timeline, churn)
    rows, policy = mark_contacted(labelled.rows, contacts, summary.outcome), timeline.contacted_policy
    if policy != "keep" or CONTACTED in rows.column_names:
        logger.info(describe_policy(policy, rows))
    rows, splits = apply_policy(policy, rows, labelled.splits)
    return Labelled(rows, labelled.plan, splits)


def mark_contacted(rows: pa.Table, contacts: pd.DataFrame | None, outcome: Outcome) -> pa.Table:
    """Add the column `contacted`: whether between the as-of date and the end of the outcome window.

    Args:
        contacts: see `contacts.log`; None: there is no record of contacts, and no column is added.
    """
    if contacts is None:
        return rows
    contacted = np.zeros(rows.num_rows, bool)
    for date in pc.unique(rows["as_of"]).to_pylist():
        customers = contacted_in(contacts, date, outcome.window(date)[1])["customer_id"]
        on_date = pc.equal(rows["as_of"], pa.scalar(date, pa.date32()))
        called = pc.is_in(rows["customer_id"], value_set=pa.array(customers, rows["customer_id"].type))
        contacted |= pc.and_(on_date, called).to_numpy()
    return rows.append_column(CONTACTED, pa.array(contacted))


def apply_policy(policy: str, rows: pa.Table, splits: Splits) -> tuple[pa.Table, Splits]:
    """Keep, drop or flag the contacted snapshots.

    Args:
        policy: `keep`: unchanged; `drop`: excluded from training; `flag`: marked by a feature.
        rows: with `contacted`, if there is a record of contacts. A flag of an earlier policy is removed.
    """
    rows = rows.select([name for name in rows.column_names if name != CONTACT_FLAG])
    if CONTACTED not in rows.column_names:
        return rows, splits
    contacted = rows[CONTACTED].to_numpy()
    if policy == "drop":
        splits = splits.drop_rows(contacted, rows["churned"].to_numpy())
    if policy == "flag":
        rows = rows.append_column(CONTACT_FLAG, pa.array(contacted.astype(np.float32)))
    return rows, splits


def describe_policy(policy: str, rows: pa.Table) -> str:
    """The effect of the policy, for the log."""
    if CONTACTED not in rows.column_names:
        return f"there is no record of contacts: timeline.contacted_policy={policy} changes nothing"
    share = rows[CONTACTED].to_numpy().mean()
    return (
        f"{share:.0%} of the snapshots are of customers contacted before the outcome was over: "
        f"timeline.contacted_policy={policy}"
    )

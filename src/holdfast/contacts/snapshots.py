"""Snapshots of customers who were contacted before the outcome was over: they show what that did too."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.contacts.log import contacted_in
from holdfast.model.matrix import CONTACT_FLAG, CONTACTED
from holdfast.model.splits import Splits
from holdfast.timeline.outcome import Outcome

FLAGGED = "SEASON"  # a background reason: nobody who is scored was contacted after their as-of date


def mark_contacted(rows: pa.Table, contacts: pd.DataFrame | None, outcome: Outcome) -> pa.Table:
    """The rows with the column `contacted`: from the as-of date to the end of the outcome window.

    Args:
        contacts: see `contacts.log`; None: nothing says who was contacted, and there is no such column.
    """
    if contacts is None:
        return rows
    return rows.append_column(CONTACTED, pa.array(_contacted(rows, contacts, outcome)))


def _contacted(rows: pa.Table, contacts: pd.DataFrame, outcome: Outcome) -> NDArray[np.bool_]:
    found = np.zeros(rows.num_rows, bool)
    for date in pc.unique(rows["as_of"]).to_pylist():
        called = contacted_in(contacts, date, outcome.window(date)[1])["customer_id"]
        here = pc.equal(rows["as_of"], pa.scalar(date, pa.date32()))
        known = pc.is_in(rows["customer_id"], value_set=pa.array(called, rows["customer_id"].type))
        found |= pc.and_(here, known).to_numpy()
    return found


def apply_policy(policy: str, rows: pa.Table, splits: Splits) -> tuple[pa.Table, Splits]:
    """Keep, drop or flag the contacted snapshots.

    Args:
        policy: `keep`: as they are; `drop`: not trained on; `flag`: told apart by a column of the model.
        rows: with `contacted`, if anything says who was; perhaps with the flag of another policy, which goes.
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
    """What the policy comes to, for the log."""
    if CONTACTED not in rows.column_names:
        return f"nothing says who was contacted: timeline.contacted_policy={policy} changes nothing"
    share = rows[CONTACTED].to_numpy().mean()
    return (
        f"{share:.0%} of the snapshots are of customers contacted before the outcome was over: "
        f"timeline.contacted_policy={policy}"
    )

"""Involuntary churn: customers who were lost because a payment failed, not because they decided to go."""

import datetime as dt
from collections.abc import Mapping

import ibis
import pandas as pd
from ibis import Table

from holdfast.scoring.open_tickets import with_columns
from holdfast.scoring.subscriptions import plan_versions
from holdfast.snapshots.involuntary import RETRY_DAYS
from holdfast.timeline.span import midnight


def first_attempt(tables: Mapping[str, Table], day: dt.date) -> dt.date:
    """The day of the first attempt to charge; `day`: none is known."""
    payments = tables["payments"]
    first = payments.filter(payments.known_at < midnight(day)).attempted_at.min().to_pyarrow().as_py()
    return day if first is None else first.date()


def lost_by_payment(tables: Mapping[str, Table], lost: pd.DataFrame, day: dt.date) -> pd.Series:
    """(rows of `lost`) whether the last attempt to charge them before the end had failed.

    The attempt counts if it was at most RETRY_DAYS before the end. It does not count if they had given notice
    on an earlier day: then they had decided to leave.

    Args:
        lost: customer_id and lost_on, the last active day; key both.
    """
    table = with_columns(tables["payments"], subscription_id="string")
    seen = table.filter(
        table.known_at < midnight(day), table.attempted_at < midnight(day),
        table.status.isin(["succeeded", "failed"]),
    )  # fmt: skip
    ids = ibis.memtable(
        lost[["customer_id"]].drop_duplicates().astype("object"), schema={"customer_id": "string"}
    )
    attempts = (
        seen.semi_join(ids, "customer_id")
        .select("customer_id", "attempted_at", "status", paid_for=seen.subscription_id.fill_null(""))
        .to_pandas()
    )
    rows = lost[["customer_id", "lost_on"]].merge(attempts, on="customer_id")
    rows = rows[rows["attempted_at"] < rows["lost_on"] + pd.Timedelta(days=1)].sort_values("attempted_at")
    last = rows.drop_duplicates(["customer_id", "lost_on", "paid_for"], keep="last")
    recent = last["attempted_at"] >= last["lost_on"] - pd.Timedelta(days=RETRY_DAYS)
    failed = pd.MultiIndex.from_frame(
        last.loc[recent & (last["status"] == "failed"), ["customer_id", "lost_on"]]
    )
    keys = pd.MultiIndex.from_frame(lost[["customer_id", "lost_on"]])
    noticed = keys.isin(gave_notice(tables, lost, day))
    return pd.Series(keys.isin(failed) & ~noticed, index=lost.index)


def gave_notice(tables: Mapping[str, Table], lost: pd.DataFrame, day: dt.date) -> pd.MultiIndex:
    """The rows of `lost` with notice given, for a plan version that ended then, on an earlier day."""
    columns = ["customer_id", "lost_on"]
    if "subscriptions" not in tables:
        return pd.MultiIndex.from_frame(lost.loc[lost.index[:0], columns])
    versions = plan_versions(tables["subscriptions"], day)
    noticed = versions.filter(
        versions.cancelled_at < midnight(day), versions.cancelled_at.date() < versions.until.date(),
    )  # fmt: skip
    ends = noticed.select("customer_id", lost_on=noticed.until.truncate("D")).distinct().to_pandas()
    ends["lost_on"] = ends["lost_on"].astype("datetime64[s]")
    return pd.MultiIndex.from_frame(ends[columns])

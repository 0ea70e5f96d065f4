"""The customers whose last payment failed, as known before an as-of date."""

import datetime as dt
from collections.abc import Mapping

import ibis
import pandas as pd
from ibis import Table

from holdfast.scoring.open_tickets import with_columns
from holdfast.timeline.span import midnight

COLUMNS = {
    "customer_id": "str", "failed_on": "object", "failing_days": "float64", "failed_attempts": "int64",
    "amount_due": "float64", "failure_code": "object", "next_attempt_on": "object",
}  # fmt: skip


def failed_payments(
    tables: Mapping[str, Table], as_of: dt.date, within_days: int
) -> pd.DataFrame | None:  # fmt: skip
    """One row per customer with a subscription whose last attempt failed, key customer_id, sorted by it.

    Args:
        within_days: the maximum age of the last attempt; 0: no such list.

    Returns:
        COLUMNS, over all such subscriptions of the customer: failed_on (day of the last attempt),
        failing_days (since the first failed attempt), failed_attempts, amount_due (of the last attempts),
        failure_code (of the last attempt), next_attempt_on. None: no such list, or no payments.
    """
    if not within_days or "payments" not in tables:
        return None
    rows = failing_attempts(tables["payments"], as_of, within_days)
    rows = rows.sort_values(["customer_id", "attempted_at", "payment_id"], ignore_index=True)
    last = rows.drop_duplicates(["customer_id", "paid_for"], keep="last")
    ahead = last["next_attempt_at"].where(last["next_attempt_at"] >= pd.Timestamp(as_of))
    both = rows.groupby("customer_id"), last.groupby("customer_id")
    failures = pd.DataFrame(
        {
            "failed_on": both[0]["attempted_at"].max().dt.date,
            "failing_days": (pd.Timestamp(as_of) - both[0]["attempted_at"].min()).dt.total_seconds() / 86_400,
            "failed_attempts": both[0].size(),
            "amount_due": both[1]["amount"].sum(min_count=1),
            "failure_code": both[1]["failure_code"].last(),
            "next_attempt_on": ahead.groupby(last["customer_id"]).min().dt.date,
        }
    )
    return failures.rename_axis("customer_id").reset_index()[[*COLUMNS]]


def failing_attempts(payments: Table, as_of: dt.date, within_days: int) -> pd.DataFrame:
    """The failed attempts since the last paid one, of each subscription whose last attempt failed.

    Attempts that name no subscription belong together.
    """
    texts = dict.fromkeys(("subscription_id", "failure_code"), "string")
    table = with_columns(payments, **texts, amount="float64", next_attempt_at="timestamp")
    moment = midnight(as_of)
    table = table.mutate(paid_for=table.subscription_id.fill_null(""))
    seen = table.filter(
        table.known_at < moment, table.attempted_at < moment, table.status.isin(["succeeded", "failed"])
    )
    same = ibis.window(group_by=["customer_id", "paid_for"])
    seen = seen.mutate(
        last=seen.attempted_at.max().over(same),
        paid=seen.attempted_at.max(where=seen.status == "succeeded").over(same),
    )
    failing = seen.filter(
        seen.status == "failed",
        seen.paid.isnull() | (seen.attempted_at > seen.paid),
        seen.last >= midnight(as_of - dt.timedelta(days=within_days)),
    )
    wanted = failing.select(
        "customer_id", "paid_for", "payment_id", "attempted_at", "amount", "failure_code",
        next_attempt_at=failing.next_attempt_at.cast("timestamp"),
    )  # fmt: skip
    failures: pd.DataFrame = wanted.to_pandas()
    return failures

"""Subscriptions as known before an as-of date: plan versions, running subscriptions and renewals."""

import datetime as dt
from collections.abc import Mapping

import ibis
import pandas as pd
from ibis import Table

from holdfast.scoring.open_tickets import with_columns
from holdfast.timeline.span import midnight

OPEN_END = dt.date(2262, 1, 1)  # of what has no known end


def plan_versions(subscriptions: Table, day: dt.date) -> Table:
    """customer_id, since, until and monthly_value of each visible plan version.

    A version ends when the next one of the same subscription starts, even if its row has no end.
    """
    table = with_columns(
        subscriptions, ended_at="timestamp", monthly_value="float64", cancelled_at="timestamp"
    )
    seen = table.filter(table.known_at < midnight(day), table.started_at < midnight(day))
    same = ibis.window(group_by=["customer_id", "subscription_id"], order_by="started_at")
    end = ibis.cases((seen.ended_at < midnight(day), seen.ended_at), else_=midnight(OPEN_END))
    next_start = seen.started_at.lead().over(same).fill_null(midnight(OPEN_END))
    return seen.select(
        "customer_id", "monthly_value", "cancelled_at", since=seen.started_at,
        until=ibis.least(end, next_start),
    )  # fmt: skip


def renewals(tables: Mapping[str, Table], as_of: dt.date) -> pd.DataFrame | None:
    """The next known renewal date, and whether notice was given for all running subscriptions."""
    if "subscriptions" not in tables:
        return None
    table, moment = tables["subscriptions"], midnight(as_of)
    visible = latest_versions(table.filter(table.known_at < moment, table.started_at < moment))

    def if_past(column: str) -> ibis.Value:
        if column not in visible.columns:
            return ibis.null("timestamp")
        return ibis.cases((visible[column] < moment, visible[column]), else_=ibis.null("timestamp"))

    renewal = visible.renews_at if "renews_at" in visible.columns else ibis.null("timestamp")
    terms = visible.select(
        "customer_id",
        renewal=renewal.cast("timestamp"),
        noticed=if_past("cancelled_at").notnull(),
        running=if_past("ended_at").isnull(),
    )
    wanted = {
        "renewal_date": terms.renewal.min(where=terms.running & (terms.renewal >= moment)),
        "already_leaving": terms.noticed.all(where=terms.running),
    }
    customers: pd.DataFrame = terms.group_by("customer_id").aggregate(**wanted).to_pandas()
    customers["renewal_date"] = customers["renewal_date"].dt.date
    return customers


def running_subscribers(tables: Mapping[str, Table], as_of: dt.date) -> list[str]:
    """The customers with a running subscription, as known before `as_of`."""
    if "subscriptions" not in tables:
        return []
    table, moment = tables["subscriptions"], midnight(as_of)
    versions = latest_versions(table.filter(table.known_at < moment, table.started_at < moment))
    if "ended_at" in versions.columns:
        versions = versions.filter(versions.ended_at.isnull() | (versions.ended_at >= moment))
    customers: list[str] = versions.select("customer_id").distinct().to_pandas()["customer_id"].to_list()
    return customers


def latest_versions(subscriptions: Table) -> Table:
    """The latest version of each subscription, which replaces earlier ones."""
    latest = ibis.window(group_by=["customer_id", "subscription_id"], order_by=ibis.desc("started_at"))
    return subscriptions.mutate(version=ibis.row_number().over(latest)).filter(lambda row: row.version == 0)

"""The facts about each scored customer that outreach needs beside the score."""

import datetime as dt
from collections.abc import Mapping, Sequence

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import Table

from holdfast.contracts.arms import contacts_made
from holdfast.scoring.subscriptions import renewals
from holdfast.timeline.span import midnight

TEXTS = ("name", "owner", "language", "country", "segment")

FEATURES = {
    "days_since_last_purchase": "recency__days__all", "open_tickets": "tickets__open_now__all",
    "tenure_days": "recency__tenure__all", "spent": "spend__sum__all", "refunded": "refunds__sum__all",
    "monthly_value": "subscription__value__all",
}  # fmt: skip


def describe(
    scores: pa.Table, features: pa.Table, tables: Mapping[str, Table], as_of: dt.date, *, least_days: int,
    lapsed: pd.DataFrame, failures: pd.DataFrame | None,
) -> pd.DataFrame:  # fmt: skip
    """One row per scored customer, key customer_id, by risk_rank: the input of `outreach.lists.build_list`.

    Names, owners and consent without `valid_from` are the present ones, because the call happens today.

    Args:
        features: features of the same customers at the same date.
        least_days: minimum number of days over which spend per day is averaged, so that a single purchase
            yesterday does not count as one purchase a day.
        lapsed: lapsed and reach of each customer (see `artifacts.lapsed`).
        failures: customers whose last payment failed (see `payments.failed_payments`); None: unknown.
    """
    frame: pd.DataFrame = scores.select(["customer_id", "churn_probability", "risk_rank"]).to_pandas()
    names = {column: name for name, column in FEATURES.items() if column in features.column_names}
    renamed = features.select(["customer_id", *names]).to_pandas().rename(columns=names)
    frame = frame.merge(renamed, on="customer_id", how="left")
    for part in (people(tables, as_of), contacts(tables, as_of), renewals(tables, as_of), lapsed):
        if part is not None:
            frame = frame.merge(part, on="customer_id", how="left")
    wanted = [*TEXTS, *FEATURES, "consent", "value", "last_contacted_at", "renewal_date", "already_leaving"]
    frame = frame.reindex(columns=[*frame.columns, *(name for name in wanted if name not in frame.columns)])
    frame["spend_per_day"] = spend_per_day(frame, least_days)
    frame["expected_days"] = np.nan
    frame["already_leaving"] = frame["already_leaving"].eq(True)  # null: no running subscription
    if failures is not None:
        frame["payment_failed"] = frame["customer_id"].isin(failures["customer_id"])
    return frame


def spend_per_day(frame: pd.DataFrame, least_days: int) -> pd.Series:
    """Money per day: the subscription's price, or else spend net of refunds over the observed life."""
    days = frame["tenure_days"].fillna(0).clip(lower=least_days)
    bought = (frame["spent"] + frame["refunded"].fillna(0)) / days
    return (frame["monthly_value"] * 12 / 365.25).fillna(bought).fillna(0.0)


def people(tables: Mapping[str, Table], as_of: dt.date) -> pd.DataFrame | None:
    """Names, consent and stated value of the customers, from the latest row known before `as_of`."""
    return known_columns(tables, as_of, (*TEXTS, "consent", "value"))


def known_columns(tables: Mapping[str, Table], as_of: dt.date, names: Sequence[str]) -> pd.DataFrame | None:
    """The existing ones of some customer columns, from the latest row known before `as_of`."""
    if "customers" not in tables:
        return None
    table = tables["customers"]
    if "valid_from" in table.columns:
        visible = table.filter(table.valid_from.isnull() | (table.valid_from < midnight(as_of)))
        newest = ibis.window(group_by="customer_id", order_by=ibis.desc("valid_from"))
        table = visible.mutate(version=ibis.row_number().over(newest)).filter(lambda row: row.version == 0)
    columns = [name for name in names if name in table.columns]
    customers: pd.DataFrame = table.select("customer_id", *columns).to_pandas()
    return customers


def contacts(tables: Mapping[str, Table], as_of: dt.date) -> pd.DataFrame | None:
    """The last contact of each customer."""
    if "contacts" not in tables:
        return None
    table = contacts_made(tables["contacts"])
    visible = table.filter(table.known_at < midnight(as_of), table.contacted_at < midnight(as_of))
    newest = visible.group_by("customer_id").aggregate(last_contacted_at=visible.contacted_at.max())
    customers: pd.DataFrame = newest.to_pandas()
    return customers

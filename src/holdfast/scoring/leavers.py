"""Recently churned customers and their facts, for win-back."""

import datetime as dt
from collections.abc import Mapping

import ibis
import pandas as pd
from ibis import Table

from holdfast.scoring.involuntary import lost_by_payment
from holdfast.scoring.lapsed import LapseLimits, lapsed_on
from holdfast.scoring.last_facts import count_open_tickets, price_change, purchases, recorded
from holdfast.scoring.open_tickets import with_columns
from holdfast.scoring.payments import failed_payments
from holdfast.scoring.profile import TEXTS, contacts, people
from holdfast.scoring.subscriptions import latest_versions, running_subscribers
from holdfast.snapshots.churn import Cancellation, Churn, Inactivity, Provided
from holdfast.snapshots.involuntary import RETRY_DAYS
from holdfast.timeline.span import midnight

DAYS_A_MONTH = 365.25 / 12
# Purchases, the reason that the company recorded, the number and age of open tickets, the last price of the
# same products against earlier ones, failed payments.
FACTS = (
    "first_on", "last_on", "spent", "monthly_value", "recorded_reason", "recorded_on", "open_tickets",
    "open_days", "price_change", "purchase_days", "failed_attempts", "failing_days",
)  # fmt: skip


def find_leavers(
    tables: Mapping[str, Table], churn: Churn, as_of: dt.date, *, within_days: int, least_days: int,
    lapsed: pd.DataFrame | None = None, limits: LapseLimits | None = None,
) -> pd.DataFrame:  # fmt: skip
    """One row per customer who left in the `within_days` before `as_of`, sorted by the key customer_id.

    Only facts known before `as_of` count. A customer who came back by then has not left.

    - `inactivity`, `spend_drop`: the customer lapsed, or is no longer eligible. left_on is the day they
      lapsed, at the latest the first day without a known purchase in the `active_within_days` before it.
    - `cancellation`: no subscription runs or is about to begin, and the grace days are over. left_on is the
      day the last subscription ended.
    - `provided`: the table `churned` says so. left_on is the day of their last leaving.

    Args:
        least_days: minimum number of days over which spend per day is averaged.
        lapsed: customer_id and lapsed_on of the eligible lapsed customers.

    Returns:
        left_on, spend_per_day, days_since_last_purchase, TEXTS, consent, value, last_contacted_at, FACTS
        (null if the source does not have them) and payment_failed (they left because a payment failed).
    """
    leavers = left_within(tables, churn, as_of, within_days)
    if churn.silence is not None and lapsed is not None:
        days = pd.DataFrame({"left_on": pd.to_datetime(lapsed["lapsed_on"]).dt.date})
        leavers = pd.concat([leavers, days.assign(customer_id=lapsed["customer_id"])], ignore_index=True)
    leavers = add_facts(leavers, tables, as_of, failed_within=within_days + RETRY_DAYS)
    if limits is not None and churn.silence is not None:
        leavers["left_on"] = earlier_of(leavers, limits, as_of, running_subscribers(tables, as_of))
        leavers = leavers[leavers["left_on"] > as_of - dt.timedelta(days=within_days)].copy()
    leavers["payment_failed"] = left_by_payment(tables, leavers, as_of)
    first, last = pd.to_datetime(leavers["first_on"]), pd.to_datetime(leavers["last_on"])
    bought = leavers["spent"].astype("float64") / (last - first).dt.days.fillna(0).clip(lower=least_days)
    monthly = leavers["monthly_value"].astype("float64") / DAYS_A_MONTH
    leavers["spend_per_day"] = monthly.fillna(bought).fillna(0.0)
    leavers["days_since_last_purchase"] = (pd.Timestamp(as_of) - last).dt.total_seconds() / 86_400
    # rounded, because an engine may sum in any order, and a rerun must give the same bytes
    floats = leavers.select_dtypes("float").columns
    leavers[floats] = leavers[floats].round(9)
    return leavers.sort_values("customer_id", ignore_index=True)


def left_within(tables: Mapping[str, Table], churn: Churn, as_of: dt.date, within_days: int) -> pd.DataFrame:
    """customer_id, left_on and, for subscribers, monthly_value, by the churn question."""
    if churn.silence is not None:
        return stopped_buying(tables["transactions"], churn.silence, as_of, within_days)
    if isinstance(churn, Provided):
        return recorded_leavers(tables, churn, as_of, within_days)
    assert isinstance(churn, Cancellation), "the other kinds have a silence"
    return ended(tables["subscriptions"], as_of, within_days, churn.grace_days, churn.min_history_days)


def add_facts(
    leavers: pd.DataFrame, tables: Mapping[str, Table], as_of: dt.date, *, failed_within: int
) -> pd.DataFrame:
    """The leavers with what is known about them; a column is null if the source does not have it."""
    failed = failed_payments(tables, as_of, failed_within)
    ids = ibis.memtable(leavers[["customer_id"]].astype("object"), schema={"customer_id": "string"})
    parts = [
        people(tables, as_of), contacts(tables, as_of), purchases(tables, ids, as_of),
        recorded(tables, ids, as_of), count_open_tickets(tables, ids, as_of),
        price_change(tables, ids, as_of),
        None if failed is None else failed[["customer_id", "failed_attempts", "failing_days"]],
    ]  # fmt: skip
    for part in parts:
        if part is not None:
            leavers = leavers.merge(part, on="customer_id", how="left")
    wanted = (*TEXTS, "consent", "value", "last_contacted_at", *FACTS)
    return leavers.reindex(columns=[*dict.fromkeys([*leavers.columns, *wanted])])


def left_by_payment(tables: Mapping[str, Table], leavers: pd.DataFrame, as_of: dt.date) -> pd.Series:
    """Whether each left because a payment failed, and the payment is still due."""
    due = leavers["failed_attempts"].notna()
    if not due.any():
        return due
    days = pd.to_datetime(leavers["left_on"]).astype("datetime64[s]")
    return due & lost_by_payment(tables, leavers[["customer_id"]].assign(lost_on=days), as_of)


def stopped_buying(table: Table, churn: Inactivity, as_of: dt.date, within_days: int) -> pd.DataFrame:
    """customer_id and left_on of customers whose last known purchase is too old to be eligible."""
    bought = table.filter(table.amount > 0, table.known_at < midnight(as_of))
    each = bought.group_by("customer_id").aggregate(
        first_known=bought.known_at.min(), last_known=bought.known_at.max()
    )
    newest = as_of - dt.timedelta(days=churn.active_within_days)
    chosen = each.filter(
        each.last_known < midnight(newest),
        each.last_known >= midnight(newest - dt.timedelta(days=within_days)),
    )
    leavers: pd.DataFrame = chosen.to_pandas()
    last_eligible = leavers["last_known"].dt.normalize() + pd.Timedelta(days=churn.active_within_days)
    enough = leavers["first_known"] <= last_eligible - pd.Timedelta(days=churn.min_history_days)
    leavers["left_on"] = (last_eligible + pd.Timedelta(days=1)).dt.date
    left: pd.DataFrame = leavers.loc[enough, ["customer_id", "left_on"]]
    return left


def recorded_leavers(
    tables: Mapping[str, Table], churn: Provided, as_of: dt.date, within_days: int
) -> pd.DataFrame:
    """customer_id, left_on and, for subscribers, monthly_value, of customers recorded as having left.

    Whoever never bought or subscribed has not left.
    """
    moment, leavings = midnight(as_of), tables["churned"]
    seen = leavings.filter(leavings.known_at < moment, leavings.churned_at < moment)
    last = seen.group_by("customer_id").aggregate(left_at=seen.churned_at.max())
    leading = tables[churn.stream].filter(tables[churn.stream].known_at < moment)
    if churn.eligible_by == "purchases":
        bought = leading.filter(leading.amount > 0)
        active = bought.group_by("customer_id").aggregate(back_at=bought.occurred_at.max())
    else:
        begun = leading.filter(leading.started_at < moment)
        active = begun.group_by("customer_id").aggregate(back_at=begun.started_at.max())
    both = last.inner_join(active, "customer_id")
    gone = both.back_at.cast("date") <= both.left_at.cast("date")
    recent = both.left_at >= midnight(as_of - dt.timedelta(days=within_days))
    leavers: pd.DataFrame = both.filter(gone, recent).select("customer_id", "left_at").to_pandas()
    leavers["left_on"] = leavers.pop("left_at").dt.date
    if churn.eligible_by == "subscriptions" and "monthly_value" in leading.columns:
        paid = latest_versions(leading).group_by("customer_id")
        price = paid.aggregate(monthly_value=lambda row: row.monthly_value.argmax(row.started_at)).to_pandas()
        leavers = leavers.merge(price, on="customer_id", how="left")
    return leavers


def earlier_of(
    leavers: pd.DataFrame, limits: LapseLimits, as_of: dt.date, subscribers: list[str]
) -> pd.Series:
    """The earlier of left_on and the day on which the customer lapsed."""
    first, last = pd.to_datetime(leavers["first_on"]), pd.to_datetime(leavers["last_on"])
    lived = (last.dt.normalize() - first.dt.normalize()).dt.days
    rhythm = pd.DataFrame(
        {
            "silence": (pd.Timestamp(as_of) - last).dt.total_seconds() / 86_400,
            "gap": lived / (leavers["purchase_days"] - 1).where(leavers["purchase_days"] > 1),
            "purchase_days": leavers["purchase_days"],
        }
    )
    since = lapsed_on(limits, rhythm, as_of).mask(leavers["customer_id"].isin(subscribers))
    left = pd.to_datetime(leavers["left_on"])
    return left.where(~(since < left), since).dt.date


def ended(
    table: Table, as_of: dt.date, within_days: int, grace_days: int, min_history_days: int
) -> pd.DataFrame:
    """Customers without a subscription: customer_id, left_on and the monthly_value of what ended last."""
    moment, over = midnight(as_of), as_of - dt.timedelta(days=grace_days)
    visible = with_columns(
        table.filter(table.known_at < moment), ended_at="timestamp", monthly_value="float64"
    )
    versions = latest_versions(visible)
    first = visible.group_by("customer_id").aggregate(first_start=visible.started_at.min())
    versions = versions.mutate(last=versions.ended_at.max().over(ibis.window(group_by="customer_id")))
    each = versions.group_by("customer_id").aggregate(
        running=(versions.ended_at.isnull() | (versions.ended_at >= moment)).any(),
        left_at=versions.ended_at.max(),
        monthly_value=versions.monthly_value.sum(where=versions.ended_at == versions.last),
    )
    chosen = each.filter(
        ~each.running,
        each.left_at < midnight(over),
        each.left_at >= midnight(over - dt.timedelta(days=within_days)),
    )
    leavers: pd.DataFrame = chosen.inner_join(first, "customer_id").to_pandas()
    enough = leavers["first_start"] <= leavers["left_at"] - pd.Timedelta(days=min_history_days)
    leavers["left_on"] = leavers["left_at"].dt.date
    return leavers.loc[enough, ["customer_id", "left_on", "monthly_value"]]

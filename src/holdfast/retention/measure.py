"""All figures of the retention report."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from ibis import Table

from holdfast.outreach.leavers import EarlierReasons
from holdfast.retention import rates, revenue, value, voice
from holdfast.retention.activity import Activity, find_spells, find_versions
from holdfast.retention.cohorts import buying_months, follow_cohorts, running_months, survival_curves
from holdfast.retention.complaints import compare_topics, read_tickets
from holdfast.retention.goals import follow_goals, metric_values
from holdfast.retention.involuntary import first_attempt, lost_by_payment
from holdfast.retention.periods import boundaries, complete_periods
from holdfast.retention.purchases import purchases_at, recent_purchases
from holdfast.retention.reasons import reasons_for_leaving
from holdfast.retention.rfm import count_moves, describe_segments, name_segments
from holdfast.retention.segments import find_groups
from holdfast.retention.settings import RetentionSettings
from holdfast.snapshots.churn import Churn, Provided
from holdfast.timeline.outcome import Outcome

MAX_DATES = 6  # as-of dates whose labels complaints are compared at

Labels = Callable[[tuple[dt.date, ...]], pd.DataFrame]


class RetentionTables(NamedTuple):
    """The tables of the report; each function that makes one says what its columns are.

    Attributes:
        rates: `rates.measure_rates`.
        revenue: `revenue.recurring_revenue`.
        cohorts, curves: `cohorts.follow_cohorts`, `cohorts.survival_curves`.
        rfm, moves: `rfm.describe_segments`, `rfm.count_moves`.
        voice, responses: `voice.measure_voice`, `voice.response_rates`.
        complaints: `complaints.compare_topics`.
        reasons: `reasons.reasons_for_leaving`.
    """

    rates: pd.DataFrame
    revenue: pd.DataFrame
    cohorts: pd.DataFrame
    curves: pd.DataFrame
    rfm: pd.DataFrame
    moves: pd.DataFrame
    voice: pd.DataFrame
    responses: pd.DataFrame
    complaints: pd.DataFrame
    reasons: pd.DataFrame


@dataclasses.dataclass(frozen=True)
class Log:
    """The log that the report is about.

    Attributes:
        tables: the validated tables.
        day: the as-of date; nothing known at or after it counts.
        churn: who is active, and who churned.
        outcome: the outcome window of the labels.
        first_day: the first day of the log.
        attributes: the columns of customers that are attributes.
        margin, value_days: the settings of `conf/outreach/` that a customer's value follows from.
    """

    tables: Mapping[str, Table]
    day: dt.date
    churn: Churn
    outcome: Outcome
    first_day: dt.date
    attributes: tuple[str, ...]
    margin: float
    value_days: float

    @property
    def buys(self) -> bool:
        """Whether purchases make a customer active."""
        return self.churn.stream == "transactions"

    @property
    def known_from(self) -> dt.date:
        """The first day on which all active customers are known: purchases before the log began count too."""
        return self.first_day + dt.timedelta(
            days=getattr(self.churn, "active_within_days", 0) if self.buys else 0
        )

    @property
    def known_until(self) -> dt.date:
        """The last midnight at which all active customers are known: rows arrive late, pauses may end."""
        return self.day - dt.timedelta(days=self.outcome.grace_days + self.outcome.label_delay_days)

    @property
    def active_means(self) -> str:
        """Who is active, in words."""
        means = "a subscription runs"
        if self.buys:
            means = f"a purchase within {getattr(self.churn, 'active_within_days', 0)} days"
        return means + (", no leaving recorded since" if isinstance(self.churn, Provided) else "")

    def label_dates(self) -> tuple[dt.date, ...]:
        """The latest dates with mature labels, a horizon apart, oldest first; may be empty."""
        last, step = self.day - dt.timedelta(days=self.outcome.maturity_days), self.outcome.horizon_days
        dates = (last - dt.timedelta(days=step * back) for back in range(MAX_DATES))
        return tuple(sorted(date for date in dates if date > self.known_from))


def measure_retention(
    log: Log, settings: RetentionSettings, labels_of: Labels, earlier: Iterable[EarlierReasons]
) -> tuple[RetentionTables, dict[str, Any]]:
    """The tables, and the figures beside them as JSON.

    Args:
        labels_of: the labels of some dates: customer_id, as_of, churned.
        earlier: the reasons of lists and explanations, latest first.
    """
    tables, day = log.tables, log.day
    spells = find_spells(tables, log.churn, day)
    periods = complete_periods(settings.period, log.known_from, log.known_until, settings.periods)
    activity = Activity(spells, boundaries(periods))
    groups = find_groups(tables, activity.customers, settings.segments, log.attributes, day)
    lost = rates.lost_customers(activity)
    failed, failed_from = None, day
    if "payments" in tables:
        failed, failed_from = (
            np.zeros((len(activity.customers), len(periods)), bool),
            first_attempt(tables, day),
        )
        by_payment = lost[lost_by_payment(tables, lost, day)]
        failed[by_payment["customer"], by_payment["place"]] = True
    counted = rates.measure_rates(activity, periods, groups, failed, failed_from)
    subscribed = "subscriptions" in tables and "monthly_value" in tables["subscriptions"].columns
    versions = find_versions(tables["subscriptions"], day).to_pandas() if subscribed else None
    money = revenue.recurring_revenue(versions, periods) if versions is not None else pd.DataFrame()
    months = (
        buying_months(tables["transactions"], day) if log.buys else running_months(spells, log.known_until)
    )
    cohorts = follow_cohorts(
        months,
        log.known_until,
        first=log.first_day,
        known_from=log.known_from,
        at_most=settings.cohort_months,
    )
    curves = survival_curves(
        activity,
        spells,
        groups,
        log.known_until,
        known_from=log.known_from,
        min_customers=settings.min_customers,
    )
    heard = voice.measure_voice(voice.read_answers(tables, day), activity, periods, settings)
    dates = log.label_dates()
    labels = labels_of(dates) if dates else pd.DataFrame(columns=["customer_id", "as_of", "churned"])
    active = Activity(spells, [day])
    bought = measure_purchases(log, settings, active.customers[active.at[:, 0]], labels, dates)
    complaints = pd.DataFrame()
    if "tickets" in tables:
        complaints = compare_topics(
            read_tickets(tables["tickets"], day), add_strata(labels, log, settings),
            complaint_days=settings.complaint_days, min_customers=settings.min_customers,
        )  # fmt: skip
    found = RetentionTables(
        rates=counted, revenue=money, cohorts=cohorts, curves=curves,
        rfm=bought.pop("rfm"), moves=bought.pop("moves"),
        voice=heard, responses=voice.response_rates(tables, periods, day), complaints=complaints,
        reasons=reasons_for_leaving(lost, earlier, tables, day),
    )  # fmt: skip
    by_metric = metric_values(counted, money, heard)
    last = {
        name: float(by_metric[name].iloc[-1])
        for name in ("retention_rate", "churn_rate")
        if name in by_metric
    }
    return found, {
        "periods": [each.label for each in periods],
        "first_day": str(log.first_day), "known_from": str(log.known_from),
        "known_until": str(log.known_until), "label_dates": [str(date) for date in dates],
        "buys": log.buys, "active_means": log.active_means,
        "active_customers": int(active.at.sum()),
        "formulas": {
            **rates.FORMULAS, **value.FORMULAS, **voice.FORMULAS, **(revenue.FORMULAS if len(money) else {}),
        },
        "goals": follow_goals(settings.goals, by_metric, periods, settings.period, settings.min_periods),
        "last_rates": last,
        **bought,
    }  # fmt: skip


def add_strata(labels: pd.DataFrame, log: Log, settings: RetentionSettings) -> pd.DataFrame:
    """The labels with the column stratum: the date and, for companies with purchases, the RFM segment."""
    stratum = labels["as_of"].astype("string")
    if "transactions" in log.tables:
        for date in log.label_dates():
            rows = labels[labels["as_of"] == date]
            segments = name_segments(recent_purchases(log.tables, date, settings.rfm_days))
            names = rows["customer_id"].map(segments).astype("string").fillna("")
            stratum[rows.index] = stratum[rows.index] + " " + names
    return labels.assign(stratum=stratum)


def measure_purchases(
    log: Log, settings: RetentionSettings, active: pd.Index, labels: pd.DataFrame, dates: tuple[dt.date, ...]
) -> dict[str, Any]:
    """Customer value, and for companies with purchases the RFM segments with their movements.

    Returns:
        value, forecast (see `value.forecast_purchases`; null: purchases do not make customers active),
        forecast_check (see `value.check_forecast`), rfm_before (the earlier date; null: none), and the
        tables rfm and moves.
    """
    tables, day = log.tables, log.day
    least, margins = log.outcome.horizon_days, {"margin": log.margin, "value_days": log.value_days}
    if "transactions" not in tables:
        columns = ["first_at", "spent", "refunded", "orders"]
        purchases = pd.DataFrame({name: pd.Series(dtype="float64") for name in columns}, index=active[:0])
        purchases["first_at"] = pd.to_datetime(purchases["first_at"])
        values = value.lifetime_values(tables, purchases, active, day, least_days=least, **margins)
        summary = value.summarize_value(purchases, values, day)
        nothing = {
            "forecast": None,
            "forecast_check": None,
            "rfm_before": None,
            "rfm": pd.DataFrame(),
            "moves": pd.DataFrame(),
        }
        return {"value": summary, **nothing}
    purchases = purchases_at(tables, day, settings.rfm_days)
    values = value.lifetime_values(tables, purchases, active, day, least_days=least, **margins)
    before = dates[-1] if dates else None
    earlier, known, moves, check = pd.Series(dtype="object"), pd.Series(dtype="float64"), pd.DataFrame(), None
    if before is not None:
        past = purchases_at(tables, before, settings.rfm_days)
        earlier = name_segments(past)
        check = value.check_forecast(past, purchases, before, day) if log.buys else None
        moves = count_moves(earlier, name_segments(purchases), past.index)
        known = labels[labels["as_of"] == before].set_index("customer_id")["churned"]
    return {
        "value": value.summarize_value(purchases, values, day),
        "forecast": value.forecast_purchases(purchases, day, **margins) if log.buys else None,
        "forecast_check": check,
        "rfm_before": None if before is None else str(before),
        "rfm": describe_segments(purchases, values, earlier, known, pd.Timestamp(day)),
        "moves": moves,
    }

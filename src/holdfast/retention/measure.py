"""All figures of the retention report."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from holdfast.outreach.leavers import EarlierReasons
from holdfast.retention import rates, revenue, value, voice
from holdfast.retention.activity import Activity, find_spells
from holdfast.retention.cohorts import buying_months, cohorts_by_group, running_months, survival_curves
from holdfast.retention.complaints import compare_topics, read_tickets
from holdfast.retention.goals import follow_goals, metric_values
from holdfast.retention.log import Log
from holdfast.retention.periods import Period, boundaries, complete_periods
from holdfast.retention.purchases import no_purchases, purchases_at, recent_purchases
from holdfast.retention.reasons import reasons_for_leaving
from holdfast.retention.rfm import count_moves, describe_segments, name_segments
from holdfast.retention.segments import Groups, find_groups
from holdfast.retention.settings import RetentionSettings
from holdfast.scoring.involuntary import first_attempt, lost_by_payment
from holdfast.scoring.subscriptions import plan_versions

Labels = Callable[[tuple[dt.date, ...]], pd.DataFrame]


class RetentionTables(NamedTuple):
    """The tables of the report; the functions that make them describe the columns."""

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


class Counted(NamedTuple):
    """The customers of the report.

    Attributes:
        spells, groups, lost, rates: see `find_spells`, `find_groups`, `lost_customers`, `measure_rates`.
        periods: the complete ones, oldest first.
        activity: at the start of each period, and at the end of the last.
        active: who is active on the as-of date.
    """

    spells: pd.DataFrame
    periods: list[Period]
    activity: Activity
    groups: Groups
    lost: pd.DataFrame
    rates: pd.DataFrame
    active: pd.Index


def measure_retention(
    log: Log, settings: RetentionSettings, labels_of: Labels, earlier: Iterable[EarlierReasons]
) -> tuple[RetentionTables, dict[str, Any]]:
    """The tables, and the figures beside them as JSON.

    Args:
        labels_of: the labels of some dates: customer_id, as_of, churned.
        earlier: the reasons of lists and explanations, latest first.
    """
    tables, day = log.tables, log.day
    counted = count_customers(log, settings)
    periods = counted.periods
    money = measure_revenue(log, periods)
    heard = voice.measure_voice(voice.read_answers(tables, day), counted.activity, periods, settings)
    dates = log.label_dates()
    labels = labels_of(dates) if dates else pd.DataFrame(columns=["customer_id", "as_of", "churned"])
    figures, rfm, moves = measure_purchases(log, settings, counted.active, labels)
    cohorts, curves = measure_cohorts(log, settings, counted)
    result = RetentionTables(
        rates=counted.rates, revenue=money, cohorts=cohorts, curves=curves, rfm=rfm, moves=moves, voice=heard,
        responses=voice.response_rates(tables, counted.activity, periods, day),
        complaints=measure_complaints(log, settings, labels),
        reasons=reasons_for_leaving(counted.lost, earlier, tables, day),
    )  # fmt: skip
    by_metric = metric_values(counted.rates, money, heard)
    formulas = rates.FORMULAS | value.FORMULAS | voice.FORMULAS
    last = {name: by_metric[name].iloc[-1] for name in ("retention_rate", "churn_rate") if name in by_metric}
    return result, {
        "periods": [each.label for each in periods],
        "first_day": str(log.first_day), "known_from": str(log.known_from),
        "known_until": str(log.known_until), "label_dates": [str(date) for date in dates],
        "buys": log.buys, "active_means": log.active_means, "active_customers": len(counted.active),
        "formulas": formulas | (revenue.FORMULAS if len(money) else {}),
        "goals": follow_goals(settings.goals, by_metric, periods, settings.period, settings.min_periods),
        "last_rates": {name: float(rate) for name, rate in last.items()},
        **figures,
    }  # fmt: skip


def count_customers(log: Log, settings: RetentionSettings) -> Counted:
    """Who was active when, in which group, and who was lost."""
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
    measured = rates.measure_rates(activity, periods, groups, failed, failed_from)
    now = Activity(spells, [day])
    return Counted(spells, periods, activity, groups, lost, measured, now.customers[now.at[:, 0]])


def measure_revenue(log: Log, periods: list[Period]) -> pd.DataFrame:
    """The movements of MRR; an empty table if no subscription has a value."""
    subscriptions = log.tables.get("subscriptions")
    if subscriptions is None or "monthly_value" not in subscriptions.columns:
        return pd.DataFrame()
    return revenue.recurring_revenue(plan_versions(subscriptions, log.day).to_pandas(), periods)


def measure_cohorts(
    log: Log, settings: RetentionSettings, counted: Counted
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cohorts by month, and survival curves, of all customers and of each group."""
    last, since, spells = log.known_until, log.known_from, counted.spells
    bought = log.tables["transactions"] if log.buys else None
    months = running_months(spells, last) if bought is None else buying_months(bought, log.day)
    cohorts = cohorts_by_group(
        months, last, counted.activity.customers, counted.groups,
        first=log.first_day, known_from=since, at_most=settings.cohort_months,
    )  # fmt: skip
    curves = survival_curves(
        counted.activity, spells, counted.groups, last, known_from=since, min_customers=settings.min_customers
    )
    return cohorts, curves


def measure_complaints(log: Log, settings: RetentionSettings, labels: pd.DataFrame) -> pd.DataFrame:
    """How many customers left after a complaint; an empty table if the source has no tickets."""
    if "tickets" not in log.tables:
        return pd.DataFrame()
    return compare_topics(
        read_tickets(log.tables["tickets"], log.day), add_strata(labels, log, settings),
        complaint_days=settings.complaint_days, min_customers=settings.min_customers,
    )  # fmt: skip


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
    log: Log, settings: RetentionSettings, active: pd.Index, labels: pd.DataFrame
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Customer value, and for companies with purchases the RFM segments with their movements.

    Returns:
        value, forecast (see `value.forecast_purchases`; null: purchases do not make customers active),
        forecast_check (see `value.check_forecast`) and rfm_before (the last date with mature labels; null:
        none); then the tables rfm and moves.
    """
    tables, day, money = log.tables, log.day, {"margin": log.margin, "value_days": log.value_days}
    figures = dict.fromkeys(("forecast", "forecast_check", "rfm_before"))
    bought = "transactions" in tables
    purchases = purchases_at(tables, day, settings.rfm_days) if bought else no_purchases()
    values = value.lifetime_values(
        tables, purchases, active, day, least_days=log.outcome.horizon_days, **money
    )
    about: dict[str, Any] = {"value": value.summarize_value(purchases, values, day), **figures}
    if not bought:
        return about, pd.DataFrame(), pd.DataFrame()
    if log.buys:
        about["forecast"] = value.forecast_purchases(purchases, day, **money)
    earlier, known, moves = pd.Series(dtype="object"), pd.Series(dtype="float64"), pd.DataFrame()
    for before in log.label_dates()[-1:]:
        past = purchases_at(tables, before, settings.rfm_days)
        earlier = name_segments(past)
        moves = count_moves(earlier, name_segments(purchases), past.index)
        known = labels[labels["as_of"] == before].set_index("customer_id")["churned"]
        about["rfm_before"] = str(before)
        about["forecast_check"] = value.check_forecast(past, purchases, before, day) if log.buys else None
    return about, describe_segments(purchases, values, earlier, known, pd.Timestamp(day)), moves

"""Compare the latest deliveries of each table with earlier ones: missing, doubled or in another unit."""

import dataclasses
import datetime as dt
import logging
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from holdfast.errors import GuardRefused
from holdfast.sources.deliveries import CONSENT
from holdfast.timeline.arrivals import without_strays

WINDOWS = {1: 26, 7: 26, 28: 12}  # days → how many earlier windows; of one day: the same weekday
FEWEST_WINDOWS, FEWEST_ROWS = 4, 50  # of less, nothing usual can be named
FEWEST_A_DAY = 20
OTHER_UNIT = 5.0  # amounts so many times as large, or as small
SILENT_DAYS, RHYTHM = 5, 3.0  # a table is silent after so many days, and so many times its longest usual gap
SHOWN = 3  # findings in a refusal
LOST, MOVED = 0.2, 0.1  # share of a table's rows or values that went missing since the list before

Floats = NDArray[np.float64]

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class DeliveryFinding:
    """One unusual thing about a delivery.

    Attributes:
        refuse: no list may be made of it; else a list carries a notice.
        what: a sentence with figures and without a customer.
    """

    table: str
    refuse: bool
    what: str


def judge_deliveries(
    days: pd.DataFrame, day: dt.date, now: Mapping[str, Mapping[str, float]],
    before: Mapping[str, Mapping[str, float]] | None, leading: str,
) -> list[DeliveryFinding]:  # fmt: skip
    """The unusual findings about all tables, the most serious first.

    Args:
        days: of `sources.deliveries.count_days`.
        day: the as-of date.
        now, before: of `sources.deliveries.describe_tables`, tonight and for the list before; None: there is
            none.
        leading: the table that churn is read from; where it is transactions, too few of them are refused:
            everybody would look silent.
    """
    found: list[DeliveryFinding] = []
    for name, counted in days[days["day"] < pd.Timestamp(day)].groupby("table"):
        kept = without_strays(counted)
        found += judge_silence(str(name), kept, day)
        found += judge_volume(str(name), kept, day, leading=str(name) == leading == "transactions")
        found += judge_amounts(str(name), kept, day)
    if before is not None:
        for name, figures in before.items():
            found += judge_contents(name, now.get(name, {}), figures)
    return sorted(found, key=lambda one: not one.refuse)


def judge_silence(table: str, days: pd.DataFrame, day: dt.date) -> Iterator[DeliveryFinding]:
    """Whether a table has been silent for longer than it ever was in the year before."""
    if len(days) < FEWEST_WINDOWS:
        return
    year = days[days["day"] >= days["day"].iloc[-1] - pd.Timedelta(days=365)]
    usual = float(year["day"].diff().dt.days.max())
    silent = (pd.Timestamp(day) - days["day"].iloc[-1]).days - 1
    if silent > max(SILENT_DAYS, RHYTHM * usual):
        what = f"{table}: no new row for {silent} days; at most {usual - 1:.0f} days in the year before"
        yield DeliveryFinding(table, refuse=False, what=what)


def judge_volume(table: str, days: pd.DataFrame, day: dt.date, *, leading: bool) -> list[DeliveryFinding]:
    """The most serious finding about the number of rows in the last day, week and four weeks."""
    found = []
    for length in WINDOWS:
        counts = windows(days, day, length, "rows")
        fewest = FEWEST_A_DAY if length == 1 else FEWEST_ROWS
        if len(counts) <= FEWEST_WINDOWS or np.median(counts[1:]) < fewest:
            continue
        now, low, high = counts[0], counts[1:].min(), counts[1:].max()
        usual = float(np.median(counts[1:]))
        span = "on the last day" if length == 1 else f"in the last {length} days"
        figures = f"{now:,.0f} rows {span}, usually {usual:,.0f} ({low:,.0f} to {high:,.0f})"
        few = now < (0.2 if length == 1 else 0.7) * min(low, usual)
        if few or (length > 1 and now < 0.6 * usual and now < low):
            gone = leading and length > 1 and now < 0.4 * usual and now < 0.6 * low
            found.append(DeliveryFinding(table, refuse=gone, what=f"{table}: too few rows: {figures}"))
        elif now > (1.7 if length == 1 else 1.5) * usual and now > 1.2 * high:
            what = f"{table}: too many rows: {figures}; delivered twice?"
            found.append(DeliveryFinding(table, refuse=False, what=what))
    return sorted(found, key=lambda one: not one.refuse)[:1]


def judge_amounts(table: str, days: pd.DataFrame, day: dt.date) -> Iterator[DeliveryFinding]:
    """Whether the amounts of the last day, week or four weeks have the size that they usually have."""
    amounts = days.dropna(subset=["log_amount"])
    for length in WINDOWS:
        counts, logs = windows(amounts, day, length, "rows"), windows(amounts, day, length, "log_amount")
        if len(logs) <= FEWEST_WINDOWS or counts[0] < FEWEST_A_DAY:
            continue
        ratio = float(np.exp(logs[0] - np.nanmedian(logs[1:])))
        if ratio >= OTHER_UNIT or ratio <= 1 / OTHER_UNIT:
            span = "the last day" if length == 1 else f"the last {length} days"
            times = f"{ratio:.0f} times the usual" if ratio > 1 else f"1/{1 / ratio:.0f} of the usual"
            what = f"{table}: the size of amounts of {span} is {times}: another unit or currency?"
            yield DeliveryFinding(table, refuse=True, what=what)
            return


def windows(days: pd.DataFrame, day: dt.date, length: int, column: str) -> Floats:
    """A figure of each complete window before a day, the latest window first.

    Rows are summed, log amounts averaged by rows. Windows of one day are a week apart: the same weekday.
    """
    if days.empty:
        return np.empty(0)
    age = (pd.Timestamp(day) - days["day"]).dt.days - 1
    apart = max(length, 7)
    number, within = age // apart, age % apart < length
    complete = int((pd.Timestamp(day) - days["day"].iloc[0]).days // apart)
    last = min(complete, WINDOWS[length] + 1)
    chosen = days[within & (number < last)].assign(number=number)
    rows = chosen.groupby("number")["rows"].sum().reindex(range(last), fill_value=0).to_numpy(np.float64)
    if column == "rows":
        return np.asarray(rows)
    total = (chosen["log_amount"] * chosen["rows"]).groupby(chosen["number"]).sum()
    sums = total.reindex(range(last)).to_numpy(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(rows > 0, sums / rows, np.nan))


def judge_contents(
    table: str, now: Mapping[str, float], before: Mapping[str, float]
) -> Iterator[DeliveryFinding]:  # fmt: skip
    """Whether a table has lost rows, customers or values since the list before; consent counts most."""
    if not now:
        yield DeliveryFinding(table, refuse=True, what=f"{table}: the whole table is missing")
        return
    for key, what in (("rows", "rows"), ("customers", "customers")):
        had, has = before.get(key, 0.0), now.get(key, 0.0)
        if had >= FEWEST_ROWS and has < (1 - LOST / 10) * had:
            lost = f"{table}: {has:,.0f} {what}, {had:,.0f} for the list before"
            yield DeliveryFinding(table, refuse=has < (1 - LOST) * had, what=lost)
            break
    for key, had in before.items():
        column = key.removeprefix("null:")
        if key == CONSENT and abs(now.get(CONSENT, 0.0) - had) > MOVED:
            said = f"{now[CONSENT]:.0%}" if CONSENT in now else "nobody"
            what = f"{table}.consent: {said} may be contacted, {had:.0%} for the list before"
            yield DeliveryFinding(table, refuse=True, what=what)
        elif key.startswith("null:") and now.get(key, 1.0) - had > MOVED:
            what = f"{table}.{column}: {now.get(key, 1.0):.0%} have no value, {had:.0%} for the list before"
            yield DeliveryFinding(table, refuse=column == CONSENT, what=what)


def check_deliveries(findings: list[DeliveryFinding], *, accept: bool) -> None:
    """Log the findings; do not score data that cannot be right.

    Args:
        accept: score it all the same (`monitor.accept_changes`).

    Raises:
        GuardRefused: a finding refuses.
    """
    refused = [finding for finding in findings if finding.refuse]
    if refused and not accept:
        raise GuardRefused(
            "what arrived cannot be right: no list is made of it",
            where=f"data/validated, {refused[0].table}",
            found="; ".join(finding.what for finding in refused[:SHOWN]),
            expected="deliveries like those before; the list before stays",
            next_step="fix the export and run again; if it is right: monitor.accept_changes=true, once",
        )
    for finding in findings:
        logger.warning(finding.what)

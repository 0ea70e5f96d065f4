"""Compare the latest deliveries of each table with earlier ones: missing, doubled or in another unit."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from holdfast.outreach.deliveries import DeliveryCode, describe_delivery

WINDOWS = {1: 12, 7: 26, 28: 12}  # days → how many earlier windows; of one day: the same weekday
FEWEST_WINDOWS, FEWEST_ROWS = 4, 50  # of less, nothing usual can be named
FEWEST_A_DAY = 20
NOISE = 3.0  # standard deviations of a count by which one day may differ
OTHER_UNIT = 5  # amounts so many times as large, or as small
SILENT_DAYS, RHYTHM = 5, 3.0  # a table is silent after so many days, and so many times its longest usual gap

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class DeliveryFinding:
    """One unusual thing about a delivery.

    Attributes:
        refuse: whether no list may be made from it; otherwise the list shows a notice.
        figures: the values of the sentence's placeholders (`outreach.deliveries.SENTENCES`).
    """

    code: DeliveryCode
    refuse: bool
    figures: dict[str, Any]

    @property
    def table(self) -> str:
        """The table that it is about."""
        return str(self.figures["table"])

    def to_dict(self) -> dict[str, Any]:
        """As a notice of the list (see `outreach.banner`)."""
        return {"code": self.code, "figures": self.figures}

    @property
    def what(self) -> str:
        """The English sentence."""
        return describe_delivery(self.code, self.figures)


def finding(table: str, code: DeliveryCode, *, refuse: bool = False, **figures: Any) -> DeliveryFinding:
    """A finding about a table; `figures`: the values of the other placeholders."""
    return DeliveryFinding(code, refuse, {"table": table, **figures})


def first_day(day: dt.date, length: int) -> str:
    """The first of the `length` days before a day."""
    return str(day - dt.timedelta(days=length))


def ages(days: pd.DataFrame, day: dt.date) -> pd.Series:
    """How many days each counted day lies before the last one before `day`; that one is 0."""
    age: pd.Series = (pd.Timestamp(day) - days["day"]).dt.days - 1
    return age


def judge_silence(table: str, days: pd.DataFrame, day: dt.date) -> Iterator[DeliveryFinding]:
    """Whether a table has been silent for longer than it ever was in the year before."""
    if len(days) < FEWEST_WINDOWS:
        return
    year = days[days["day"] >= days["day"].iloc[-1] - pd.Timedelta(days=365)]
    usual = int(year["day"].diff().dt.days.max())
    silent = (pd.Timestamp(day) - days["day"].iloc[-1]).days - 1
    limit = int(max(SILENT_DAYS, RHYTHM * usual))
    if silent > limit:
        yield finding(table, "silent", days=silent, usual=usual - 1, limit=limit)


def judge_volume(table: str, days: pd.DataFrame, day: dt.date, *, leading: bool) -> list[DeliveryFinding]:
    """The most severe finding about the number of rows in the last day, week and four weeks.

    If the table is `leading`, too few rows are refused, because everybody would look silent.
    """
    findings = []
    for length in WINDOWS:
        counts = windows(days, day, length, "rows")
        fewest = FEWEST_A_DAY if length == 1 else FEWEST_ROWS
        if len(counts) <= FEWEST_WINDOWS or np.median(counts[1:]) < fewest:
            continue
        now, before, usual = counts[0], counts[1:], float(np.median(counts[1:]))
        low, high = float(before.min()), float(before.max())
        if length == 1:  # the least of single days may have been a holiday
            too_few = min(0.65 * usual, usual - NOISE * np.sqrt(usual))
        else:
            too_few = max(0.7 * min(low, usual), min(0.65 * usual, 0.9 * low))
        too_many = max((1.7 if length == 1 else 1.5) * usual, 1.2 * high)
        figures: dict[str, Any] = {"rows": int(now), "since": first_day(day, length)}
        figures |= {"usual": round(usual), "low": int(low), "high": int(high)}
        if now < too_few:
            gone = leading and length > 1 and now < 0.4 * usual and now < 0.6 * low
            findings.append(finding(table, "rows_few", refuse=gone, **figures, limit=round(too_few)))
        elif now > too_many:
            findings.append(finding(table, "rows_many", **figures, limit=round(too_many)))
    return sorted(findings, key=lambda each: not each.refuse)[:1]


def judge_amounts(table: str, days: pd.DataFrame, day: dt.date) -> Iterator[DeliveryFinding]:
    """Whether the amounts of the last day, week or four weeks have the size that they usually have."""
    amounts = days.dropna(subset=["log_amount"])
    for length in WINDOWS:
        counts, logs = windows(amounts, day, length, "rows"), windows(amounts, day, length, "log_amount")
        if len(logs) <= FEWEST_WINDOWS or counts[0] < FEWEST_A_DAY:
            continue
        ratio = float(np.exp(logs[0] - np.nanmedian(logs[1:])))
        if ratio >= OTHER_UNIT or ratio <= 1 / OTHER_UNIT:
            code: DeliveryCode = "amounts_large" if ratio > 1 else "amounts_small"
            times = round(max(ratio, 1 / ratio))
            since = first_day(day, length)
            yield finding(table, code, refuse=True, since=since, times=times, limit=OTHER_UNIT)
            return


def windows(days: pd.DataFrame, day: dt.date, length: int, column: str) -> Floats:
    """A figure of each complete window before a day, the latest window first.

    Rows are summed, log amounts averaged by rows. Windows of one day are a week apart: the same weekday.
    """
    if days.empty:
        return np.empty(0)
    age = ages(days, day)
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

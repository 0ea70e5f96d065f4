"""Compare the time of day of a table's rows: a shift by hours is the sign of another time zone."""

import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from holdfast.monitor.deliveries import (
    FEWEST_A_DAY,
    FEWEST_WINDOWS,
    DeliveryFinding,
    Floats,
    ages,
    finding,
    first_day,
)
from holdfast.monitor.delivery_shares import LENGTHS

HOURS = 3.0  # by which the mean time of day may move; a change of the clocks moves it by 1
CONCENTRATED = 0.2  # 0: rows come at all hours alike, and have no mean time of day; 1: all at one moment


def judge_hours(table: str, days: pd.DataFrame, day: dt.date) -> Iterator[DeliveryFinding]:
    """Whether the rows of the last day or four weeks have another time of day than those before.

    The limit is one hour above the second largest difference of a day before, at least HOURS.
    """
    age = ages(days, day)
    counted = days["hour_x"].notna() if "hour_x" in days else pd.Series(False, days.index)
    for length in LENGTHS:
        now, before = days[counted & (age < length)], days[counted & (age >= length)]
        before = before[before["rows"] >= FEWEST_A_DAY]
        if now["rows"].sum() < FEWEST_A_DAY or len(before) < FEWEST_WINDOWS:
            continue
        usual = _direction(before)
        points = before[["hour_x", "hour_y"]].to_numpy(np.float64) / before[["rows"]].to_numpy()
        differences = np.sort([apart(point, usual) or 0.0 for point in points])
        limit = max(HOURS, float(differences[-2]) + 1)
        moved = apart(_direction(now), usual)
        if moved is not None and moved > limit:
            yield hours_moved(table, moved, first_day(day, length), limit)
            return


def judge_whole_table(
    table: str, now: Mapping[str, float], before: Mapping[str, float]
) -> Iterator[DeliveryFinding]:
    """Whether all rows of a table have moved to another time of day since earlier lists."""
    if "hour:x" not in now or "hour:x" not in before:
        return
    moved = apart(*(np.array([held["hour:x"], held["hour:y"]]) for held in (now, before)))
    if moved is not None and moved > HOURS:
        yield hours_moved(table, moved, "earlier lists", HOURS)


def hours_moved(table: str, moved: float, since: str, limit: float) -> DeliveryFinding:
    """The finding that rows lie `moved` hours from the usual time of day."""
    return finding(table, "hours_moved", hours=round(moved), since=since, limit=round(limit))


def _direction(days: pd.DataFrame) -> Floats:
    """(2,) the mean of the rows' hours as points on a circle: its direction is their mean time of day."""
    sums = days[["hour_x", "hour_y"]].sum().to_numpy(np.float64)
    return np.asarray(sums / max(float(days["rows"].sum()), 1.0))


def apart(now: Floats, before: Floats) -> float | None:
    """The hours between two mean times of day, 0 to 12; None: rows of one come at all hours alike."""
    if min(np.hypot(*now), np.hypot(*before)) < CONCENTRATED:
        return None
    turned = abs(np.arctan2(now[1], now[0]) - np.arctan2(before[1], before[0]))
    return float(min(turned, 2 * np.pi - turned) * 24 / (2 * np.pi))

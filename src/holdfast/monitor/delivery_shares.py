"""Compare the make-up of the last day's and the last four weeks' rows with the weeks before."""

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from holdfast.monitor.deliveries import (
    FEWEST_A_DAY,
    FEWEST_WINDOWS,
    DeliveryFinding,
    ages,
    finding,
    first_day,
)
from holdfast.outreach.deliveries import DeliveryCode

# Figure of `sources.deliveries.count_days` → its code, and whether far too much of it is refused.
SHARES: dict[str, tuple[DeliveryCode, bool]] = {
    "negative": ("amounts_negative", True),
    "zero": ("amounts_zero", True),
    "unknown": ("unknown_customers", True),
    "largest": ("one_customer", False),
}
LENGTHS = (1, 28)
SLACK = 14  # days before the last four weeks in which a new value may have begun
NOTICE, REFUSE = 0.1, 0.3  # share of the rows above the usual
NOISE = 4.0  # standard deviations of a share by which it may differ
NAMED = 3  # values


def judge_shares(table: str, days: pd.DataFrame, day: dt.date) -> Iterator[DeliveryFinding]:
    """Whether more rows than usual are negative, 0, of unknown customers or of one, or without a value.

    Usual is the second highest share of the weeks, and of the same weekdays, before.
    """
    age = ages(days, day)
    nulls = [column for column in days.columns if column.startswith("null:")]
    for name in (*SHARES, *nulls):
        code, may_refuse = SHARES.get(name, ("nulls", False))
        for length in LENGTHS:
            if name not in days or (shares := compare_shares(days, age, name, length)) is None:
                continue
            share, usual, rows = shares
            noise = NOISE * np.sqrt(max(usual * (1 - usual), 1 / rows) / rows)
            limit = float(min(1.0, usual + max(NOTICE, noise)))
            if share > limit:
                column = {"column": name.removeprefix("null:")} if code == "nulls" else {}
                yield finding(
                    table, code, refuse=may_refuse and share > usual + REFUSE, share=share, usual=usual,
                    limit=limit, since=first_day(day, length), **column,
                )  # fmt: skip
                break


def compare_shares(
    days: pd.DataFrame, age: pd.Series, name: str, length: int
) -> tuple[float, float, int] | None:
    """The share of a figure in the last days, the usual share, and the number of rows.

    None: there are too few rows, or the share is too small to be unusual.
    """
    counted = days[name].notna()
    now = counted & (age < length)
    rows = int(days.loc[now, "rows"].sum())
    if rows < FEWEST_A_DAY:
        return None
    share = float(days.loc[now, name].sum() / rows)
    if name == "largest":  # of single days: their customers differ
        full = days[now & (days["rows"] >= FEWEST_A_DAY)]
        share = float((full[name] / full["rows"]).max()) if len(full) else 0.0
    if share <= NOTICE:
        return None
    earlier, older = days[counted & (age >= length)], age[counted & (age >= length)]
    if name == "largest":
        every = earlier
    else:
        weeks = earlier.groupby((older - length) // 7)[[name, "rows"]].sum()
        weekdays = earlier[older % 7 == 0][[name, "rows"]] if length == 1 else weeks[:0]
        every = pd.concat([weeks, weekdays])
    before = (every[name] / every["rows"])[every["rows"] >= FEWEST_A_DAY]
    if len(before) < FEWEST_WINDOWS:
        return None
    return share, float(np.sort(before.to_numpy(np.float64))[-2]), rows


def judge_copies(table: str, days: pd.DataFrame, day: dt.date) -> Iterator[DeliveryFinding]:
    """Whether many rows of one of the last 28 days are copies of other rows of that day."""
    age = ages(days, day)
    enough = days[days["repeated"].notna() & (days["rows"] >= FEWEST_A_DAY)]
    shares, older = enough["repeated"] / enough["rows"], age[enough.index]
    last, before = shares[older < max(LENGTHS)], shares[older >= max(LENGTHS)]
    if last.empty or len(before) < FEWEST_WINDOWS:
        return
    usual = float(np.sort(before.to_numpy(np.float64))[-2])
    limit = float(min(1.0, usual + NOTICE))
    if last.max() > limit:
        since = str(enough["day"][older < max(LENGTHS)].iloc[int(last.argmax())].date())
        yield finding(table, "repeated", share=float(last.max()), usual=usual, limit=limit, since=since)


def quoted(columns: Sequence[str]) -> str:
    """The values of a few columns `value:<column>=<value>`, for a sentence."""
    return ", ".join(f"'{name.split('=', 1)[1][:40]}'" for name in columns[:NAMED])


def judge_new_values(table: str, days: pd.DataFrame, day: dt.date) -> Iterator[DeliveryFinding]:
    """Whether many rows of the last day or four weeks have values of a category that never came before."""
    age = ages(days, day)
    by_column: dict[str, list[str]] = {}
    for name in days.columns:
        if name.startswith("value:") and days[name].notna().any():
            by_column.setdefault(name.removeprefix("value:").split("=", 1)[0], []).append(name)
    for column, names in by_column.items():
        counts = days[names].fillna(0)
        for length in LENGTHS:
            since = length if length == 1 else length + SLACK
            now, before = counts[age < length], counts[age >= since]
            rows = float(days.loc[age < length, "rows"].sum())
            if rows < FEWEST_A_DAY or before.to_numpy().sum() < FEWEST_WINDOWS * FEWEST_A_DAY:
                continue
            new = [name for name in names if not before[name].any() and now[name].any()]
            share = float(now[new].to_numpy().sum() / rows)
            if share > NOTICE:
                yield finding(
                    table, "new_values", column=column, share=share, limit=NOTICE, values=quoted(new),
                    since=first_day(day, length),
                )  # fmt: skip
                break

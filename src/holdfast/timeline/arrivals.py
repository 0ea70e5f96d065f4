"""The last arrival of a table's rows, without a few rows dated far beyond all others."""

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


# So few rows are set aside if they arrive so many days, and so many times the longest earlier gap, after all
# others.
STRAY_DAYS, STRAY_ROWS, MIN_GAPS = 30, 3, 3.0


def without_strays(days: "pd.DataFrame") -> "pd.DataFrame":
    """The days of one table without stray days: a few rows dated far later than all others."""
    import pandas as pd

    while len(days) > 1:
        gap = (days["day"].iloc[-1] - days["day"].iloc[-2]).days
        usual = days["day"].diff().dt.days.iloc[:-1].max()
        far = max(STRAY_DAYS, 0 if pd.isna(usual) else MIN_GAPS * usual)
        if gap <= far or days["rows"].iloc[-1] > STRAY_ROWS:
            break
        days = days.iloc[:-1]
    return days


def known_until(days: "pd.DataFrame") -> dt.date | None:
    """The day after the last arrival of a table, stray days left out; None: the table has no dated row."""
    kept = without_strays(days)
    return None if kept.empty else kept["day"].iloc[-1].date() + dt.timedelta(days=1)


def last_days(days: "pd.DataFrame") -> dict[str, str]:
    """Table → the day after its last arrival (`known_until`); a table without a dated row is left out.

    Args:
        days: of `sources.deliveries.count_days`.
    """
    ends = {str(name): known_until(counted) for name, counted in days.groupby("table")}
    return {name: str(end) for name, end in ends.items() if end is not None}

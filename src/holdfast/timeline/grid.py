"""The grid of as-of dates: evenly spaced, mature, and on the weekday of the scoring."""

import datetime as dt

from holdfast.timeline.outcome import Outcome

WEEK = 7


def default_step_days(horizon_days: int) -> int:
    """Half the horizon in whole weeks, at least one: neighbouring labels share half their days."""
    return max(WEEK, round(horizon_days / 2 / WEEK) * WEEK)


def mature_dates(
    first_day: dt.date, as_of: dt.date, outcome: Outcome, *, step_days: int, snapshots: int
) -> tuple[dt.date, ...]:
    """As-of dates whose labels are mature at `as_of`, oldest first.

    The last date is a whole number of weeks before `as_of`, so that training and scoring see the same weekly
    rhythm. The first date has at least one horizon of history; if no date has, the last date alone is used
    with a shorter history. Empty if no date is mature.
    """
    weeks = -(-outcome.maturity_days // WEEK)
    newest = as_of - dt.timedelta(days=weeks * WEEK)
    if newest <= first_day:
        newest = as_of - dt.timedelta(days=outcome.maturity_days)
    oldest = first_day + dt.timedelta(days=outcome.horizon_days)
    steps = min(snapshots - 1, (newest - oldest).days // step_days)
    dates = tuple(newest - dt.timedelta(days=step_days * back) for back in range(steps, -1, -1))
    return dates or ((newest,) if newest > first_day else ())

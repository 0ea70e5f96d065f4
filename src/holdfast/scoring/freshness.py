"""Whether the data reaches the as-of date of a scoring."""

import datetime as dt

from holdfast.errors import GuardRefused


def guard_freshness(*, reached: dt.date, day: dt.date, max_stale_days: int, latest: bool) -> None:
    """Refuse to score a date if the data ends too long before it.

    Args:
        reached: the day after the last known fact.
        day: the as-of date, or today for `as_of=latest`.
        latest: whether `day` is today.
    """
    stale_days = (day - reached).days
    if stale_days <= max_stale_days:
        return
    raise GuardRefused(
        "the data stopped arriving: with as_of=latest it is held against today"
        if latest
        else "the data ends too long before the as-of date: everybody would look silent",
        where="contracts.max_stale_days",
        found=f"{stale_days} days without a new fact, from {reached} to {day}",
        expected=f"at most {max_stale_days}",
        next_step=f"load the missing days; for an earlier day name it: as_of={reached}; data that has no "
        "future is marked in its source file: historical: true"
        if latest
        else "load the missing days, or score an earlier as_of",
    )

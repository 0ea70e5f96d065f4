"""Hours that the clocks of a time zone skipped, as in spring."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holdfast.sources.sql import quoted

FIRST, LAST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@lru_cache(maxsize=8)
def skipped_hours(zone: str) -> tuple[tuple[datetime, datetime], ...]:
    """Begin and end of each skipped stretch of wall-clock time, naive."""
    clock, skipped = ZoneInfo(zone), []

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(clock).utcoffset() or timedelta(0)

    day = FIRST
    while day < LAST:
        before, after = offset(day), offset(day + DAY)
        if after > before:
            low, high = day, day + DAY
            while high - low > MINUTE:
                middle = low + (high - low) // 2
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            change = high.replace(second=0, microsecond=0, tzinfo=None)
            skipped.append((change + before, change + after))
        day += DAY
    return tuple(skipped)


def is_skipped(column: str, zone: str) -> str | None:
    """The SQL that tests whether a zone's clocks skipped a time; None: they never skipped any.

    Midnight counts as shown, because it stands for the day.
    """
    skipped = skipped_hours(zone)
    if not skipped:
        return None
    hours = sorted(
        {(begin + MINUTE * n).hour for begin, end in skipped for n in range((end - begin) // MINUTE)}
    )
    name = quoted(column)
    within = " OR ".join(
        f"({name} >= TIMESTAMP '{begin}' AND {name} < TIMESTAMP '{end}')" for begin, end in skipped
    )
    likely = f"hour({name}) IN ({', '.join(map(str, hours))}) AND {name} <> date_trunc('day', {name})"
    return f"CASE WHEN {likely} THEN {within} ELSE false END"  # the list is compared with few times

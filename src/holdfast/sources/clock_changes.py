"""Hours that the clocks of a time zone skipped: no wall clock ever showed them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

FIRST, LAST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@lru_cache(maxsize=8)
def skipped_hours(zone: str) -> tuple[tuple[datetime, datetime], ...]:
    """Begin and end of each stretch of wall-clock time that a zone skipped, naive."""
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


def is_skipped(time: ir.TimestampValue, zone: str) -> ir.BooleanValue | None:
    """Whether a zone's clocks never showed a time; None: they never skipped any.

    Midnight stands for the day, which is there even where the clocks changed at midnight.
    """
    skipped = skipped_hours(zone)
    if not skipped:
        return None
    hours = sorted(
        {(begin + MINUTE * n).hour for begin, end in skipped for n in range(int((end - begin) / MINUTE))}
    )
    within = [(time >= ibis.literal(begin)) & (time < ibis.literal(end)) for begin, end in skipped]
    # Only times in those hours are compared with the list.
    likely = time.hour().isin(hours) & (time != time.truncate("D"))
    return likely.ifelse(ibis.or_(*within), False)

"""What a measure reads of a fact, and what it makes of it: as the lines of code that do it."""

from collections.abc import Iterator

from holdfast.streams.facts import ALWAYS, DAY, NEVER, THURSDAY
from holdfast.streams.facts import HOUR as MICROS_AN_HOUR

# Which facts of the right kind a selection takes.
EVERY, DISTINCT, FIRST, REPEATED = range(4)

# What a measure does with values (nulls are passed over).
SUM, COUNT, MAX, MIN, NEWEST, OLDEST, SHIFTED_SUM, SHIFTED_SQUARES = range(8)
ADDITIVE = (SUM, COUNT, SHIFTED_SUM, SHIFTED_SQUARES)

# Where a value comes from, if not from a column.
ONE, AGE, GAP, HOUR, WEEKDAY, WEEKEND = -1, -2, -3, -4, -5, -6

# How a column is read: as it is, in days before the as-of date, divided by its value in the fact that is
# repeated, or added up over all visible facts of the same key.
PLAIN, SINCE, AGAINST, TOGETHER = range(4)

CLOCK = {
    AGE: f"(now - time) / {DAY}",
    HOUR: f"(time % {DAY}) / {MICROS_AN_HOUR}",
    WEEKDAY: f"float((time // {DAY} + {THURSDAY}) % 7)",
    WEEKEND: f"1.0 if (time // {DAY} + {THURSDAY}) % 7 >= 5 else 0.0",
}


def reading(source: str | int, relation: int, column: int, number: int, mask: int, key: int) -> Iterator[str]:
    """Set `value` to what a source says of `fact`; NaN where it says nothing.

    Args:
        column: the row of `numbers`; -1 where it is none.
        number: of the selection, for what it remembers of the fact before.
        mask, key: the kinds and the key of the selection.
    """
    cell = f"numbers[{column}, fact]"
    if source == ONE:
        yield "value = 1.0"
    elif source == GAP:  # to the next newer fact that is taken
        yield f"value = nan if last[{number}] == {NEVER} else (last[{number}] - time) / {DAY}"
    elif isinstance(source, int):
        yield f"value = nan if time == {ALWAYS} else {CLOCK[source]}"
    elif relation == SINCE:
        yield f"value = (now - {cell}) / {DAY}"
    elif relation == AGAINST:
        yield f"past = numbers[{column}, other]"
        yield f"value = {cell} / past if past != 0 else nan"
    elif relation == TOGETHER:
        yield "value = 0.0"
        yield "along = fact"
        yield "while along >= 0:"
        yield f"    part = numbers[{column}, along]"
        yield f"    if known_at[along] < now and kind[along] & {mask} and part == part:"
        yield "        value += part"
        yield f"    along = older[{key}, along]"
    else:
        yield f"value = {cell}"


def folding(place: int, operation: int) -> Iterator[str]:
    """Add `value`, which is known, to what a measure holds; facts come newest first.

    Shifted sums are about the newest value: so spreads keep their digits.
    """
    held = f"held[{place}]"
    if operation == SUM:
        yield f"{held} += value"
    elif operation == COUNT:
        yield f"{held} += 1.0"
    elif operation == MAX:
        yield f"if not value <= {held}: {held} = value"
    elif operation == MIN:
        yield f"if not value >= {held}: {held} = value"
    elif operation == NEWEST:
        yield f"if {held} != {held}: {held} = value"
    elif operation == OLDEST:
        yield f"{held} = value"
    else:
        distance = f"(value - reference[{place}])"
        yield f"if reference[{place}] != reference[{place}]: reference[{place}] = value"
        yield f"{held} += {distance if operation == SHIFTED_SUM else f'{distance} * {distance}'}"

"""Code snippets for reading a value from a fact and for aggregating it.

`scan_source.py` fills in the names and joins the snippets.
"""

import dataclasses
from enum import Enum

from holdfast.streams.clock import ALWAYS, DAY, HOUR, NEVER, THURSDAY

WEEKDAY_CODE = f"(time // {DAY} + {THURSDAY}) % 7"


class Read(Enum):
    """How `value` is read from a fact; NaN: the fact has none."""

    COLUMN = "value = {column}"
    DAYS_SINCE = f"value = (now - {{column}}) / {DAY}"
    RATIO = "past = {column_of_other}\nvalue = {column} / past if past != 0 else nan"
    PRICE_RATIO = """\
past = {column_of_other}
value = {column} / past if past != 0 else nan
more = {quantity} - {quantity_of_other}
if (value > 1 and more < 0) or (value < 1 and more > 0): value = nan"""
    TOTAL = """\
value = 0.0
along = fact
while along >= 0:
    part = {column_of_along}
    if known_at[along] < now and {selects_along} and part == part:
        value += part
    along = older[{key}, along]"""
    ONE = "value = 1.0"
    GAP = f"value = nan if {{next_time}} == {NEVER} else ({{next_time}} - time) / {DAY}"
    GAP_BEYOND = (
        f"value = 0.0 if {{next_time}} == {NEVER} else max(({{next_time}} - time) / {DAY} - {{days}}, 0.0)"
    )
    AGE = f"value = nan if time == {ALWAYS} else (now - time) / {DAY}"
    HOUR = f"value = nan if time == {ALWAYS} else (time % {DAY}) / {HOUR}"
    WEEKDAY = f"value = nan if time == {ALWAYS} else float({WEEKDAY_CODE})"
    WEEKEND = f"value = nan if time == {ALWAYS} else 1.0 if {WEEKDAY_CODE} >= 5 else 0.0"


@dataclasses.dataclass(frozen=True)
class Value:
    """The value read from a fact; `column` is None if only the fact's time is read.

    Attributes:
        days: the days that are subtracted (GAP_BEYOND).
        quantity: the column of the quantity (PRICE_RATIO).
    """

    read: Read
    column: str | None = None
    days: int = 0
    quantity: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return tuple(name for name in (self.column, self.quantity) if name)


ONE = Value(Read.ONE)
AGE = Value(Read.AGE)  # days from the fact to the as-of date
GAP = Value(Read.GAP)  # days to the next fact of the selection
HOUR_OF_DAY = Value(Read.HOUR)  # 0 to 24, with decimals
WEEKDAY = Value(Read.WEEKDAY)  # 0 (Monday) to 6
WEEKEND = Value(Read.WEEKEND)  # 1 on Saturdays and Sundays, else 0


def gap_beyond(days: int) -> Value:
    """The days by which the gap to the next fact of the selection exceeds so many days, at least 0."""
    return Value(Read.GAP_BEYOND, days=days)


def days_since(column: str) -> Value:
    """Days from a time column to the as-of date; negative when it lies ahead."""
    return Value(Read.DAYS_SINCE, column)


def ratio_to_previous(column: str) -> Value:
    """A column of `repeated` facts, divided by its value in the previous fact with the same key."""
    return Value(Read.RATIO, column)


def price_ratio(price: str, quantity: str) -> Value:
    """A price of a piece divided by that of the previous fact with the same key (of `repeated` facts).

    Null where the quantity may explain the change: fewer pieces that cost more each, or more that cost less.
    """
    return Value(Read.PRICE_RATIO, price, quantity=quantity)


def total(column: str) -> Value:
    """A column summed over all visible facts of the same key: an order's amount over its lines."""
    return Value(Read.TOTAL, column)


class Operation(Enum):
    """How a known `value` changes the state of a measure; facts are read from last to first."""

    SUM = "{state} += value"
    COUNT = "{state} += 1.0"
    MAX = "if not value <= {state}: {state} = value"
    MIN = "if not value >= {state}: {state} = value"
    LAST = "if {state} != {state}: {state} = value"
    FIRST = "{state} = value"
    # sums of differences from the last value, so that standard deviations keep their precision
    SHIFTED_SUM = "if {shift} != {shift}: {shift} = value\n{state} += value - {shift}"
    SHIFTED_SQUARES = """\
if {shift} != {shift}: {shift} = value
{state} += (value - {shift}) * (value - {shift})"""


# These are 0 without facts, and the values of adjacent windows add up.
ADDITIVE = {Operation.SUM, Operation.COUNT, Operation.SHIFTED_SUM, Operation.SHIFTED_SQUARES}

"""The language of feature families: select facts, narrow them, aggregate them.

purchases = select("purchase")
large = purchases.where(col("amount") > 100, channel="web")
orders = purchases.distinct("order")
order_value = purchases.sum("amount") / orders.count()
spend_change = purchases.sum("amount").change()
visits_since_order = select("usage").where(event="visit").since_last(purchases).count()
"""

from holdfast.features.expressions import ALL_HISTORY, ByDays, Expression, Measure, Std, WindowDays
from holdfast.features.selection import Selection, col
from holdfast.features.values import (
    AGE,
    GAP,
    HOUR_OF_DAY,
    ONE,
    WEEKDAY,
    WEEKEND,
    Operation,
    Read,
    Value,
    days_since,
    gap_beyond,
    price_ratio,
    ratio_to_previous,
    total,
)  # fmt: skip

__all__ = [
    "AGE", "ALL_HISTORY", "GAP", "HOUR_OF_DAY", "WEEKDAY", "WEEKEND", "ByDays", "WindowDays",
    "col", "days_since", "gap_beyond", "price_ratio", "ratio_to_previous", "select", "total",
]  # fmt: skip

Source = str | Value  # a column's name, or a value of `holdfast.features.values`


class Events(Selection):
    """Selected facts, to be aggregated over windows. Without facts, sums and counts are 0, others null."""

    def count(self) -> Measure:
        """The number of facts."""
        return Measure(self, Operation.SUM, ONE)

    def sum(self, source: Source) -> Measure:
        """The sum."""
        return self._aggregate(Operation.SUM, source)

    def mean(self, source: Source) -> Expression:
        """The mean of the known values."""
        return self.sum(source) / self._aggregate(Operation.COUNT, source)

    def std(self, source: Source) -> Expression:
        """The standard deviation (n - 1); null below two values."""
        operations = (Operation.COUNT, Operation.SHIFTED_SUM, Operation.SHIFTED_SQUARES)
        return Std(*(self._aggregate(operation, source) for operation in operations))

    def max(self, source: Source) -> Measure:
        """The largest value."""
        return self._aggregate(Operation.MAX, source)

    def min(self, source: Source) -> Measure:
        """The smallest value."""
        return self._aggregate(Operation.MIN, source)

    def last(self, source: Source) -> Measure:
        """The last known value."""
        return self._aggregate(Operation.LAST, source)

    def first_value(self, source: Source) -> Measure:
        """The first known value."""
        return self._aggregate(Operation.FIRST, source)

    def sum_of_changes(self, ratio: Value) -> Expression:
        """The sum of relative changes, each given as a ratio to the previous `repeated` fact."""
        return self.sum(ratio) - self._aggregate(Operation.COUNT, ratio)

    def _aggregate(self, operation: Operation, source: Source) -> Measure:
        value = source if isinstance(source, Value) else Value(Read.COLUMN, source)
        return Measure(self, operation, value)


def select(*kinds: str) -> Events:
    """The facts of some kinds, such as `select("purchase")`."""
    return Events(kinds)

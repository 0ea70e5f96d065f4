"""What the walk measures: which facts, and what of them; and what is made of several measures.

purchases = select("purchase")
orders = purchases.distinct("order")
spend = purchases.sum("amount")
order_value = spend / orders.count()
spend_change = change(spend)
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from holdfast.features import values
from holdfast.features.expressions import Expression, Walked

Floats = NDArray[np.float64]

FOREVER = 100_000  # days: longer than any log


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which facts of the stream are measured.

    Attributes:
        kinds: the kinds of facts.
        key, mode, within_days: compare a fact with the visible facts of an equal key.
        until: a time column; facts that had visibly ended before the as-of date are left out.
        later_than: only facts later than the newest visible one of another selection, of any stream.
    """

    kinds: tuple[str, ...]
    key: str | None = None
    mode: int = values.EVERY
    within_days: int = 0
    until: str | None = None
    later_than: "Selection | None" = None

    def distinct(self, key: str) -> "Selection":
        """One fact for each value of `key`: its newest visible one."""
        return dataclasses.replace(self, key=key, mode=values.DISTINCT)

    def first(self, key: str) -> "Selection":
        """Only facts whose `key` the customer never had before."""
        return dataclasses.replace(self, key=key, mode=values.FIRST)

    def repeated(self, key: str, *, within_days: int = FOREVER) -> "Selection":
        """Only facts that follow one of the same `key` within so many days."""
        return dataclasses.replace(self, key=key, mode=values.REPEATED, within_days=within_days)

    def open(self, until: str) -> "Selection":
        """Only facts that had not visibly ended (time column `until`)."""
        return dataclasses.replace(self, until=until)

    def after(self, other: "Selection") -> "Selection":
        """Only facts that occurred after the newest visible fact of another selection; all without one."""
        return dataclasses.replace(self, later_than=other)

    def count(self) -> "Measure":
        """How many facts."""
        return Measure(self, values.SUM, values.ONE)

    def sum(self, column: "str | int") -> "Measure":
        """The sum of a column; 0 of nothing."""
        return Measure(self, values.SUM, column)

    def mean(self, column: "str | int", relation: int = values.PLAIN) -> Expression:
        """The mean of what is known of a column."""
        return Measure(self, values.SUM, column, relation) / Measure(self, values.COUNT, column, relation)

    def spread(self, column: "str | int", relation: int = values.PLAIN) -> Expression:
        """The standard deviation (n - 1) of a column; null below two values."""
        return Spread(*(
            Measure(self, operation, column, relation)
            for operation in (values.COUNT, values.SHIFTED_SUM, values.SHIFTED_SQUARES)
        ))  # fmt: skip

    def largest(self, column: "str | int", relation: int = values.PLAIN) -> "Measure":
        """The largest value of a column; `values.TOGETHER`: added up over the facts of one key."""
        return Measure(self, values.MAX, column, relation)

    def smallest(self, column: "str | int", relation: int = values.PLAIN) -> "Measure":
        """The smallest value of a column."""
        return Measure(self, values.MIN, column, relation)

    def newest(self, column: "str | int", relation: int = values.PLAIN) -> "Measure":
        """The column's value in the newest fact that has one."""
        return Measure(self, values.NEWEST, column, relation)

    def oldest(self, column: "str | int") -> "Measure":
        """The column's value in the oldest fact that has one."""
        return Measure(self, values.OLDEST, column)

    def days_since(self, column: str) -> "Measure":
        """Days from a time column of the newest fact to the as-of date; negative when it lies ahead."""
        return Measure(self, values.NEWEST, column, values.SINCE)

    def sum_of_rises(self, column: str) -> Expression:
        """The sum of a column's relative changes against its value in the fact that is repeated."""
        ratios = Measure(self, values.SUM, column, values.AGAINST)
        return ratios - Measure(self, values.COUNT, column, values.AGAINST)


def select(*kinds: str) -> Selection:
    """The facts of some kinds."""
    return Selection(kinds)


@dataclasses.dataclass(frozen=True)
class Measure(Expression):
    """One number that the walk emits for each row and window.

    Attributes:
        selection: which facts.
        operation: what to do with their values (`values.SUM` …).
        source: where the values come from: a column's name, or `values.ONE`, `values.AGE` ….
        relation: how a column is read: as it is (0), `values.SINCE`, `values.AGAINST` or, with a key,
            `values.TOGETHER`.
        apart: over what lies between two edges, not from the as-of date back to each.
    """

    selection: Selection
    operation: int
    source: str | int
    relation: int = values.PLAIN
    apart: bool = False

    def evaluate(self, walked: Walked, days: int) -> Floats:
        return walked.window(self, days)

    def cells(self, days: int) -> Iterator["Cell"]:
        yield self, days


Cell = tuple[Measure, int]  # a measure over the last so many days (LIFE: all history)


@dataclasses.dataclass(frozen=True)
class Spread(Expression):
    """The standard deviation from a count, a sum and a sum of squares about one common value."""

    count: Measure
    total: Measure
    squares: Measure

    def parts(self) -> tuple[Expression, ...]:
        return self.count, self.total, self.squares

    def evaluate(self, walked: Walked, days: int) -> Floats:
        count, total, squares = (part.evaluate(walked, days) for part in self.parts())
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = (squares - total * total / count) / (count - 1)
        return np.where(count > 1, np.sqrt(np.maximum(variance, 0.0)), np.nan)


@dataclasses.dataclass(frozen=True)
class Before(Expression):
    """An additive measure over the window before the feature's window, of the same length."""

    measure: Measure

    def cells(self, days: int) -> Iterator[Cell]:
        apart = dataclasses.replace(self.measure, apart=True)
        yield apart, days
        yield apart, 2 * days

    def evaluate(self, walked: Walked, days: int) -> Floats:
        return walked.before(dataclasses.replace(self.measure, apart=True), days)

    def reach(self, days: int) -> int:
        return 2 * days


def before(measure: Measure) -> Expression:
    """An additive measure over the window before the feature's, of the same length."""
    return Before(measure)


def change(measure: Measure) -> Expression:
    """The window against the one before it, from -1 (all before) to 1 (all now); null without either."""
    now, before = measure, Before(measure)
    return (now - before) / (now + before)

"""What a feature is made of: measures that the walk emits, and arithmetic on them.

purchases = select("purchase")
orders = purchases.distinct("order")
spend = purchases.sum("amount")
order_value = spend / orders.count()
change = ratio_of_change(spend)
"""

import dataclasses
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from holdfast.features import walk

Floats = NDArray[np.float64]

LIFE = 0  # the window of all history, in days
FOREVER = 100_000  # days: longer than any log


class Walked(Protocol):
    """What the walk emitted for a block of rows."""

    def window(self, measure: "Measure", days: int) -> Floats:
        """(rows,) a measure over the last `days` (LIFE: all history)."""

    def before(self, measure: "Measure", days: int) -> Floats:
        """(rows,) an additive measure over the window of `days` before the last `days`."""


class Expression:
    """Something with a value for each row and window; null (NaN) where it has none."""

    def evaluate(self, walked: Walked, days: int) -> Floats:
        """(rows,) the value over the last `days`."""
        raise NotImplementedError

    def parts(self) -> tuple["Expression", ...]:
        """The expressions that this one is made of."""
        return ()

    def measures(self) -> Iterator["Measure"]:
        """The measures that this expression needs from the walk."""
        for part in self.parts():
            yield from part.measures()

    def reach(self, days: int) -> int:
        """How many days back the value over the last `days` looks."""
        return max((part.reach(days) for part in self.parts()), default=days)

    def __truediv__(self, other: "Expression | float") -> "Expression":
        return Arithmetic("/", self, as_expression(other))

    def __add__(self, other: "Expression | float") -> "Expression":
        return Arithmetic("+", self, as_expression(other))

    def __sub__(self, other: "Expression | float") -> "Expression":
        return Arithmetic("-", self, as_expression(other))

    def __mul__(self, other: "Expression | float") -> "Expression":
        return Arithmetic("*", self, as_expression(other))

    def over(self, days: int) -> "Expression":
        """This value over a window of its own, whatever window the feature has."""
        return Over(self, days)


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which facts of the stream are measured.

    Attributes:
        kinds: the kinds of facts.
        key, mode, within_days: compare a fact with the visible facts of an equal key.
        until: a time column; facts that had visibly ended before the as-of date are left out.
    """

    kinds: tuple[str, ...]
    key: str | None = None
    mode: int = walk.EVERY
    within_days: int = 0
    until: str | None = None

    def distinct(self, key: str) -> "Selection":
        """One fact for each value of `key`: its newest visible one."""
        return dataclasses.replace(self, key=key, mode=walk.DISTINCT)

    def first(self, key: str) -> "Selection":
        """Only facts whose `key` the customer never had before."""
        return dataclasses.replace(self, key=key, mode=walk.FIRST)

    def repeated(self, key: str, *, within_days: int = FOREVER) -> "Selection":
        """Only facts that follow one of the same `key` within so many days."""
        return dataclasses.replace(self, key=key, mode=walk.REPEATED, within_days=within_days)

    def open(self, until: str) -> "Selection":
        """Only facts that had not visibly ended (time column `until`)."""
        return dataclasses.replace(self, until=until)

    def count(self) -> "Measure":
        """How many facts."""
        return Measure(self, walk.SUM, walk.ONE)

    def sum(self, column: "str | int") -> "Measure":
        """The sum of a column; 0 of nothing."""
        return Measure(self, walk.SUM, column)

    def mean(self, column: "str | int") -> Expression:
        """The mean of what is known of a column."""
        return Measure(self, walk.SUM, column) / Measure(self, walk.COUNT, column)

    def spread(self, column: "str | int") -> Expression:
        """The standard deviation (n - 1) of a column; null below two values."""
        return Spread(*(
            Measure(self, operation, column)
            for operation in (walk.COUNT, walk.SHIFTED_SUM, walk.SHIFTED_SQUARES)
        ))  # fmt: skip

    def largest(self, column: "str | int") -> "Measure":
        """The largest value of a column."""
        return Measure(self, walk.MAX, column)

    def smallest(self, column: "str | int") -> "Measure":
        """The smallest value of a column."""
        return Measure(self, walk.MIN, column)

    def newest(self, column: "str | int") -> "Measure":
        """The column's value in the newest fact that has one."""
        return Measure(self, walk.NEWEST, column)

    def oldest(self, column: "str | int") -> "Measure":
        """The column's value in the oldest fact that has one."""
        return Measure(self, walk.OLDEST, column)

    def days_since(self, column: str) -> "Measure":
        """Days from a time column of the newest fact to the as-of date; negative when it lies ahead."""
        return Measure(self, walk.NEWEST, column, walk.SINCE)

    def sum_of_rises(self, column: str) -> Expression:
        """The sum of a column's relative changes against its value in the fact that is repeated."""
        ratios = Measure(self, walk.SUM, column, walk.AGAINST)
        return ratios - Measure(self, walk.COUNT, column, walk.AGAINST)

    def largest_against(self, column: str) -> "Measure":
        """The largest ratio of a column to its value in the fact that is repeated."""
        return Measure(self, walk.MAX, column, walk.AGAINST)


def select(*kinds: str) -> Selection:
    """The facts of some kinds."""
    return Selection(kinds)


@dataclasses.dataclass(frozen=True)
class Measure(Expression):
    """One number that the walk emits for each row and window.

    Attributes:
        selection: which facts.
        operation: what to do with their values (`walk.SUM` …).
        source: where the values come from: a column's name, or `walk.ONE`, `walk.AGE`, `walk.GAP`.
        relation: how a column is read: as it is (0), `walk.SINCE` or `walk.AGAINST`.
    """

    selection: Selection
    operation: int
    source: str | int
    relation: int = 0

    def evaluate(self, walked: Walked, days: int) -> Floats:
        return walked.window(self, days)

    def measures(self) -> Iterator["Measure"]:
        yield self


@dataclasses.dataclass(frozen=True)
class Constant(Expression):
    """The same number for every row."""

    value: float

    def evaluate(self, walked: Walked, days: int) -> Floats:  # noqa: ARG002  # the same for all
        return np.asarray(self.value)

    def reach(self, days: int) -> int:  # noqa: ARG002  # looks nowhere
        return 0


@dataclasses.dataclass(frozen=True)
class WindowDays(Expression):
    """The length of the feature's own window, in days."""

    def evaluate(self, walked: Walked, days: int) -> Floats:  # noqa: ARG002  # the same for all
        return np.asarray(float(days))


@dataclasses.dataclass(frozen=True)
class Arithmetic(Expression):
    """Two expressions joined by an operator; dividing by nothing is null."""

    operator: str
    left: Expression
    right: Expression

    def parts(self) -> tuple[Expression, ...]:
        return self.left, self.right

    def evaluate(self, walked: Walked, days: int) -> Floats:
        left, right = self.left.evaluate(walked, days), self.right.evaluate(walked, days)
        match self.operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(right == 0, np.nan, left / right)


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

    def parts(self) -> tuple[Expression, ...]:
        return (self.measure,)

    def evaluate(self, walked: Walked, days: int) -> Floats:
        return walked.before(self.measure, days)

    def reach(self, days: int) -> int:
        return 2 * days


@dataclasses.dataclass(frozen=True)
class Over(Expression):
    """An expression over a fixed window."""

    value: Expression
    days: int

    def parts(self) -> tuple[Expression, ...]:
        return (self.value,)

    def evaluate(self, walked: Walked, days: int) -> Floats:  # noqa: ARG002  # its own window counts
        return self.value.evaluate(walked, self.days)

    def reach(self, days: int) -> int:  # noqa: ARG002  # its own window counts
        return self.value.reach(self.days)


def as_expression(value: Expression | float) -> Expression:
    """A number as an expression."""
    return value if isinstance(value, Expression) else Constant(float(value))


def change(measure: Measure) -> Expression:
    """The window against the one before it, from -1 (all before) to 1 (all now); null without either."""
    now, before = measure, Before(measure)
    return (now - before) / (now + before)

"""Expressions over windows: measures of selected facts, and arithmetic on them."""

import dataclasses
import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partialmethod

import numpy as np
from numpy.typing import NDArray

from holdfast.features.selection import Selection
from holdfast.features.values import Operation, Value

Floats = NDArray[np.float64]

ALL_HISTORY = 0  # days: the window without a beginning


class Expression:
    """A value for each row and window; may be null (NaN)."""

    def evaluate(self, values: "WindowValues", days: int) -> Floats:
        """(rows,) the value over the last `days` (ALL_HISTORY: everything visible)."""
        raise NotImplementedError

    def parts(self) -> tuple["Expression", ...]:
        """The expressions that this one is computed from."""
        return ()

    def window_values(self, days: int) -> Iterator["WindowValue"]:
        """The values that the window scan must emit for this expression over the last `days`."""
        for part in self.parts():
            yield from part.window_values(days)

    def measures(self) -> Iterator["Measure"]:
        """The measures that this expression is computed from."""
        return (measure for measure, _ in self.window_values(ALL_HISTORY))

    def unobserved_from(self, days: int) -> int:
        """The value over the last `days` is null unless more than this number of days was observed."""
        return max((part.unobserved_from(days) for part in self.parts()), default=0)

    def over_window(self, days: int) -> "Expression":
        """This value over a fixed window instead of the feature's window."""
        return OverWindow(self, days)

    def _join(self, operator: str, other: "Expression | float") -> "Expression":
        return Arithmetic(operator, self, as_expression(other))

    __add__ = partialmethod(_join, "+")
    __sub__ = partialmethod(_join, "-")
    __mul__ = partialmethod(_join, "*")
    __truediv__ = partialmethod(_join, "/")
    __gt__ = partialmethod(_join, ">")

    def __rsub__(self, other: float) -> "Expression":
        return as_expression(other) - self


@dataclasses.dataclass(frozen=True)
class Constant(Expression):
    """The same number for every row."""

    value: float

    def evaluate(self, values: "WindowValues", days: int) -> Floats:  # noqa: ARG002  # the same for all
        return np.asarray(self.value)


@dataclasses.dataclass(frozen=True)
class WindowDays(Expression):
    """The length of the observed part of the feature's window, in days."""

    def evaluate(self, values: "WindowValues", days: int) -> Floats:
        return np.minimum(float(days), values.observed_days)


@dataclasses.dataclass(frozen=True)
class Arithmetic(Expression):
    """Two expressions joined by an operator. Division by 0 is null; `>` gives 1, 0 or null."""

    operator: str
    left: Expression
    right: Expression

    def parts(self) -> tuple[Expression, ...]:
        return self.left, self.right

    def evaluate(self, values: "WindowValues", days: int) -> Floats:
        left, right = self.left.evaluate(values, days), self.right.evaluate(values, days)
        match self.operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case ">":
                return np.where(np.isnan(left) | np.isnan(right), np.nan, left > right)
        return np.where(right == 0, np.nan, left / right)


@dataclasses.dataclass(frozen=True)
class OverWindow(Expression):
    """An expression over a fixed window."""

    value: Expression
    days: int

    def parts(self) -> tuple[Expression, ...]:
        return (self.value,)

    def window_values(self, days: int) -> Iterator["WindowValue"]:  # noqa: ARG002  # its own window counts
        return self.value.window_values(self.days)

    def evaluate(self, values: "WindowValues", days: int) -> Floats:  # noqa: ARG002  # its own window counts
        return self.value.evaluate(values, self.days)

    def unobserved_from(self, days: int) -> int:  # noqa: ARG002  # its own window counts
        return self.value.unobserved_from(self.days)


@dataclasses.dataclass(frozen=True)
class ByDays(Expression):
    """An expression over all history that depends on the number of days of the feature's window.

    Attributes:
        make: returns the expression for a number of days.
    """

    make: Callable[[int], Expression]

    def window_values(self, days: int) -> Iterator["WindowValue"]:
        return self.make(days).window_values(ALL_HISTORY)

    def evaluate(self, values: "WindowValues", days: int) -> Floats:
        return self.make(days).evaluate(values, ALL_HISTORY)


@dataclasses.dataclass(frozen=True)
class Measure(Expression):
    """One number that the window scan emits for each row and window.

    Attributes:
        selection: the facts.
        operation: the aggregation.
        value: the value read from each fact.
        disjoint: aggregate between two adjacent window bounds, not from the as-of date back to each bound.
    """

    selection: Selection
    operation: Operation
    value: Value
    disjoint: bool = False

    def __hash__(self) -> int:
        return self.cached_hash

    @functools.cached_property
    def cached_hash(self) -> int:
        """Measures are looked up for every block of rows; hashing all parts would take longer."""
        return hash((self.selection, self.operation, self.value, self.disjoint))

    def __getstate__(self) -> dict[str, object]:
        """All but the hash: texts have other hashes in each process, such as those of Spark's workers."""
        return {name: value for name, value in self.__dict__.items() if name != "cached_hash"}

    def evaluate(self, values: "WindowValues", days: int) -> Floats:
        return values.over(self, days)

    def window_values(self, days: int) -> Iterator["WindowValue"]:
        yield self, days

    def previous_window(self) -> Expression:
        """An additive measure over the previous window of the same length."""
        return PreviousWindow(dataclasses.replace(self, disjoint=True))

    def change(self) -> Expression:
        """(this - previous) / (this + previous window): -1 to 1; null if both are 0."""
        previous = self.previous_window()
        return (self - previous) / (self + previous)


WindowValue = tuple[Measure, int]  # a measure over the last so many days


class WindowValues:
    """The values that window scans emitted for a block of rows.

    Attributes:
        windows: measure → days → (rows,) value.
        observed_days: (rows,) the number of observed days before the as-of date, in all streams of the column
            being evaluated.
    """

    def __init__(self, scanned: Iterable[tuple[WindowValue, Floats]]) -> None:
        self.observed_days: Floats = np.asarray(np.inf)
        self.windows: dict[Measure, dict[int, Floats]] = defaultdict(dict)
        for (measure, days), values in scanned:
            self.windows[measure][days] = values

    def over(self, measure: Measure, days: int) -> Floats:
        """(rows,) a measure over the last `days`."""
        return self.windows[measure][days]

    def between(self, measure: Measure, days: int, until: int) -> Floats:
        """(rows,) a disjoint measure from `until` to `days` days before the as-of date."""
        parts = [values for bound, values in self.windows[measure].items() if days < bound <= until]
        return np.asarray(np.sum(parts, axis=0))


@dataclasses.dataclass(frozen=True)
class PreviousWindow(Expression):
    """A disjoint measure over the previous window of the same length; null for all history."""

    measure: Measure

    def window_values(self, days: int) -> Iterator[WindowValue]:
        yield self.measure, days
        yield self.measure, 2 * days

    def evaluate(self, values: WindowValues, days: int) -> Floats:
        return values.between(self.measure, days, 2 * days) if days else np.asarray(np.nan)

    def unobserved_from(self, days: int) -> int:
        return days


@dataclasses.dataclass(frozen=True)
class Std(Expression):
    """The standard deviation (n - 1) from a count, and sums of shifted values and their squares."""

    count: Measure
    total: Measure
    squares: Measure

    def parts(self) -> tuple[Expression, ...]:
        return self.count, self.total, self.squares

    def evaluate(self, values: WindowValues, days: int) -> Floats:
        count, total, squares = (part.evaluate(values, days) for part in self.parts())
        variance = (squares - total * total / count) / (count - 1)
        return np.where(count > 1, np.sqrt(np.maximum(variance, 0.0)), np.nan)


def as_expression(value: Expression | float) -> Expression:
    """A number as an expression."""
    return value if isinstance(value, Expression) else Constant(float(value))

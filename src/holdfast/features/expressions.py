"""Arithmetic on what the walk measures: anything with a value for each row and window."""

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from holdfast.features.measures import Cell, Measure

Floats = NDArray[np.float64]

LIFE = 0  # the window of all history, in days


class Walked(Protocol):
    """What the walk emitted for a block of rows."""

    def window(self, measure: "Measure", days: int) -> Floats:
        """(rows,) a measure over the last `days` (LIFE: all history)."""

    def before(self, measure: "Measure", days: int) -> Floats:
        """(rows,) an additive measure that stands apart, over the `days` before the last `days`."""


class Expression:
    """Something with a value for each row and window; null (NaN) where it has none."""

    def evaluate(self, walked: Walked, days: int) -> Floats:
        """(rows,) the value over the last `days`."""
        raise NotImplementedError

    def parts(self) -> tuple["Expression", ...]:
        """The expressions that this one is made of."""
        return ()

    def cells(self, days: int) -> Iterator["Cell"]:
        """What the value over the last `days` needs from the walk."""
        for part in self.parts():
            yield from part.cells(days)

    def measures(self) -> Iterator["Measure"]:
        """The measures that this expression needs from the walk."""
        return (measure for measure, _ in self.cells(LIFE))

    def reach(self, days: int) -> int:
        """How many days back the value over the last `days` looks."""
        return max((part.reach(days) for part in self.parts()), default=days)

    def __truediv__(self, other: "Expression | float") -> "Expression":
        return Arithmetic("/", self, as_expression(other))

    def __add__(self, other: "Expression | float") -> "Expression":
        return Arithmetic("+", self, as_expression(other))

    def __sub__(self, other: "Expression | float") -> "Expression":
        return Arithmetic("-", self, as_expression(other))

    def __rsub__(self, other: float) -> "Expression":
        return Arithmetic("-", as_expression(other), self)

    def __mul__(self, other: "Expression | float") -> "Expression":
        return Arithmetic("*", self, as_expression(other))

    def over(self, days: int) -> "Expression":
        """This value over a window of its own, whatever window the feature has."""
        return Over(self, days)


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
class Over(Expression):
    """An expression over a fixed window."""

    value: Expression
    days: int

    def parts(self) -> tuple[Expression, ...]:
        return (self.value,)

    def cells(self, days: int) -> Iterator["Cell"]:  # noqa: ARG002  # its own window counts
        return self.value.cells(self.days)

    def evaluate(self, walked: Walked, days: int) -> Floats:  # noqa: ARG002  # its own window counts
        return self.value.evaluate(walked, self.days)

    def reach(self, days: int) -> int:  # noqa: ARG002  # its own window counts
        return self.value.reach(self.days)


@dataclasses.dataclass(frozen=True)
class Present(Expression):
    """1 where a value is above 0, else 0; null where the value is."""

    value: Expression

    def parts(self) -> tuple[Expression, ...]:
        return (self.value,)

    def evaluate(self, walked: Walked, days: int) -> Floats:
        value = self.value.evaluate(walked, days)
        return np.where(np.isnan(value), np.nan, value > 0)


def present(value: Expression) -> Expression:
    """1 where a value is above 0, else 0."""
    return Present(value)


def as_expression(value: Expression | float) -> Expression:
    """A number as an expression."""
    return value if isinstance(value, Expression) else Constant(float(value))

"""Which reason each value of a customer speaks for; not every value of a feature speaks for the same one.

A value over a window in which nothing of its kind happened speaks of that absence: tickets for each order,
where there is no order, of silence. A ratio of two kinds of facts speaks of the side that makes it unusual.
"""

import dataclasses
import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from holdfast.explain.figures import Statements
from holdfast.explain.peers import PeerGroups
from holdfast.features.expressions import Arithmetic, Expression, Measure
from holdfast.features.families import FAMILIES
from holdfast.features.family import HIGHER, LOWER, Family, Feature
from holdfast.features.reasons import FALLBACK, Side
from holdfast.features.values import AGE, Operation
from holdfast.model.matrix import Matrix
from holdfast.text.reasons import MEASURES

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Kinds = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Absence:
    """When a value speaks of facts that are absent, and for which reason then.

    Attributes:
        age: the column that says how many days ago the last such fact was; None: there is none.
        days: the length of the window.
    """

    code: str
    age: int | None
    days: float


@dataclasses.dataclass(frozen=True)
class Split:
    """A ratio of two kinds of facts: the columns of both, and what the lower one speaks for.

    Attributes:
        side: on which the upper one is riskier.
    """

    upper: str
    side: Side
    lower: str
    code: str


@dataclasses.dataclass(frozen=True)
class Rule:
    """What the values of one column speak for; of several that apply, the last one counts.

    Attributes:
        code: where nothing else applies.
        split: a ratio's two sides.
        undefined: the reason of a null though there are facts; None: `code`.
        absences: by kind of fact; a ratio's denominator comes last.
        nothing: the reason of 0, where that says that nothing happened; None: `code`.
    """

    code: str
    split: Split | None = None
    undefined: str | None = None
    absences: tuple[Absence, ...] = ()
    nothing: str | None = None

    @property
    def codes(self) -> set[str]:
        """All that it may give."""
        named = {self.code, self.undefined, self.nothing, *(one.code for one in self.absences)}
        return {code for code in (*named, self.split and self.split.code) if code}


class Attribution:
    """The reasons that the values of a model's matrix speak for.

    Attributes:
        codes: all that occur, in alphabetical order.
    """

    def __init__(
        self, names: tuple[str, ...], reasons: tuple[str, ...], peer_groups: PeerGroups,
        families: Iterable[Family] = FAMILIES,
    ) -> None:  # fmt: skip
        """Args: names, reasons: the model's columns in its order, and the reason of each."""
        rules = Rules(names, tuple(families))
        self.rules = [rules.rule(name, code) for name, code in zip(names, reasons, strict=True)]
        self.codes = tuple(sorted({FALLBACK, *(code for rule in self.rules for code in rule.codes)}))
        self._place = {code: place for place, code in enumerate(self.codes)}
        self._columns = {name: column for column, name in enumerate(names)}
        self._everybody = peer_groups.everybody

    def sum_by_reason(self, matrix: Matrix, contributions: Floats) -> Floats:
        """(rows, codes) the contributions of all values that speak for one reason, added up.

        Args:
            contributions: (rows, columns + 1), the base last (it belongs to no reason).
        """
        count = len(self.codes)
        places = self.attribute(matrix) + count * np.arange(len(matrix))[:, None]
        added = np.bincount(places.ravel(), contributions[:, :-1].ravel(), minlength=len(matrix) * count)
        return np.asarray(added.reshape(len(matrix), count), np.float64)

    def attribute(self, matrix: Matrix) -> NDArray[np.int64]:
        """(rows, columns) the place in `codes` of the reason that each value speaks for."""
        places = np.empty(matrix.shape, np.int64)
        for column, rule in enumerate(self.rules):
            values, found = matrix[:, column], places[:, column]
            found[:] = self._place[rule.code]
            if rule.split is not None:
                found[self._is_lower_unusual(rule.split, matrix)] = self._place[rule.split.code]
            if rule.undefined is not None:
                found[np.isnan(values)] = self._place[rule.undefined]
            for absence in rule.absences:
                found[is_absent(absence, values, matrix, rule.undefined)] = self._place[absence.code]
            if rule.nothing is not None:
                found[values == 0] = self._place[rule.nothing]
        return places

    def _is_lower_unusual(self, split: Split, matrix: Matrix) -> Flags:
        """Whether a ratio is what it is for its denominator rather than for its numerator."""
        upper, lower = (
            self._rank(name, matrix[:, self._columns[name]], side)
            for name, side in ((split.upper, split.side), (split.lower, LOWER))
        )
        return lower > upper

    def _rank(self, name: str, values: NDArray[np.float32], side: Side) -> Floats:
        """The share of the customers who stayed that is better off than each value."""
        peers = self._everybody.get(name, np.empty(0))
        if side is HIGHER:
            return np.searchsorted(peers, values, "left") / max(len(peers), 1)
        return (len(peers) - np.searchsorted(peers, values, "right")) / max(len(peers), 1)


def is_absent(absence: Absence, values: NDArray[np.float32], matrix: Matrix, undefined: str | None) -> Flags:
    """Whether there is no such fact in the window of each value."""
    if absence.age is None:
        return np.isnan(values) & (undefined is None)
    age = matrix[:, absence.age]
    return np.isnan(age) | (age > absence.days)


def peer_columns(names: tuple[str, ...], available: Iterable[str]) -> list[str]:
    """The columns that customers are compared by: those of statements, and both sides of split ratios.

    Args:
        names: of the model.
        available: of the features table.
    """
    rules = Rules(names, FAMILIES)
    splits = [rules.rule(name, "").split for name in names]
    sides = [side for one in splits if one is not None for side in (one.upper, one.lower)]
    return list(dict.fromkeys([*Statements(available).columns, *sides]))


class Rules:
    """Makes the rules of columns from what families declare."""

    def __init__(self, names: tuple[str, ...], families: tuple[Family, ...]) -> None:
        self.places = {name: place for place, name in enumerate(names)}
        self.features = {f"{one.name}__{each.name}": (one, each) for one in families for each in one.features}
        self.absences = {
            kind: one.code for family in families for one in family.reasons for kind in one.absent
        }
        self.ages = {
            measure.selection.kinds: self.places.get(f"{name}__all")
            for name, (_, feature) in self.features.items()
            if (measure := as_measure(feature.value)) and is_age_of_last(measure)
        }

    def rule(self, name: str, code: str) -> Rule:
        """The rule of a column whose own reason is `code`."""
        key, _, window = name.rpartition("__")
        if key.startswith("text__"):
            counted = MEASURES.get(key.removeprefix("text__"), (code, None))[1] is HIGHER
            return Rule(code, absences=(Absence(FALLBACK, None, 0),), nothing=FALLBACK if counted else None)
        if key not in self.features:
            return Rule(code)
        family, feature = self.features[key]
        days = math.inf if window == "all" else float(window.removesuffix("d"))
        several = kinds_of(feature.value)
        absences = [
            Absence(feature.absent or self.absence_of(kinds), self.ages.get(kinds), days) for kinds in several
        ]
        counted = feature.riskier is HIGHER and is_count(feature.value) and feature.absent is None
        return Rule(
            code, self.split(feature, window), family.undefined, tuple(absences),
            self.absence_of(several[0]) if counted else None,
        )  # fmt: skip

    def absence_of(self, kinds: Kinds) -> str:
        """The reason that the absence of some facts speaks for."""
        return next((self.absences[kind] for kind in kinds if kind in self.absences), FALLBACK)

    def split(self, feature: Feature, window: str) -> Split | None:
        """The two sides of a ratio of different kinds of facts, where both have columns of their own."""
        ratio = feature.value
        if not isinstance(ratio, Arithmetic) or ratio.operator != "/":
            return None
        if set(kinds_of(ratio.left)) & set(kinds_of(ratio.right)):
            return None
        upper, lower = (self.measured_by(part) for part in (ratio.left, ratio.right))
        if not (upper and lower and {f"{upper}__{window}", f"{lower}__{window}"} <= self.places.keys()):
            return None
        family, below = self.features[lower]
        side = self.features[upper][1].riskier or HIGHER
        return Split(f"{upper}__{window}", side, f"{lower}__{window}", family.reason_of(below))

    def measured_by(self, part: Expression) -> str | None:
        """The feature that measures just this; None: none does."""
        return next((name for name, (_, one) in self.features.items() if one.value == part), None)


def kinds_of(value: Expression) -> list[Kinds]:
    """The kinds of facts that a value is computed from; a ratio's denominator comes last."""
    return list(dict.fromkeys(measure.selection.kinds for measure in value.measures()))


def as_measure(value: Expression) -> Measure | None:
    """A value that is a single measure."""
    return value if isinstance(value, Measure) else None


def is_age_of_last(measure: Measure) -> bool:
    """Whether it is the days since the last fact of some kinds, whatever the fact."""
    plain = dataclasses.replace(measure.selection, conditions=(), key=None, since=None, until=None)
    return (measure.operation, measure.value) == (Operation.MIN, AGE) and plain == measure.selection


def is_count(value: Expression) -> bool:
    """Whether 0 says that nothing happened."""
    return isinstance(value, Measure) and value.operation is Operation.SUM

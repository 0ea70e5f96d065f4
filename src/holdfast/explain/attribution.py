"""Attribute each feature value of a customer to a reason code. The code depends on the value.

If no fact of the feature's kind happened in the window, the value is attributed to that absence: tickets per
order without any order are attributed to silence. A ratio of two kinds of facts is attributed to the side
that is more unusual.
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
    """The reason of a value whose facts are absent from the window.

    Attributes:
        code: the reason code.
        age: the index of the column with the days since the last such fact; None: there is no such column.
        days: the length of the window.
    """

    code: str
    age: int | None
    days: float


@dataclasses.dataclass(frozen=True)
class Split:
    """A ratio of two kinds of facts.

    Attributes:
        upper, lower: the columns of numerator and denominator.
        side: the riskier side of the numerator.
        code: the reason code of the denominator.
    """

    upper: str
    side: Side
    lower: str
    code: str


@dataclasses.dataclass(frozen=True)
class Rule:
    """The reason codes of the values of one column; if several attributes apply, the last one wins.

    Attributes:
        code: the default.
        split: the two sides of a ratio.
        undefined: the code of a null although there are facts; None: `code`.
        absences: one for each kind of fact; the denominator of a ratio comes last.
        nothing: the code of 0 in a count; None: `code`.
    """

    code: str
    split: Split | None = None
    undefined: str | None = None
    absences: tuple[Absence, ...] = ()
    nothing: str | None = None

    @property
    def codes(self) -> set[str]:
        """All possible codes."""
        named = {self.code, self.undefined, self.nothing, *(absence.code for absence in self.absences)}
        return {code for code in (*named, self.split and self.split.code) if code}


class Attribution:
    """Maps the values of a model's matrix to reason codes.

    Attributes:
        codes: all codes that can occur, in alphabetical order.
    """

    def __init__(
        self, names: tuple[str, ...], reasons: tuple[str, ...], peer_groups: PeerGroups,
        families: Iterable[Family] = FAMILIES,
    ) -> None:  # fmt: skip
        """Args: names, reasons: the model's columns in order, and the reason code of each."""
        rules = Rules(names, tuple(families))
        self.rules = [rules.rule(name, code) for name, code in zip(names, reasons, strict=True)]
        self.codes = tuple(sorted({FALLBACK, *(code for rule in self.rules for code in rule.codes)}))
        self._index = {code: index for index, code in enumerate(self.codes)}
        self._columns = {name: column for column, name in enumerate(names)}
        self._everybody = peer_groups.everybody

    def sum_by_reason(self, matrix: Matrix, contributions: Floats) -> Floats:
        """(rows, codes) the contributions summed by reason code.

        Args:
            contributions: (rows, columns + 1), the base last (it belongs to no reason).
        """
        count = len(self.codes)
        cells = self.attribute(matrix) + count * np.arange(len(matrix))[:, None]
        sums = np.bincount(cells.ravel(), contributions[:, :-1].ravel(), minlength=len(matrix) * count)
        return np.asarray(sums.reshape(len(matrix), count), np.float64)

    def attribute(self, matrix: Matrix) -> NDArray[np.int64]:
        """(rows, columns) the index in `codes` of each value's reason."""
        indices = np.empty(matrix.shape, np.int64)
        for column, rule in enumerate(self.rules):
            values, reason = matrix[:, column], indices[:, column]
            reason[:] = self._index[rule.code]
            if rule.split is not None:
                reason[self._is_lower_unusual(rule.split, matrix)] = self._index[rule.split.code]
            if rule.undefined is not None:
                reason[np.isnan(values)] = self._index[rule.undefined]
            for absence in rule.absences:
                reason[is_absent(absence, values, matrix, rule.undefined)] = self._index[absence.code]
            if rule.nothing is not None:
                reason[values == 0] = self._index[rule.nothing]
        return indices

    def _is_lower_unusual(self, split: Split, matrix: Matrix) -> Flags:
        """Whether the denominator of a ratio is more unusual than its numerator."""
        upper, lower = (
            self._rank(name, matrix[:, self._columns[name]], side)
            for name, side in ((split.upper, split.side), (split.lower, LOWER))
        )
        return lower > upper

    def _rank(self, name: str, values: NDArray[np.float32], side: Side) -> Floats:
        """(rows,) the share of customers who stayed with a less risky value."""
        peers = self._everybody.get(name, np.empty(0))
        if side is HIGHER:
            return np.searchsorted(peers, values, "left") / max(len(peers), 1)
        return (len(peers) - np.searchsorted(peers, values, "right")) / max(len(peers), 1)


def is_absent(absence: Absence, values: NDArray[np.float32], matrix: Matrix, undefined: str | None) -> Flags:
    """(rows,) whether the window of each value has no such fact."""
    if absence.age is None:
        return np.isnan(values) & (undefined is None)
    age = matrix[:, absence.age]
    return np.isnan(age) | (age > absence.days)


def peer_columns(names: tuple[str, ...], available: Iterable[str]) -> list[str]:
    """The columns in which customers are compared: those of statements, and both sides of split ratios.

    Args:
        names, available: the columns of the model and of the features table.
    """
    rules = Rules(names, FAMILIES)
    splits = [rules.rule(name, "").split for name in names]
    sides = [side for split in splits if split is not None for side in (split.upper, split.lower)]
    return list(dict.fromkeys([*Statements(available).columns, *sides]))


class Rules:
    """Derives the rule of each column from the declarations of the families."""

    def __init__(self, names: tuple[str, ...], families: tuple[Family, ...]) -> None:
        self.indices = {name: index for index, name in enumerate(names)}
        self.features = {
            f"{family.name}__{feature.name}": (family, feature)
            for family in families
            for feature in family.features
        }
        self.absences = {
            kind: reason.code for family in families for reason in family.reasons for kind in reason.absent
        }
        self.ages = {
            measure.selection.kinds: self.indices.get(f"{name}__all")
            for name, (_, feature) in self.features.items()
            if isinstance(measure := feature.value, Measure) and is_age_of_last(measure)
        }

    def rule(self, name: str, code: str) -> Rule:
        """The rule of a column whose default reason is `code`."""
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
        """The reason code for the absence of these kinds of facts."""
        return next((self.absences[kind] for kind in kinds if kind in self.absences), FALLBACK)

    def split(self, feature: Feature, window: str) -> Split | None:
        """The two sides of a ratio of different kinds of facts, if the model has a column for each."""
        ratio = feature.value
        if not isinstance(ratio, Arithmetic) or ratio.operator != "/":
            return None
        if set(kinds_of(ratio.left)) & set(kinds_of(ratio.right)):
            return None
        upper, lower = (self.measured_by(part) for part in (ratio.left, ratio.right))
        if not (upper and lower and {f"{upper}__{window}", f"{lower}__{window}"} <= self.indices.keys()):
            return None
        family, below = self.features[lower]
        side = self.features[upper][1].riskier or HIGHER
        return Split(f"{upper}__{window}", side, f"{lower}__{window}", family.reason_of(below))

    def measured_by(self, part: Expression) -> str | None:
        """The feature with this expression; None if no feature has it."""
        return next((name for name, (_, feature) in self.features.items() if feature.value == part), None)


def kinds_of(value: Expression) -> list[Kinds]:
    """The kinds of facts that a value is computed from; the denominator of a ratio comes last."""
    return list(dict.fromkeys(measure.selection.kinds for measure in value.measures()))


def is_age_of_last(measure: Measure) -> bool:
    """Whether a measure is the days since the last fact of its kinds, without further conditions."""
    plain = dataclasses.replace(measure.selection, conditions=(), key=None, since=None, until=None)
    return (measure.operation, measure.value) == (Operation.MIN, AGE) and plain == measure.selection


def is_count(value: Expression) -> bool:
    """Whether a value is a sum or count, so that 0 means that nothing happened."""
    return isinstance(value, Measure) and value.operation is Operation.SUM

"""Logistic regression on log-scaled columns: on purchase data as good as untuned trees, and steadier."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from holdfast.model.matrix import Columns, Matrix

LEAST_SCALE = 1e-6

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Linear:
    """A fitted logistic regression, as plain numbers.

    Each term is one column's signed log (or the indicator of one of its levels), with nulls at the
    column's median, standardised. So a term's mean in training is 0, and its coefficient times its value
    is its exact Shapley contribution.

    Attributes:
        column: (terms,) which column of the matrix.
        level: (terms,) the code of the level, or -1 for a number.
        middle, centre, scale, coefficient: (terms,) median; mean and deviation after scaling; weight.
        intercept: the base.
    """

    column: NDArray[np.int64]
    level: NDArray[np.int64]
    middle: Floats
    centre: Floats
    scale: Floats
    coefficient: Floats
    intercept: float

    def margin(self, matrix: Matrix) -> Floats:
        """(rows,) log-odds of churn, not calibrated."""
        return np.asarray(self.terms(matrix).astype(np.float64) @ self.coefficient + self.intercept)

    def contributions(self, matrix: Matrix) -> Floats:
        """(rows, columns + 1): what each column adds to the margin; the last column is the base."""
        added = np.zeros((matrix.shape[0], matrix.shape[1] + 1))
        values = self.terms(matrix).astype(np.float64) * self.coefficient
        for term, column in enumerate(self.column):
            added[:, column] += values[:, term]
        added[:, -1] = self.intercept
        return added

    def terms(self, matrix: Matrix) -> Matrix:
        """(rows, terms) standardised values."""
        return standardise(raw_terms(matrix, self.column, self.level), self.middle, self.centre, self.scale)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it, to the last digit."""
        return {
            field.name: value.tolist()
            if isinstance(value := getattr(self, field.name), np.ndarray)
            else value
            for field in dataclasses.fields(self)
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Linear":
        """From `to_dict`."""
        column, level = (np.array(content[name], np.int64) for name in ("column", "level"))
        middle, centre, scale, coefficient = (
            np.array(content[name], np.float64) for name in ("middle", "centre", "scale", "coefficient")
        )
        return cls(column, level, middle, centre, scale, coefficient, float(content["intercept"]))


def raw_terms(matrix: Matrix, column: NDArray[np.int64], level: NDArray[np.int64]) -> Matrix:
    """(rows, terms): signed logs of numbers (NaN where null), indicators of levels."""
    terms = np.empty((matrix.shape[0], len(column)), np.float32, order="F")
    for term, (place, code) in enumerate(zip(column, level, strict=True)):
        values = matrix[:, place]
        terms[:, term] = values == code if code >= 0 else np.sign(values) * np.log1p(np.abs(values))
    return terms


def fit_linear(matrix: Matrix, churned: Floats, columns: Columns, strength: float) -> Linear:
    """Fit on one row a snapshot; `strength` is scikit-learn's C."""
    return fit_linears(matrix, churned, columns, (strength,))[strength]


def fit_linears(
    matrix: Matrix, churned: Floats, columns: Columns, strengths: Iterable[float]
) -> dict[float, Linear]:
    """One fit for each strength; the terms are made once for all of them."""
    column, level = term_list(columns)
    terms = raw_terms(matrix, column, level)
    middle, centre, scale = np.zeros((3, len(column)))
    for term in range(len(column)):  # in place, column by column: the matrix is far larger than any cache
        values = terms[:, term]
        middle[term] = median_of_known(values)
        values[np.isnan(values)] = middle[term]
        centre[term], spread = values.mean(dtype=np.float64), values.std(dtype=np.float64)
        scale[term] = spread if spread > LEAST_SCALE else 1.0
        terms[:, term] = (values - centre[term]) / scale[term]
    found = {}
    for strength in strengths:
        fitted = LogisticRegression(C=strength, max_iter=500, tol=1e-3).fit(terms, churned)
        weights = fitted.coef_[0].astype(np.float64)
        found[strength] = Linear(column, level, middle, centre, scale, weights, float(fitted.intercept_[0]))
    return found


def standardise(raw: Matrix, middle: Floats, centre: Floats, scale: Floats) -> Matrix:
    """(rows, terms) nulls at the middle, then about the centre in units of the scale."""
    terms = np.empty_like(raw)
    for term in range(raw.shape[1]):
        values = raw[:, term]
        terms[:, term] = (np.where(np.isnan(values), middle[term], values) - centre[term]) / scale[term]
    return terms


def median_of_known(values: NDArray[np.float32]) -> float:
    """The median of what is not null; 0 where nothing is."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else 0.0


def term_list(columns: Columns) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One term a number, one a level of a text column."""
    terms = [
        (place, code)
        for place, name in enumerate(columns.names)
        for code in (range(len(columns.levels[name])) if name in columns.levels else (-1,))
    ]
    column, level = np.array(terms, np.int64).reshape(-1, 2).T
    return column, level

"""Logistic regression on log-scaled columns: on purchase data as good as untuned trees, and steadier."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import expit, logit

from holdfast.model.matrix import Columns, Matrix

LEAST_SCALE = 1e-6
CURVE_ROWS = 8192  # that tell how the loss bends
ALIKE = 1e-4  # of the mean bend, added to every one: of two columns that are the same, none bends
PATIENCE = {"maxiter": 500, "gtol": 0.01, "ftol": 1e-10}  # the sampling error of a weight is a slope of 1

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
        values, made = matrix[:, place], terms[:, term]
        if code >= 0:
            made[:] = values == code
        else:
            np.copysign(np.log1p(np.abs(values, out=made), out=made), values, out=made)
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
        null = np.isnan(values)
        middle[term] = median_of(values[~null])
        values[null] = middle[term]
        mean = values.mean(dtype=np.float64, keepdims=True)
        spread = values.std(dtype=np.float64, mean=mean)
        centre[term], scale[term] = mean[0], spread if spread > LEAST_SCALE else 1.0
        terms[:, term] = (values - centre[term]) / scale[term]
    curve = curvature(terms, churned)
    found = {}
    for strength in strengths:
        weights, base = fit_weights(terms, churned, strength, curve)
        found[strength] = Linear(column, level, middle, centre, scale, weights, base)
    return found


def curvature(terms: Matrix, churned: Floats) -> Floats:
    """(terms, terms) about how steeply the loss bends, from an evenly spaced part of the rows."""
    part = terms[:: max(1, len(terms) // CURVE_ROWS)]
    share = churned.mean()
    return np.asarray((part.T @ part).astype(np.float64) * (share * (1 - share) * len(terms) / len(part)))


def fit_weights(terms: Matrix, churned: Floats, strength: float, curve: Floats) -> tuple[Floats, float]:
    """Weights and base of least log loss (summed) + weights² / (2 · strength).

    By L-BFGS, like scikit-learn, but in coordinates in which the loss bends about the same in every
    direction: a tenth of the steps leads nearer to the minimum. Windows of one measure are much alike, so
    in their own coordinates the loss is a long, narrow valley.
    """
    ridge, share = 1 / strength, float(churned.mean())
    steep = np.sqrt(len(terms) * share * (1 - share))  # of the base
    bends = np.diag(curve).mean() + ridge
    lower = cholesky(curve + (ridge + ALIKE * bends) * np.eye(len(curve)), lower=True)

    def weights_at(at: Floats) -> Floats:
        return np.asarray(solve_triangular(lower, at[:-1], lower=True, trans="T"))

    def loss(at: Floats) -> tuple[float, Floats]:
        weights = weights_at(at)
        margin = terms @ weights.astype(np.float32) + at[-1] / steep
        excess = expit(margin) - churned
        value = np.logaddexp(0, margin).sum() - churned @ margin + ridge / 2 * weights @ weights
        slope = excess.astype(np.float32) @ terms + ridge * weights
        return float(value), np.append(solve_triangular(lower, slope, lower=True), excess.sum() / steep)

    start = np.append(np.zeros(len(curve)), logit(share) * steep)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=PATIENCE).x
    return weights_at(found), float(found[-1] / steep)


def standardise(raw: Matrix, middle: Floats, centre: Floats, scale: Floats) -> Matrix:
    """(rows, terms) nulls at the middle, then about the centre in units of the scale."""
    terms = np.empty_like(raw)
    for term in range(raw.shape[1]):
        values = raw[:, term]
        terms[:, term] = (np.where(np.isnan(values), middle[term], values) - centre[term]) / scale[term]
    return terms


def median_of(known: NDArray[np.float32]) -> float:
    """The median; 0 of nothing. The values are put into another order."""
    return float(np.median(known, overwrite_input=True)) if len(known) else 0.0


def term_list(columns: Columns) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One term a number, one a level of a text column."""
    terms = [
        (place, code)
        for place, name in enumerate(columns.names)
        for code in (range(len(columns.levels[name])) if name in columns.levels else (-1,))
    ]
    column, level = np.array(terms, np.int64).reshape(-1, 2).T
    return column, level

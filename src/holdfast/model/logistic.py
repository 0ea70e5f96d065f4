"""Logistic regression on log-scaled columns: on purchase data as good as untuned trees, and more stable.

The mean of the log-odds of two regressions, on all columns and on a few, is one regression again.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from holdfast.model.matrix import Columns, Matrix

MIN_SCALE = 1e-6
MAX_SINGLE_PRECISION_C = 0.1
WEAK_PENALTY = 1.0  # scikit-learn's C, for a few columns
RFM = (  # recency, frequency, money and tenure; the second choice is for subscriptions
    ("recency__days__all", "orders__count__all", "spend__sum__all", "recency__tenure__all"),
    ("subscription__tenure__all", "subscription__value__all"),
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Terms:
    """The terms of a linear model: standardised signed logs of numbers, and indicators of text levels.

    Nulls are imputed with 0: for most features null means that nothing happened. scikit-learn's SimpleImputer
    and StandardScaler compute the same, but six times slower (docs/decisions/0023).

    Attributes:
        column: (terms,) the column of the matrix.
        level: (terms,) the code of the level; -1 for a number.
        mean, scale: (terms,) mean and standard deviation of the signed log.
    """

    column: Ints
    level: Ints
    mean: Floats
    scale: Floats

    def transform(self, matrix: Matrix) -> Matrix:
        """(rows, terms) float32, with mean 0 and standard deviation 1 in training."""
        return self.standardise(signed_logs(matrix, self.column, self.level))

    def standardise(self, terms: Matrix) -> Matrix:
        """Standardise the result of `signed_logs`, in place."""
        for term in range(terms.shape[1]):  # by column: the matrix is far larger than any cache
            terms[:, term] -= self.mean[term]
            terms[:, term] /= self.scale[term]
        return terms

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Terms":
        """From JSON of the fields."""
        return cls(**{name: np.array(values) for name, values in content.items()})


@dataclasses.dataclass(frozen=True)
class LogisticModel:
    """A fitted logistic regression.

    A term's mean in training is 0, so coefficient times value is its exact Shapley contribution.

    Attributes:
        terms: from the matrix to the terms.
        coef: (terms,) log-odds a standard deviation.
        intercept: log-odds of the mean training row.
    """

    terms: Terms
    coef: Floats
    intercept: float

    def logits(self, matrix: Matrix) -> Floats:
        """(rows,) log-odds of churn, not calibrated."""
        return np.asarray(self.terms.transform(matrix).astype(np.float64) @ self.coef + self.intercept)

    def contributions(self, matrix: Matrix) -> Floats:
        """(rows, columns + 1) each column's contribution to the logit; last the intercept."""
        contributions = np.zeros((matrix.shape[0], matrix.shape[1] + 1))
        values = self.terms.transform(matrix).astype(np.float64) * self.coef
        for term, column in enumerate(self.terms.column):
            contributions[:, column] += values[:, term]
        contributions[:, -1] = self.intercept
        return contributions

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "LogisticModel":
        """From JSON of the fields."""
        return cls(Terms.from_dict(content["terms"]), np.array(content["coef"]), content["intercept"])


def fit_logistic(
    matrix: Matrix,
    churned: Floats,
    columns: Columns,
    C: float,  # noqa: N803 — scikit-learn's name
    rfm_share: float = 0.0,
) -> LogisticModel:
    """Fit on one row a snapshot; `C` is the inverse L2 penalty, `rfm_share` as in `fit_logistic_models`."""
    return fit_logistic_models(matrix, churned, columns, (C,), rfm_share)[C]


def fit_logistic_models(
    matrix: Matrix, churned: Floats, columns: Columns, penalties: Iterable[float], rfm_share: float = 0.0
) -> dict[float, LogisticModel]:
    """Fit one model for each C on the same terms.

    Args:
        rfm_share: the weight of a second regression, on the columns of `RFM` alone, in the mean of both. With
            few customers, four columns rank as well as hundreds, and the mean ranks better than either.
    """
    terms, standardised = fit_terms(matrix, columns)
    standardised = np.ascontiguousarray(standardised)
    names = next((known for choice in RFM if (known := {*choice} & {*columns.names})), set())
    simple = [term for term, column in enumerate(terms.column) if columns.names[column] in names]
    rfm_share = rfm_share if simple else 0.0
    rfm, rfm_intercept = np.zeros(len(terms.column)), 0.0
    if rfm_share:
        rfm[simple], rfm_intercept = fit_coefficients(standardised[:, simple], churned, WEAK_PENALTY)
    models = {}
    for C in penalties:  # noqa: N806 — scikit-learn's name
        coef, intercept = fit_coefficients(standardised, churned, C)
        models[C] = LogisticModel(
            terms, (1 - rfm_share) * coef + rfm_share * rfm,
            (1 - rfm_share) * intercept + rfm_share * rfm_intercept,
        )  # fmt: skip
    return models


def fit_coefficients(standardised: Matrix, churned: Floats, C: float) -> tuple[Floats, float]:  # noqa: N803 — scikit-learn's name
    """Coefficients and intercept.

    The solver is Newton's method: windows of one measure are highly correlated, and L-BFGS stops farther from
    the optimum. With a weak penalty the Hessian is singular in single precision.
    """
    precise = standardised.astype(np.float64) if C > MAX_SINGLE_PRECISION_C else standardised
    fitted = LogisticRegression(C=C, solver="newton-cholesky").fit(precise, churned)
    return fitted.coef_[0].astype(np.float64), float(fitted.intercept_[0])


def fit_terms(matrix: Matrix, columns: Columns) -> tuple[Terms, Matrix]:
    """One term for each number and each level of a text column; and the (rows, terms) standardised matrix."""
    pairs = [
        (position, level)
        for position, name in enumerate(columns.names)
        for level in (range(len(columns.levels[name])) if name in columns.levels else (-1,))
    ]
    column, level = np.array(pairs, np.int64).reshape(-1, 2).T
    logs = signed_logs(matrix, column, level)
    mean = logs.mean(axis=0, dtype=np.float64)
    deviation = np.array([logs[:, term].std(dtype=np.float64) for term in range(len(column))])
    terms = Terms(column, level, mean, np.where(deviation > MIN_SCALE, deviation, 1.0))
    return terms, terms.standardise(logs)


def signed_logs(matrix: Matrix, column: Ints, level: Ints) -> Matrix:
    """(rows, terms) sign(x)·log(1 + |x|) of numbers (0 where null), indicators of levels."""
    terms = np.empty((matrix.shape[0], len(column)), np.float32, order="F")
    for term, (position, code) in enumerate(zip(column, level, strict=True)):
        values, out = matrix[:, position], terms[:, term]
        if code >= 0:
            out[:] = values == code
        else:
            np.copysign(np.log1p(np.abs(values, out=out), out=out), values, out=out)
            out[np.isnan(out)] = 0
    return terms

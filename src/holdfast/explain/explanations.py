"""Explanations of a model at an as-of date: global importance, and each customer's reasons."""

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.explain.figures import Row, Statements
from holdfast.explain.reasons import StatedReason, Texts, state_reasons, sum_by_reason
from holdfast.model.bundle import Bundle
from holdfast.model.matrix import Matrix

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Explanation:
    """Exact contributions of some rows.

    Attributes:
        matrix: (rows, columns) what the model read.
        contributions: (rows, columns + 1) log-odds before calibration; the base last.
        margin: (rows,) their sum.
    """

    matrix: Matrix
    contributions: Floats
    margin: Floats


def explain(bundle: Bundle, features: pa.Table) -> Explanation:
    """Exact SHAP values of both parts of the model; base + sum = margin is asserted."""
    matrix = bundle.matrix(features)
    contributions = bundle.contributions(matrix)
    return Explanation(matrix, contributions, contributions.sum(axis=1))


def importance(bundle: Bundle, explanation: Explanation) -> pd.DataFrame:
    """One row a feature, key feature: mean_abs_contribution (log-odds), reason; the largest first."""
    means = np.abs(explanation.contributions[:, :-1]).mean(axis=0)
    table = pd.DataFrame(
        {"feature": bundle.columns.names, "mean_abs_contribution": means, "reason_code": bundle.reasons}
    )
    return table.sort_values(["mean_abs_contribution", "feature"], ascending=[False, True], ignore_index=True)


def customer_reasons(
    bundle: Bundle, explanation: Explanation, features: pa.Table, texts: Texts, typical: Row
) -> list[list[StatedReason]]:
    """For each row up to three reasons, the strongest first.

    Args:
        features: what was explained, row by row.
        typical: see `typical_customer`.
    """
    codes, contributions = sum_by_reason(explanation.contributions, bundle.reasons)
    statements = Statements(features.column_names)
    rows = [
        {name: np.nan if value is None else value for name, value in row.items()}
        for row in features.select(statements.columns).to_pylist()
    ]
    return state_reasons(codes, contributions, rows, typical, texts, statements)


def typical_customer(features: pa.Table) -> Row:
    """The median of every column that reasons compare with it; null where nothing is known of it.

    Args:
        features: of all customers.
    """
    names = Statements(features.column_names).typical_columns
    return {name: float(features[name].to_pandas().median()) for name in names}

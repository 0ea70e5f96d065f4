"""Explanations of a model at an as-of date: global importance, and each customer's reasons."""

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.explain.figures import COMPARED_COLUMNS, Row, figures, untrue
from holdfast.explain.reasons import Reason, Texts, group, tell
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


def tell_reasons(
    bundle: Bundle,
    explanation: Explanation,
    features: pa.Table,
    texts: Texts,
    windows_days: tuple[int, ...],
    typical: Row,
) -> list[list[Reason]]:
    """For each row up to three reasons, the strongest first; `typical` is of all customers."""
    codes, added = group(explanation.contributions, bundle.reasons)
    numbers = [name for name in features.column_names if pa.types.is_floating(features[name].type)]
    rows = [
        {name: np.nan if value is None else value for name, value in row.items()}
        for row in features.select(numbers).to_pylist()
    ]
    known = [figures(row, windows_days) for row in rows]
    return tell(codes, added, known, texts, untrue=[untrue(row, typical) for row in rows])


def typical_customer(features: pa.Table) -> Row:
    """The median of every column that reasons compare; null where nothing is known of it."""
    names = [name for name in COMPARED_COLUMNS if name in features.column_names]
    return {name: float(features[name].to_pandas().median()) for name in names}

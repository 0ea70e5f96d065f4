"""Explanations of a model at an as-of date: global importance, and each customer's reasons."""

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.explain.attribution import Attribution
from holdfast.explain.figures import Statements
from holdfast.explain.peers import PeerGroups
from holdfast.explain.reasons import StatedReason, state_reasons
from holdfast.explain.settings import DEFAULTS, ExplainSettings
from holdfast.explain.texts import Texts
from holdfast.explain.topics import describe_topics
from holdfast.model.bundle import Bundle
from holdfast.model.matrix import Matrix

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Explanation:
    """Exact contributions of some rows.

    Attributes:
        matrix: (rows, columns) the model's input.
        contributions: (rows, columns + 1) log-odds before calibration; the base last.
        margin: (rows,) the sum of the contributions.
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
    bundle: Bundle, explanation: Explanation, features: pa.Table, texts: Texts, peer_groups: PeerGroups,
    settings: ExplainSettings = DEFAULTS,
) -> list[list[StatedReason]]:  # fmt: skip
    """For each row of features up to three reasons, the strongest first."""
    attribution = Attribution(bundle.columns.names, bundle.reasons, peer_groups)
    contributions = attribution.sum_by_reason(explanation.matrix, explanation.contributions)
    statements = Statements(features.column_names, settings=settings)
    rows = [
        {name: np.nan if value is None else value for name, value in row.items()}
        for row in features.select(statements.columns).to_pylist()
    ]
    matrix, names = explanation.matrix, bundle.columns.names
    topics = describe_topics(bundle.text, names, matrix, explanation.contributions)
    return state_reasons(
        attribution.codes, contributions, rows, peer_groups, texts, statements, topics=topics
    )  # fmt: skip

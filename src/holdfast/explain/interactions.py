"""The strongest interaction of two features, by exact SHAP interaction values."""

import warnings

import numpy as np
from numpy.typing import NDArray

from holdfast.model.bundle import Bundle
from holdfast.model.matrix import Matrix

MAX_ROWS = 100
BATCH_ROWS = 20  # rows; each takes columns² numbers
TOP_FEATURES = 10  # the most important, among which pairs are looked for

Floats = NDArray[np.float64]


def strongest_interaction(
    bundle: Bundle, matrix: Matrix, importance: Floats
) -> tuple[int, int, float] | None:
    """The pair of features that interact most, the more important one first, and the size of it.

    The size is the mean absolute interaction value, in log-odds. Only the most important features are
    compared. None: there is no interaction, or the model is linear.

    Source: Lundberg et al. (2020), From local explanations to global understanding with explainable AI for
    trees, Nature Machine Intelligence 2. The logistic regression is linear and has no interactions. Computed
    on an evenly spaced sample of the rows.
    """
    if bundle.logistic_weight == 1 or len(bundle.columns.names) < 2 or not len(matrix):
        return None
    rows = np.linspace(0, len(matrix) - 1, min(len(matrix), MAX_ROWS)).astype(np.intp)
    top = np.argsort(-importance, kind="stable")[:TOP_FEATURES]
    strength = (1 - bundle.logistic_weight) * mean_interactions(bundle, matrix[rows], top)
    pairs = np.triu(strength, k=1)
    first, second = np.unravel_index(int(np.argmax(pairs)), pairs.shape)
    if pairs[first, second] <= 0:
        return None
    return int(top[first]), int(top[second]), float(2 * pairs[first, second])


def mean_interactions(bundle: Bundle, matrix: Matrix, places: NDArray[np.intp]) -> Floats:
    """(columns, columns) mean absolute interaction values; each pair appears twice, with half its value."""
    with warnings.catch_warnings():  # from shap's imports: Matplotlib's colours, progress bars
        warnings.simplefilter("ignore")
        from shap import TreeExplainer  # takes a second to import

    explainers = [TreeExplainer(booster) for booster in bundle.trees.boosters]
    total = np.zeros((len(places), len(places)))
    for start in range(0, len(matrix), BATCH_ROWS):
        part = matrix[start : start + BATCH_ROWS].astype(np.float64)
        values = [trees.shap_interaction_values(part)[:, places][:, :, places] for trees in explainers]
        total += np.abs(np.mean(values, axis=0)).sum(axis=0)
    return np.asarray(total / len(matrix))

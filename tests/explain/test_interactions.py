"""Interactions: exact, found where two features work together, absent where they only add up."""

import lightgbm as lgb
import numpy as np
import pyarrow as pa
import pytest

from holdfast.explain.interactions import mean_interactions, strongest_interaction
from holdfast.model.bundle import Bundle
from holdfast.model.calibration import Calibration
from holdfast.model.logistic import fit_logistic
from holdfast.model.matrix import encode, select_columns
from holdfast.model.trees import Trees

GROWN = {"objective": "binary", "num_leaves": 7, "learning_rate": 0.2, "num_threads": 1, "verbosity": -1}


def bundle_of(together: bool) -> tuple[Bundle, np.ndarray]:
    """A model of four features; the first and the third count only where both are high, or each alone."""
    random = np.random.default_rng(0)
    values = random.random((3000, 3))
    kind = random.choice(["a", "b"], 3000)
    high = values > 0.5
    margin = 3 * (high[:, 0] & high[:, 2]) - 1.5 if together else 1.5 * high[:, 0] + 1.5 * high[:, 2] - 1.5
    churned = (random.random(3000) < 1 / (1 + np.exp(-margin - (kind == "a")))).astype(float)
    table = pa.table({"one": values[:, 0], "two": values[:, 1], "three": values[:, 2], "kind": kind})
    columns = select_columns(table, 8)
    matrix = encode(table, columns)
    rows = lgb.Dataset(matrix, churned, categorical_feature=columns.categorical)
    trees = Trees(tuple(lgb.train({**GROWN, "seed": seed}, rows, 40) for seed in (1, 2)))
    linear = fit_logistic(matrix, churned, columns, 0.1)
    return Bundle(columns, trees, linear, 0.25, Calibration(1, 0), ("A",) * 4), matrix


def test_two_that_work_together_are_found():
    bundle, matrix = bundle_of(together=True)
    found = strongest_interaction(bundle, matrix, np.array([2.0, 0.1, 1.0, 0.5]))
    assert found is not None
    assert found[:2] == (0, 2)
    apart, other = bundle_of(together=False)
    less = strongest_interaction(apart, other, np.array([2.0, 0.1, 1.0, 0.5]))
    assert less is None or less[2] < 0.3 * found[2]


def test_interactions_add_up_to_the_contributions():
    bundle, matrix = bundle_of(together=True)
    one = matrix[:1]
    found = mean_interactions(bundle, one, np.arange(4))  # of one row: sizes
    added = bundle.trees.contributions(one)[0, :-1]
    assert (np.abs(added) <= found.sum(axis=1) + 1e-9).all()
    assert found == pytest.approx(found.T)


def test_a_linear_model_has_none():
    bundle, matrix = bundle_of(together=True)
    linear = Bundle(bundle.columns, bundle.trees, bundle.logistic, 1.0, bundle.calibration, bundle.reasons)
    assert strongest_interaction(linear, matrix, np.ones(4)) is None
    assert strongest_interaction(bundle, matrix[:0], np.ones(4)) is None

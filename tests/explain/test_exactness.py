"""Contributions are Shapley values: held against their definition, worked out subset by subset."""

from collections.abc import Callable
from itertools import combinations
from math import comb
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from numpy.typing import NDArray

from holdfast.model.trees import Trees

Node = dict[str, Any]
Row = NDArray[np.float64]
COLUMNS = 4  # two numbers, one with nulls, one of levels


@pytest.fixture(scope="module")
def matrix() -> NDArray[np.float32]:
    random = np.random.default_rng(3)
    values = random.normal(size=(600, COLUMNS)).astype(np.float32)
    values[random.random(600) < 0.3, 1] = np.nan
    values[:, 3] = random.integers(0, 6, 600)
    return values


@pytest.fixture(scope="module")
def trees(matrix: NDArray[np.float32]) -> Trees:
    margin = matrix[:, 0] * np.isnan(matrix[:, 1]) + matrix[:, 2] + np.isin(matrix[:, 3], [1, 4])
    churned = (margin > 0.5).astype(float)
    data = lgb.Dataset(matrix, churned, categorical_feature=[3])
    params = {
        "objective": "binary",
        "num_leaves": 7,
        "verbosity": -1,
        "num_threads": 1,
        "min_data_per_group": 20,
    }
    return Trees((lgb.train(params, data, 8),))


def went_left(node: Node, row: Row) -> bool:
    """Which way LightGBM sends a row at a split."""
    value = row[node["split_feature"]]
    if node["decision_type"] == "==":
        return not np.isnan(value) and str(int(value)) in node["threshold"].split("||")
    if np.isnan(value):
        return bool(node["default_left"]) if node["missing_type"] == "NaN" else node["threshold"] >= 0
    return bool(value <= node["threshold"])


def expected(node: Node, row: Row, known: frozenset[int]) -> float:
    """What a tree says when only some columns are known: others go both ways, by how many rows did."""
    if "leaf_value" in node:
        return float(node["leaf_value"])
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expected(left if went_left(node, row) else right, row, known)
    weights = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    both = [expected(child, row, known) for child in (left, right)]
    return float(np.average(both, weights=weights))


def shapley(value: Callable[[frozenset[int]], float]) -> Row:
    """Shapley (1953): each column's mean contribution over all orders in which columns become known."""
    found = np.zeros(COLUMNS + 1)
    found[-1] = value(frozenset())
    for column in range(COLUMNS):
        others = [one for one in range(COLUMNS) if one != column]
        for size in range(COLUMNS):
            for subset in combinations(others, size):
                known = frozenset(subset)
                added = value(known | {column}) - value(known)
                found[column] += added / COLUMNS / comb(COLUMNS - 1, size)
    return found


def test_contributions_are_shapley_values(trees: Trees, matrix: NDArray[np.float32]) -> None:
    rows = matrix[:40].astype(np.float64)
    assert np.isnan(rows[:, 1]).any()
    structures = [tree["tree_structure"] for tree in trees.boosters[0].dump_model()["tree_info"]]
    said = np.array(
        [
            shapley(lambda known, row=row: sum(expected(one, row, known) for one in structures))  # type: ignore[misc]
            for row in rows
        ]
    )
    np.testing.assert_allclose(trees.contributions(matrix[:40]), said, atol=1e-5)
    assert (np.abs(said[:, :-1]).mean(axis=0) > 0.01).all()  # every column has a say


def test_contributions_are_those_of_shap(trees: Trees, matrix: NDArray[np.float32]) -> None:
    import shap

    explainer = shap.TreeExplainer(trees.boosters[0])
    np.testing.assert_allclose(
        trees.contributions(matrix[:40])[:, :-1], explainer(matrix[:40]).values, atol=1e-5
    )

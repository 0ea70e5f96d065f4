"""Bags of LightGBM: the same whatever the threads, safe on few rows, exact in what they explain."""

import itertools
import math
import warnings
from functools import partial
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from numpy.typing import NDArray

from holdfast.model.matrix import Columns
from holdfast.model.settings import ModelSettings
from holdfast.model.trees import (
    Trees,
    fit_booster,
    fit_early_stopping,
    lightgbm_params,
    make_dataset,
    make_valid_dataset,
    parallel_map,
)

COLUMNS = Columns(("silence", "plan", 'price, "net" – €', "price; 'net' – €"), {"plan": ("a", "b", "c")})


def rows(count: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    matrix = np.column_stack(
        [
            random.exponential(20, count),
            random.choice([0, 1, 2, np.nan], count),
            random.normal(size=(count, 2)),
        ]
    ).astype(np.float32)
    matrix[random.random(count) < 0.1, 0] = np.nan
    churned = (np.nan_to_num(matrix[:, 0]) + random.normal(0, 10, count) > 20).astype(np.float64)
    churned[:2] = 0, 1
    return matrix, churned


def fitted(count: int, settings: ModelSettings, threads: int = 1, rounds: int = 20) -> Trees:
    return bags_of(*rows(count), COLUMNS, settings, rounds, threads)


def bags_of(
    matrix: NDArray[np.float32],
    churned: NDArray[np.float64],
    columns: Columns,
    settings: ModelSettings,
    rounds: int,
    threads: int,
) -> Trees:
    """Four bags on rows that are binned once."""
    binned = make_dataset(matrix, churned, columns, settings)
    fit = partial(fit_booster, binned, settings, num_boost_round=rounds)
    return Trees(tuple(parallel_map(lambda bag: fit(seed=1 + bag), range(4), threads)))


def texts(trees: Trees) -> list[str]:
    return [booster.model_to_string() for booster in trees.boosters]


@pytest.mark.parametrize("count", [30, 600])  # few rows: leaves smaller than LightGBM's own default
def test_threads_change_nothing(count: int, settings: ModelSettings) -> None:
    assert texts(fitted(count, settings, threads=1)) == texts(fitted(count, settings, threads=4))


@pytest.mark.parametrize(("columns", "fraction"), [(5, 1.0), (40, 0.5), (400, 0.1)])
def test_a_tree_is_given_at_least_twenty_columns(
    columns: int, fraction: float, settings: ModelSettings
) -> None:
    matrix = np.random.default_rng(1).normal(size=(60, columns)).astype(np.float32)
    names = Columns(tuple(f"c{place}" for place in range(columns)), {})
    dataset = make_dataset(matrix, np.arange(60.0) % 2, names, settings)
    params = lightgbm_params(settings.model_copy(update={"feature_fraction": 0.1}), dataset)
    assert params["feature_fraction"] == fraction


def test_bags_differ(settings: ModelSettings) -> None:
    assert len(set(texts(fitted(300, settings)))) == 4


@pytest.mark.parametrize("count", [2, 3, 5, 20, 60])
def test_few_rows_are_no_trouble(count: int, settings: ModelSettings) -> None:
    matrix, _ = rows(count)
    trees = fitted(count, settings.model_copy(update={"min_data_in_leaf": 200}), threads=2)
    assert np.isfinite(trees.logits(matrix)).all()
    np.testing.assert_allclose(trees.contributions(matrix).sum(axis=1), trees.logits(matrix), atol=1e-5)


def test_no_rows_give_no_predictions(settings: ModelSettings) -> None:
    trees, nobody = fitted(100, settings), np.empty((0, 4), np.float32)
    assert trees.logits(nobody).shape == (0,)
    assert trees.contributions(nobody).shape == (0, 5)


def test_contributions_are_those_of_shap(settings: ModelSettings) -> None:
    matrix, churned = rows(600)
    numbers = Columns(("silence", "one", "other"), {})  # shap's own way knows no levels
    trees = bags_of(matrix[:, [0, 2, 3]], churned, numbers, settings, 20, 1)
    few = rows(40, seed=9)[0][:, [0, 2, 3]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shap's own, on import
        shap = pytest.importorskip("shap")
        theirs = [shap.TreeExplainer(booster) for booster in trees.boosters]
    for explainer in theirs:
        explainer.model.model_type = "internal"  # else it asks LightGBM
    by_shap = np.mean(
        [one.shap_values(few.astype(np.float64), check_additivity=False) for one in theirs], axis=0
    )
    np.testing.assert_allclose(trees.contributions(few)[:, :-1], by_shap, atol=1e-5)


def test_contributions_are_shapley_values_by_their_definition(settings: ModelSettings) -> None:
    trees, matrix = fitted(300, settings, rounds=4), rows(15, seed=9)[0]
    by_hand = np.mean([[shapley(booster, row) for row in matrix] for booster in trees.boosters], axis=0)
    np.testing.assert_allclose(trees.contributions(matrix)[:, :-1], by_hand, atol=1e-6)


def shapley(booster: lgb.Booster, row: NDArray[np.float32]) -> list[float]:
    """The weighted mean of what a column changes, over all sets of the other columns."""
    forest = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    columns = set(range(len(row)))

    def value(known: tuple[int, ...]) -> float:
        return sum(expectation(tree, row, known) for tree in forest)

    return [
        sum(
            (value((*others, column)) - value(others))
            * math.factorial(size) * math.factorial(len(row) - size - 1) / math.factorial(len(row))
            for size in range(len(row))
            for others in itertools.combinations(sorted(columns - {column}), size)
        )
        for column in sorted(columns)
    ]  # fmt: skip


def expectation(node: dict[str, Any], row: NDArray[np.float32], known: tuple[int, ...]) -> float:
    """What a tree expects of a row of which only some columns are known: both sides by their size."""
    if "leaf_value" in node:
        return float(node["leaf_value"])
    sides = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expectation(sides[goes_right(node, float(row[node["split_feature"]]))], row, known)
    sizes = [side.get("leaf_count", side.get("internal_count")) for side in sides]
    weighted = [size * expectation(side, row, known) for size, side in zip(sizes, sides, strict=True)]
    return float(sum(weighted) / sum(sizes))


def goes_right(node: dict[str, Any], value: float) -> bool:
    """Where LightGBM sends a value."""
    if node["decision_type"] == "==":
        return math.isnan(value) or str(int(value)) not in node["threshold"].split("||")
    if math.isnan(value):
        if node["missing_type"] == "NaN":
            return not node["default_left"]
        value = 0.0
    return bool(value > node["threshold"])


def test_a_bag_uses_no_column_but_those_it_may(settings: ModelSettings) -> None:
    binned = make_dataset(*rows(600), COLUMNS, settings)
    bare, whole = (
        fit_booster(binned, settings, num_boost_round=20, seed=1, columns=only) for only in ([1, 3], None)
    )
    assert set(np.flatnonzero(bare.feature_importance())) <= {1, 3}
    assert whole.feature_importance()[0] > 0


def test_recipes_share_the_binned_rows_and_do_not_disturb_each_other(settings: ModelSettings) -> None:
    shared = make_dataset(*rows(600), COLUMNS, settings)
    recipes = [
        settings.model_copy(update={"min_data_in_leaf": least, "num_leaves": leaves, "lambda_l2": l2})
        for least, leaves, l2 in ((200, 7, 1.0), (3, 15, 10.0), (50, 3, 0.0))
    ]
    together = parallel_map(
        lambda recipe: fit_booster(shared, recipe, num_boost_round=20, seed=1), recipes, 3
    )
    alone = [
        fit_booster(make_dataset(*rows(600), COLUMNS, one), one, num_boost_round=20, seed=1)
        for one in recipes
    ]
    assert [one.model_to_string() for one in together] == [one.model_to_string() for one in alone]
    assert len(set(texts(Trees(tuple(alone))))) == 3


def test_a_fit_writes_nothing_into_rows_that_others_may_be_reading(
    settings: ModelSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    binned = make_dataset(*rows(300), COLUMNS, settings)
    later = make_valid_dataset(binned, *rows(200, seed=7))
    written: list[Any] = []

    def write(data: lgb.Dataset, names: Any) -> lgb.Dataset:
        written.append(names)
        return data

    monkeypatch.setattr(lgb.Dataset, "set_feature_name", write)
    (booster,) = fit_early_stopping(binned, later, settings, seed=1).boosters
    assert set(written) <= {"auto"}  # which LightGBM takes for "leave them as they are"
    assert booster.feature_name()[0] == "silence_0"


def test_early_stopping_keeps_the_best_round(settings: ModelSettings) -> None:
    binned = make_dataset(*rows(300), COLUMNS, settings)
    (booster,) = fit_early_stopping(
        binned, make_valid_dataset(binned, *rows(200, seed=7)), settings, seed=1
    ).boosters
    assert 1 <= booster.best_iteration <= settings.num_boost_round
    matrix, churned = rows(200, seed=7)

    def loss(rounds: int) -> float:
        margin = np.asarray(booster.predict(matrix, raw_score=True, num_iteration=rounds))
        return float(np.logaddexp(0, np.where(churned == 1, -margin, margin)).mean())

    best = min(range(1, booster.current_iteration() + 1), key=loss)
    assert loss(booster.best_iteration) == pytest.approx(loss(best))


def test_boosters_survive_as_text(settings: ModelSettings) -> None:
    trees, matrix = fitted(200, settings), rows(50, seed=2)[0]
    again = Trees(tuple(lgb.Booster(model_str=text) for text in texts(trees)))
    assert again.logits(matrix).tobytes() == trees.logits(matrix).tobytes()
    assert again.contributions(matrix).tobytes() == trees.contributions(matrix).tobytes()

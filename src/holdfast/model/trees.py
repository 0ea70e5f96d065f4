"""Bags of LightGBM: the same trees on different samples of rows and columns, averaged."""

import dataclasses
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from holdfast.model.matrix import Columns, Matrix
from holdfast.model.settings import ModelSettings

Floats = NDArray[np.float64]
Task = TypeVar("Task")
Done = TypeVar("Done")


@dataclasses.dataclass(frozen=True)
class Trees:
    """Fitted boosters.

    Attributes:
        boosters: one a bag.
    """

    boosters: tuple[lgb.Booster, ...]

    def margin(self, matrix: Matrix) -> Floats:
        """(rows,) log-odds of churn, averaged over the bags, not calibrated."""
        return self.average(lambda booster: booster.predict(matrix, raw_score=True, num_threads=1))

    def contributions(self, matrix: Matrix) -> Floats:
        """(rows, columns + 1): exact TreeSHAP of the margin; the last column is the base."""
        if not len(matrix):  # LightGBM would divide by them
            return np.zeros((0, matrix.shape[1] + 1))
        return self.average(lambda booster: booster.predict(matrix, pred_contrib=True, num_threads=1))

    def average(self, of: Callable[[lgb.Booster], Any]) -> Floats:
        """The mean over the bags."""
        return np.asarray(np.mean(side_by_side(of, self.boosters, None), axis=0), dtype=np.float64)


def side_by_side(work: Callable[[Task], Done], tasks: Iterable[Task], threads: int | None) -> list[Done]:
    """Work on several tasks at once, one thread each.

    LightGBM's own threads wait for each other at every split: two of them on a busy machine take many
    times as long as one. Whole bags beside each other wait for nothing.
    """
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        return list(pool.map(work, tasks))


def fit_trees(
    matrix: Matrix, churned: Floats, columns: Columns, settings: ModelSettings, *,
    rounds: int, bags: int, seed: int, threads: int | None, say: Callable[[str], None] = lambda _: None,
) -> Trees:  # fmt: skip
    """Fit `bags` boosters of `rounds` trees; the columns are binned once for all bags."""
    train = dataset(matrix, churned, columns, settings).construct()

    def fit(bag: int) -> lgb.Booster:
        params = {**parameters(settings, len(churned)), "seed": seed + bag}
        booster = lgb.train(params, train, num_boost_round=rounds)
        say(f"bag {bag + 1} of {bags}: {len(churned):,} rows, {rounds} trees")
        return booster

    return Trees(tuple(side_by_side(fit, range(bags), threads)))


def find_rounds(
    matrix: Matrix, churned: Floats, later: Matrix, later_churned: Floats,
    columns: Columns, settings: ModelSettings, *, seed: int,
) -> Trees:  # fmt: skip
    """Fit one booster, stopped early by log loss on later rows."""
    train = dataset(matrix, churned, columns, settings)
    judge = lgb.Dataset(later, later_churned, reference=train)
    params = {**parameters(settings, len(churned)), "seed": seed}
    stop = lgb.early_stopping(settings.patience, verbose=False)
    booster = lgb.train(params, train, settings.rounds, valid_sets=[judge], callbacks=[stop])
    return Trees((booster,))


def dataset(matrix: Matrix, churned: Floats, columns: Columns, settings: ModelSettings) -> lgb.Dataset:
    """The rows, binned by LightGBM when first trained on.

    They must be given all parameters of the training: LightGBM bins again where one differs, and bags
    that share the rows would do so under each other's hands.
    """
    return lgb.Dataset(
        matrix,
        churned,
        feature_name=[f"{safe_name(name)}_{place}" for place, name in enumerate(columns.names)],
        categorical_feature=columns.categorical,
        params=parameters(settings, len(churned)),
        free_raw_data=False,
    )


def safe_name(name: str) -> str:
    """LightGBM's text format allows no blanks and no JSON marks in names."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def parameters(settings: ModelSettings, rows: int) -> dict[str, object]:
    """LightGBM's own names for our settings, the same for all bags."""
    return {
        "objective": "binary",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": max(1, min(settings.min_rows_a_leaf, rows // 50)),
        "feature_fraction": settings.column_share,
        "bagging_fraction": settings.row_share,
        "bagging_freq": 1,
        "lambda_l2": settings.l2,
        "num_threads": 1,
        "deterministic": True,
        "force_col_wise": True,  # with few columns a tree, rows would be copied for each tree
        "max_bin": settings.bins,
        "verbosity": -1,
    }

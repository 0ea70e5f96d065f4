"""Bags of LightGBM: the same trees on different samples of rows and columns, averaged."""

import dataclasses
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from holdfast.model.matrix import Columns, Matrix
from holdfast.model.settings import ModelSettings

BIN_ROWS = 20_000  # that tell where the steps of a column lie

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


def run_all(tasks: Iterable[Callable[[], Any]], threads: int | None) -> list[Any]:
    """Different tasks beside each other; their results in the order of the tasks."""
    return side_by_side(lambda task: task(), tasks, threads)


def side_by_side(work: Callable[[Task], Done], tasks: Iterable[Task], threads: int | None) -> list[Done]:
    """Work on several tasks at once, one thread each.

    LightGBM's own threads wait for each other at every split: two of them on a busy machine take many
    times as long as one, on a million rows, too. Whole bags beside each other wait for nothing.
    """
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        return list(pool.map(work, tasks))


def fit_bag(
    train: lgb.Dataset, settings: ModelSettings, *, rounds: int, seed: int, only: Sequence[int] | None = None
) -> lgb.Booster:
    """Fit one booster of `rounds` trees.

    Args:
        train: rows from `bin_rows`; all bags share them.
        only: the places of the columns that it may use; None: all. Rows and columns are drawn as without it.
    """
    params = {**parameters(settings, train.num_data()), "seed": seed}
    if only is not None:
        params["interaction_constraints"] = [list(only)]
    return lgb.train(params, train, num_boost_round=rounds)


def find_rounds(train: lgb.Dataset, judge: lgb.Dataset, settings: ModelSettings, *, seed: int) -> Trees:
    """Fit one booster, stopped early by log loss on later rows, binned as `train` was."""
    params = {**parameters(settings, train.num_data()), "seed": seed}
    stop = lgb.early_stopping(settings.patience, verbose=False)
    return Trees((lgb.train(params, train, settings.rounds, valid_sets=[judge], callbacks=[stop]),))


def bin_rows(matrix: Matrix, churned: Floats, columns: Columns, settings: ModelSettings) -> lgb.Dataset:
    """The rows as LightGBM reads them: each column in `settings.bins` steps.

    Nothing else of the settings matters here, so that all bags and all candidates of a search share them.
    """
    data = lgb.Dataset(
        matrix,
        churned,
        feature_name=[f"{safe_name(name)}_{place}" for place, name in enumerate(columns.names)],
        categorical_feature=columns.categorical,
        params=binning(settings),
    ).construct()
    # `lgb.train` writes these names into the rows to judge on, anew for every fit: of fits beside each other
    # that share such rows, one would read what another is writing. LightGBM itself has the names by now.
    data.feature_name = "auto"
    return data


def bin_like(train: lgb.Dataset, matrix: Matrix, churned: Floats) -> lgb.Dataset:
    """Other rows in the steps of those that are fitted on."""
    return lgb.Dataset(
        matrix, churned, reference=train, categorical_feature=train.categorical_feature,
        params=train.get_params(),
    ).construct()  # fmt: skip


def safe_name(name: str) -> str:
    """LightGBM's text format allows no blanks and no JSON marks in names."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def parameters(settings: ModelSettings, rows: int) -> dict[str, object]:
    """LightGBM's own names for our settings, the same for all bags."""
    return binning(settings) | {
        "objective": "binary",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": max(1, min(settings.min_rows_a_leaf, rows // 50)),
        "feature_fraction": settings.column_share,
        "bagging_fraction": settings.row_share,
        "bagging_freq": 1,
        "lambda_l2": settings.l2,
        "deterministic": True,
        "force_col_wise": True,  # with few columns a tree, rows would be copied for each tree
    }


def binning(settings: ModelSettings) -> dict[str, object]:
    """What rows are binned with: a training that differs in any of these would bin them again."""
    return {
        "max_bin": settings.bins,
        "bin_construct_sample_cnt": BIN_ROWS,
        "enable_bundle": False,  # looking for columns to put together costs more than they save
        "is_enable_sparse": False,
        "feature_pre_filter": False,  # would leave out what no leaf of this candidate's size can use
        "num_threads": 1,
        "verbosity": -1,
    }

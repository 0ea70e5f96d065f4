"""A bagging ensemble of LightGBM models, and the datasets that they share."""

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

BIN_SAMPLE = 20_000  # rows from which LightGBM learns the bins of a column
MIN_COLUMNS = 20  # that a tree is given, where there are so many
PARAMETERS = {"learning_rate", "num_leaves", "bagging_fraction", "lambda_l2"}

Floats = NDArray[np.float64]
Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclasses.dataclass(frozen=True)
class Trees:
    """Fitted boosters, one a bag; none: every logit is 0."""

    boosters: tuple[lgb.Booster, ...]

    def logits(self, matrix: Matrix) -> Floats:
        """(rows,) log-odds of churn, averaged over the bags, not calibrated."""
        if not self.boosters:
            return np.zeros(len(matrix))
        return self._average(lambda booster: booster.predict(matrix, raw_score=True, num_threads=1))

    def contributions(self, matrix: Matrix) -> Floats:
        """(rows, columns + 1) exact TreeSHAP values of the logit; last the base value."""
        if not len(matrix) or not self.boosters:  # LightGBM would divide by the number of rows
            return np.zeros((len(matrix), matrix.shape[1] + 1))
        return self._average(lambda booster: booster.predict(matrix, pred_contrib=True, num_threads=1))

    def _average(self, predict: Callable[[lgb.Booster], Any]) -> Floats:
        return np.asarray(np.mean(parallel_map(predict, self.boosters, None), axis=0), dtype=np.float64)


def parallel_map(
    function: Callable[[Task], Result], tasks: Iterable[Task], threads: int | None
) -> list[Result]:
    """Apply a function to several tasks in parallel threads; None: all cores.

    Threads within one LightGBM fit wait for each other at every split: on a busy machine two threads take
    many times as long as one. Parallel fits with one thread each do not wait.
    """
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        return list(pool.map(function, tasks))


def fit_booster(
    dataset: lgb.Dataset, settings: ModelSettings, *, num_boost_round: int, seed: int,
    columns: Sequence[int] | None = None,
) -> lgb.Booster:  # fmt: skip
    """Fit one booster.

    Args:
        dataset: from `make_dataset`; all bags share it.
        columns: positions of the columns that it may use; None: all. The random samples of rows and columns
            do not depend on it.
    """
    params = {**lightgbm_params(settings, dataset), "seed": seed}
    if columns is not None:
        params["interaction_constraints"] = [list(columns)]
    return lgb.train(params, dataset, num_boost_round=num_boost_round)


def fit_early_stopping(
    dataset: lgb.Dataset, valid: lgb.Dataset, settings: ModelSettings, *, seed: int
) -> Trees:
    """Fit one booster with early stopping by the log loss on `valid` (see `make_valid_dataset`)."""
    params = {**lightgbm_params(settings, dataset), "seed": seed}
    stop = lgb.early_stopping(settings.early_stopping_rounds, verbose=False)
    return Trees(
        (lgb.train(params, dataset, settings.num_boost_round, valid_sets=[valid], callbacks=[stop]),)
    )


def make_dataset(matrix: Matrix, churned: Floats, columns: Columns, settings: ModelSettings) -> lgb.Dataset:
    """Rows binned for LightGBM.

    It depends only on the setting `max_bin`, so that all bags and all trials of a search share it.
    """
    names = [f"{safe_name(name)}_{position}" for position, name in enumerate(columns.names)]
    dataset = lgb.Dataset(
        matrix, churned, feature_name=names, categorical_feature=columns.categorical,
        params=dataset_params(settings),
    ).construct()  # fmt: skip
    # In every fit `lgb.train` would write these names into the shared validation dataset while parallel fits
    # read it. LightGBM's own dataset already has the names.
    dataset.feature_name = "auto"
    return dataset


def make_valid_dataset(dataset: lgb.Dataset, matrix: Matrix, churned: Floats) -> lgb.Dataset:
    """Other rows in the bins of the training dataset."""
    return lgb.Dataset(
        matrix, churned, reference=dataset, categorical_feature=dataset.categorical_feature,
        params=dataset.get_params(),
    ).construct()  # fmt: skip


def safe_name(name: str) -> str:
    """A name without blanks and JSON characters, which LightGBM's text format does not allow."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def lightgbm_params(settings: ModelSettings, dataset: lgb.Dataset) -> dict[str, object]:
    """LightGBM's parameters, the same for all bags; `dataset` gives the numbers of rows and columns."""
    rows = dataset.num_data()
    return (
        dataset_params(settings)
        | settings.model_dump(include=PARAMETERS)
        | {
            "objective": "binary",
            "feature_fraction": min(1.0, max(settings.feature_fraction, MIN_COLUMNS / dataset.num_feature())),
            "min_data_in_leaf": max(1, min(settings.min_data_in_leaf, rows // 50)),
            "bagging_freq": 1,
            "deterministic": True,
            "force_col_wise": True,  # row-wise, LightGBM would copy the sampled rows for each tree
        }
    )


def dataset_params(settings: ModelSettings) -> dict[str, object]:
    """Parameters of the dataset: a fit with other values would bin the rows again."""
    return {
        "max_bin": settings.max_bin,
        "bin_construct_sample_cnt": BIN_SAMPLE,
        "enable_bundle": False,  # searching for columns to bundle costs more than it saves
        "is_enable_sparse": False,
        "feature_pre_filter": False,  # would drop columns that cannot be split with this min_data_in_leaf
        "num_threads": 1,
        "verbosity": -1,
    }

"""Cross-validation: the number of boosting rounds, and out-of-fold logits for the calibration."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss

from holdfast.model.calibration import fit_calibration
from holdfast.model.logistic import fit_logistic_models
from holdfast.model.matrix import Matrix
from holdfast.model.settings import ModelSettings
from holdfast.model.splits import Split
from holdfast.model.trainer import Logits, Trainer, concatenate
from holdfast.model.trees import fit_early_stopping, make_valid_dataset

MIN_BOOST_ROUNDS = 10

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class FoldData:
    """A fold, prepared once and shared by settings that differ only in the trees and `logistic_C`.

    Attributes:
        dataset, valid_dataset: training and validation rows, binned for LightGBM.
        valid: (validation rows, columns)
        churned: (validation rows,) labels.
        logistic: for each value of `logistic_C`, (validation rows,) logits of the logistic regression.
    """

    dataset: lgb.Dataset
    valid_dataset: lgb.Dataset
    valid: Matrix
    churned: Floats
    logistic: Mapping[float, Floats]


@dataclasses.dataclass(frozen=True)
class FoldResult:
    """One fold's best number of boosting rounds, and its logits on the validation rows."""

    best_iteration: int
    logits: Logits


@dataclasses.dataclass(frozen=True)
class CVResult:
    """The outcome of the cross-validation.

    Attributes:
        num_boost_round: trees a bag.
        logistic_weight: weight of the logistic regression in the blend.
        logits: out-of-fold logits, fold after fold; the calibration is fitted on them.
    """

    num_boost_round: int
    logistic_weight: float
    logits: Logits

    def probability(self) -> Floats:
        """(validation rows of all folds,) calibrated out-of-fold probabilities."""
        return calibrated_probability(self.logits, self.logistic_weight)


def prepare_fold(trainer: Trainer, split: Split, penalties: Iterable[float]) -> FoldData:
    """Prepare a fold's rows, and fit a logistic regression for each value of `logistic_C`."""
    data = trainer.prepare(split.train)
    valid, churned = data.encode(trainer.take(split.valid), not_contacted=False)
    share = trainer.settings.rfm_share
    models = fit_logistic_models(data.matrix, data.churned, data.columns, penalties, share)
    logistic = {penalty: model.logits(valid) for penalty, model in models.items()}
    return FoldData(data.dataset, make_valid_dataset(data.dataset, valid, churned), valid, churned, logistic)


def fit_fold(fold: FoldData, settings: ModelSettings, seed: int) -> FoldResult:
    """Fit one bag of trees on a fold, with early stopping on its validation rows."""
    trees = fit_early_stopping(fold.dataset, fold.valid_dataset, settings, seed=seed)
    logits = Logits(trees.logits(fold.valid), fold.logistic[settings.logistic_C], fold.churned)
    return FoldResult(trees.boosters[0].best_iteration, logits)


def summarize_folds(results: Sequence[FoldResult], settings: ModelSettings) -> CVResult:
    """The mean number of boosting rounds, and the logits of all folds."""
    if not results:  # too few customers for folds: few trees, and no calibration
        empty = Logits(np.empty(0), np.empty(0), np.empty(0))
        return CVResult(MIN_BOOST_ROUNDS, settings.logistic_weight, empty)
    rounds = round(float(np.mean([result.best_iteration for result in results])))
    logits = concatenate([result.logits for result in results])
    return CVResult(max(MIN_BOOST_ROUNDS, rounds), settings.logistic_weight, logits)


def calibrated_probability(logits: Logits, logistic_weight: float) -> Floats:
    """(rows,) probabilities of the blend, calibrated on the same rows."""
    blended = logits.blend(logistic_weight)
    return fit_calibration(blended, logits.churned).apply(blended)


def calibrated_log_loss(logits: Logits, logistic_weight: float) -> float:
    """Log loss of the calibrated blend."""
    return float(log_loss(logits.churned, calibrated_probability(logits, logistic_weight), labels=[0, 1]))

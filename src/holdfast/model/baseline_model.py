"""A simple baseline as a model like any other: the same bundle, with a logistic regression and no trees."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import logit

from holdfast.model.baselines import choose_columns
from holdfast.model.bundle import Bundle
from holdfast.model.calibration import Calibration, fit_calibration, match_base_rate
from holdfast.model.cross_validation import CVResult
from holdfast.model.logistic import WEAK_PENALTY, LogisticModel, fit_logistic
from holdfast.model.matrix import Columns, encode
from holdfast.model.splits import Splits
from holdfast.model.trainer import Logits
from holdfast.model.training import TrainingResult
from holdfast.model.trees import Trees

LOGISTIC = "logistic"  # the logistic regression on all columns, which is part of every training

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


def train_baseline(
    name: str, features: pa.Table, splits: Splits, trained: TrainingResult, reasons: Mapping[str, str]
) -> TrainingResult | None:
    """A training whose model is a baseline; None: it is none that a bundle can hold.

    Args:
        name: of a baseline of the test: `logistic`, or one of `baselines.FEATURES`.
        trained: the training that the baseline was compared with; its logistic regression is `logistic`.
        reasons: the reason code of every feature.
    """
    if name == LOGISTIC:
        return train_logistic(features, splits, trained)
    columns = choose_columns(name, features.take(pa.array(splits.test.train)), trained.settings)
    if columns is None:
        return None
    out_of_fold = [predict(features, fold.train, fold.valid, columns) for fold in splits.folds]
    churned = [label(features, fold.valid) for fold in splits.folds]
    nothing = np.empty(0)  # of a training without folds
    cv = without_trees(
        trained.cv, np.concatenate([nothing, *out_of_fold]), np.concatenate([nothing, *churned])
    )
    test = fit(features, splits.test.train, columns)
    calibration = calibrate(
        cv, logits_of(test, features, splits.test.train, columns), features, splits.test.train
    )
    probability = calibration.apply(logits_of(test, features, splits.test.valid, columns))
    model = fit(features, splits.refit, columns)
    calibration = calibrate(cv, logits_of(model, features, splits.refit, columns), features, splits.refit)
    codes = tuple(reasons[column] for column in columns.names)
    bundle = Bundle(columns, Trees(()), model, 1.0, calibration, codes)
    return dataclasses.replace(
        trained, bundle=bundle, cv=cv, test_probability=probability, text_ablation=None, texts=None
    )


def train_logistic(features: pa.Table, splits: Splits, trained: TrainingResult) -> TrainingResult:
    """The logistic regression of a training, without its trees."""
    cv = without_trees(trained.cv, trained.cv.logits.logistic, trained.cv.logits.churned)
    bundle = dataclasses.replace(trained.bundle, trees=Trees(()), logistic_weight=1.0)
    rows = trained.with_texts(features.take(pa.array(splits.refit)))
    calibration = calibrate(cv, bundle.logits(bundle.matrix(rows)), features, splits.refit)
    logits = logit(np.clip(trained.test_logistic, 1e-12, 1 - 1e-12))
    return dataclasses.replace(
        trained,
        bundle=dataclasses.replace(bundle, calibration=calibration),
        cv=cv,
        test_probability=held_out_calibration(cv).apply(logits),
    )


def without_trees(cv: CVResult, logits: Floats, churned: Floats) -> CVResult:
    """The cross-validation of a logistic regression alone."""
    parts = Logits(np.zeros(len(logits)), logits, churned)
    return dataclasses.replace(cv, num_boost_round=0, logistic_weight=1.0, logits=parts)


def held_out_calibration(cv: CVResult) -> Calibration:
    """The calibration on out-of-fold logits; without folds the probabilities are used as they are."""
    return fit_calibration(cv.logits.logistic, cv.logits.churned)


def calibrate(cv: CVResult, logits: Floats, features: pa.Table, rows: Rows) -> Calibration:
    """The slope from out-of-fold logits, the offset from the rows that the model was fitted on."""
    return match_base_rate(held_out_calibration(cv), logits, label(features, rows))


def fit(features: pa.Table, rows: Rows, columns: Columns) -> LogisticModel:
    """A logistic regression on some rows and columns."""
    table = features.take(pa.array(rows))
    return fit_logistic(encode(table, columns), table["churned"].to_numpy(), columns, WEAK_PENALTY)


def logits_of(model: LogisticModel, features: pa.Table, rows: Rows, columns: Columns) -> Floats:
    """(rows,) logits of a model on some rows."""
    return model.logits(encode(features.take(pa.array(rows)), columns))


def predict(features: pa.Table, train: Rows, valid: Rows, columns: Columns) -> Floats:
    """(validation rows,) logits of a logistic regression fitted on the training rows."""
    return logits_of(fit(features, train, columns), features, valid, columns)


def label(features: pa.Table, rows: Rows) -> Floats:
    """(rows,) whether the customer churned."""
    return np.asarray(features["churned"].take(pa.array(rows)).to_numpy(), np.float64)

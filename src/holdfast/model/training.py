"""Training: cross-validate, evaluate once on the test, then refit on all mature snapshots."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from holdfast.model.bundle import Bundle
from holdfast.model.calibration import fit_calibration, match_base_rate
from holdfast.model.cross_validation import (
    CVResult,
    FoldData,
    FoldResult,
    fit_fold,
    prepare_fold,
    summarize_folds,
)
from holdfast.model.matrix import CONTACT_FLAG, FLAG_REASON, Matrix
from holdfast.model.search_space import penalties_of
from holdfast.model.settings import ModelSettings
from holdfast.model.splits import Split, Splits
from holdfast.model.trainer import FittedModels, Trainer, TrainingData, add_text_features, concatenate
from holdfast.model.trees import Trees, parallel_map
from holdfast.model.tuning import Tuner, TuningResult, tune
from holdfast.text.model import Corpus, ScoredTexts

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class TrainingResult:
    """The outcome of a training.

    Attributes:
        bundle: the model in use, refitted on all labelled rows; its slope is calibrated on folds and test.
        settings: the given settings, or better ones from tuning.
        cv: the outcome of the cross-validation.
        test_probability: (test rows,) probabilities of the fit on the training rows.
        test_logistic: (test rows,) probabilities of its logistic regression alone: a baseline.
        text_ablation: (test rows,) probabilities of one bag of trees with text features and of the same bag
            without; None: the model has no text features.
        tuning: the hyperparameter search; None: there was none.
        texts: all texts, scored by the bundle's text model; None: the model has no text features.
    """

    bundle: Bundle
    settings: ModelSettings
    cv: CVResult
    test_probability: Floats
    test_logistic: Floats
    text_ablation: tuple[Floats, Floats] | None = None
    tuning: TuningResult | None = None
    texts: ScoredTexts | None = None

    def with_texts(self, rows: pa.Table) -> pa.Table:
        """Add the bundle's text features to rows of the training."""
        return add_text_features(rows, self.texts)


def train_model(
    features: pa.Table, splits: Splits, settings: ModelSettings, reasons: Mapping[str, str], *,
    seed: int, threads: int | None, progress: Callable[[str], None], corpus: Corpus | None = None,
    tuner: Tuner | None = None,
) -> TrainingResult:  # fmt: skip
    """Train on a features table of labelled rows.

    Args:
        features: customer_id, as_of, churned (never null) and the features.
        splits: which rows train, validate and test.
        reasons: the reason code of every feature.
        progress: called with a message at each step.
        corpus: the customers' texts; not used where `settings.text` is off.
        tuner: the hyperparameter search; None: use the given settings.
    """
    trainer = Trainer(features, settings, seed, threads, progress, corpus if settings.text else None)
    results, data, tuning = cross_validate(trainer, splits, tuner)
    trainer = trainer if tuning is None else dataclasses.replace(trainer, settings=tuning.chosen.settings)
    cv = summarize_folds(results, settings)
    progress(
        f"testing with {cv.num_boost_round} trees × {settings.n_bags}, logistic weight {cv.logistic_weight:g}"
    )
    models = trainer.fit(data, cv.num_boost_round, ablation=True)
    calibration = trainer.calibrate(models, data, cv.logistic_weight, cv.logits)
    matrix, churned = data.encode(trainer.take(splits.test.valid))
    logits = models.logits(matrix, churned)
    probability, logistic = calibration.apply(logits.blend(cv.logistic_weight)), expit(logits.logistic)
    ablation = None if models.ablation is None else ablate_texts(models, data, matrix, cv, seed)
    if CONTACT_FLAG in data.columns.names:  # the labels include the effect of contacts
        logits = models.logits(*data.encode(trainer.take(splits.test.valid), not_contacted=False))
    del data, matrix  # they take as much memory as the refit
    progress("refitting on all mature snapshots")
    data = trainer.prepare(splits.refit)
    models = trainer.fit(data, cv.num_boost_round)
    calibration = trainer.calibrate(models, data, cv.logistic_weight, concatenate([cv.logits, logits]))
    text = None if data.texts is None else data.texts.model
    codes = {CONTACT_FLAG: FLAG_REASON, **reasons, **({} if text is None else text.reasons)}
    bundle = Bundle(
        data.columns, models.trees, models.logistic, cv.logistic_weight, calibration,
        tuple(codes[name] for name in data.columns.names), text,
    )  # fmt: skip
    return TrainingResult(bundle, trainer.settings, cv, probability, logistic, ablation, tuning, data.texts)


def predict_with_settings(
    features: pa.Table, splits: Splits, settings: ModelSettings, *, seed: int, threads: int | None,
    corpus: Corpus | None = None,
) -> Floats:  # fmt: skip
    """(test rows,) the probabilities of a model with other settings, fitted on the same rows."""
    trainer = Trainer(features, settings, seed, threads, lambda _: None, corpus if settings.text else None)
    results, data, _ = cross_validate(trainer, splits, None)
    cv = summarize_folds(results, settings)
    models = trainer.fit(data, cv.num_boost_round)
    calibration = trainer.calibrate(models, data, cv.logistic_weight, cv.logits)
    logits = models.logits(*data.encode(trainer.take(splits.test.valid)))
    return calibration.apply(logits.blend(cv.logistic_weight))


def cross_validate(
    trainer: Trainer, splits: Splits, tuner: Tuner | None
) -> tuple[Sequence[FoldResult], TrainingData, TuningResult | None]:
    """Fit each fold, with the given settings or better ones from tuning.

    The training rows of the test are prepared in parallel, so that no thread idles.
    """
    sizes = ", ".join(f"{len(fold.train):,} → {len(fold.valid):,}" for fold in splits.folds)
    trainer.progress(f"{len(splits.folds)} folds (training → validation rows): {sizes}")
    settings, seed = trainer.settings, trainer.seed
    penalties = (settings.logistic_C,) if tuner is None else penalties_of(settings, tuner.settings.space)

    def prepare(split: Split) -> FoldData | FoldResult:
        fold = prepare_fold(trainer, split, penalties)
        return fit_fold(fold, settings, seed) if tuner is None else fold

    tasks: list[Callable[[], Any]] = [partial(prepare, split) for split in reversed(splits.folds)]
    tasks.append(partial(trainer.prepare, splits.test.train))
    *folds, data = parallel_map(lambda task: task(), tasks, trainer.threads)
    folds.reverse()
    if tuner is None or not folds:
        return tuple(folds), data, None
    customers = trainer.take(np.concatenate([fold.valid for fold in splits.folds]))["customer_id"]
    tuning = tune(
        tuner, settings, lambda trial, fold: fit_fold(folds[fold], trial, seed), len(folds),
        customers.to_numpy(), seed=seed, threads=trainer.threads,
    )  # fmt: skip
    return tuning.chosen.results, data, tuning


def ablate_texts(
    models: FittedModels, data: TrainingData, test: Matrix, cv: CVResult, seed: int
) -> tuple[Floats, Floats]:
    """(test rows,) probabilities of one bag of trees, and of the same bag without text features."""
    calibration = fit_calibration(cv.logits.trees, cv.logits.churned)
    sample, churned = data.sample(seed)

    def predict(trees: Trees) -> Floats:
        return match_base_rate(calibration, trees.logits(sample), churned).apply(trees.logits(test))

    assert models.ablation is not None
    return predict(Trees(models.trees.boosters[:1])), predict(models.ablation)

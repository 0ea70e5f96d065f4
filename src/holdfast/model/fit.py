"""Fitting: folds decide, the test is opened once, then everything mature is used."""

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from holdfast.model.bundle import Bundle
from holdfast.model.calibration import Calibration, anchor, fit_calibration
from holdfast.model.division import Division, Trial
from holdfast.model.fitter import Fit, Fitter, Prepared, level_rows, pool, with_texts
from holdfast.model.folds import Choice, Fold, FoldFit, choose, fit_fold, prepare_fold
from holdfast.model.matrix import FLAG, Matrix
from holdfast.model.proposals import strengths
from holdfast.model.settings import ModelSettings
from holdfast.model.trees import Trees, run_all
from holdfast.model.tuning import Tuned, Tuner, tune
from holdfast.text.learned import Corpus, Judged

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Trained:
    """The outcome of a training.

    Attributes:
        bundle: refitted on all labelled rows; its slope is calibrated on folds and test.
        settings: those given, or better ones that were found.
        choice: what the folds decided.
        test_probability: (test rows,) of the fit that had seen nothing of the test.
        test_linear: (test rows,) of its logistic regression alone: a baseline.
        worth: what the texts are worth on the test; None: there are none, or the model reads none.
        tuned: the search for better settings; None: there was none.
        judged: all texts of the training, by what the bundle learned of them; None: it reads none.
    """

    bundle: Bundle
    settings: ModelSettings
    choice: Choice
    test_probability: Floats
    test_linear: Floats
    worth: "TextWorth | None" = None
    tuned: Tuned | None = None
    judged: Judged | None = None

    def with_texts(self, rows: pa.Table) -> pa.Table:
        """Rows of the training with what the bundle makes of their customers' texts."""
        return with_texts(rows, self.judged)


@dataclasses.dataclass(frozen=True)
class TextWorth:
    """The test predicted with and without texts, by one bag of trees each: same recipe, seed and rows.

    Attributes:
        with_text, without: (test rows,) churn probabilities.
    """

    with_text: Floats
    without: Floats


def train_model(
    features: pa.Table,
    division: Division,
    settings: ModelSettings,
    reasons: Mapping[str, str],
    *,
    seed: int,
    threads: int | None,
    say: Callable[[str], None],
    corpus: Corpus | None = None,
    tuner: Tuner | None = None,
) -> Trained:
    """Train on a features table of labelled rows.

    Args:
        features: customer_id, as_of, churned (never null) and the features.
        division: which rows are for what.
        reasons: the reason code of every feature.
        say: told what is being done.
        corpus: the customers' texts; not read with `settings.text` off.
        tuner: how to search for better settings; None: take them as they are.
    """
    fitter = Fitter(features, settings, seed, threads, say, corpus if settings.text else None)
    fits, prepared, tuned = fit_folds(fitter, division, tuner)
    fitter = fitter if tuned is None else dataclasses.replace(fitter, settings=tuned.settings)
    choice = choose(fits, settings)
    say(f"testing with {choice.rounds} trees × {settings.bags}, linear share {choice.linear_share:g}")
    kept = prepared.without_texts() if prepared.judged else []
    early, bare = fitter.fit_beside(prepared, choice.rounds, kept or None)
    later, churned = prepared.encode(fitter.take(division.test.judge))
    margins = early.margins(later, churned)
    worth = None if bare is None else weigh_texts(early, bare, prepared, later, choice, seed)
    calibration = fitter.calibrate(early, prepared, choice.linear_share, choice.margins)
    probability, linear = calibration.apply(margins.mixed(choice.linear_share)), expit(margins.linear)
    if FLAG in prepared.columns.names:  # the slope is that of what really happened, contacts included
        margins = early.margins(*prepared.encode(fitter.take(division.test.judge), alone=False))
    del prepared  # it takes as much room as the one to come
    say("refitting on all mature snapshots")
    everything = fitter.prepare(division.refit)
    final = fitter.fit(everything, choice.rounds)
    calibration = fitter.calibrate(final, everything, choice.linear_share, pool([choice.margins, margins]))
    bundle = pack(final, everything, choice, calibration, reasons)
    return Trained(bundle, fitter.settings, choice, probability, linear, worth, tuned, everything.judged)


def fit_folds(
    fitter: Fitter, division: Division, tuner: Tuner | None
) -> tuple[tuple[FoldFit, ...], Prepared, Tuned | None]:
    """The settings' fits on the folds (better settings', where a search finds some), and the test's rows.

    The rows that the test is fitted on are made ready beside the folds, where a thread would idle.
    """
    sizes = ", ".join(f"{len(trial.train):,} → {len(trial.judge):,}" for trial in division.folds)
    fitter.say(f"{len(division.folds)} folds (rows fitted on → judged on): {sizes}")
    settings, seed = fitter.settings, fitter.seed
    wanted = (settings.linear_strength,) if tuner is None else strengths(settings, tuner.settings.space)

    def work(trial: Trial) -> Fold | FoldFit:
        fold = prepare_fold(fitter, trial, wanted)
        return fit_fold(fold, settings, seed) if tuner is None else fold

    works = [partial(work, trial) for trial in division.folds[::-1]]  # the longest first
    *found, prepared = run_all([*works, partial(fitter.prepare, division.test.train)], fitter.threads)
    found.reverse()
    if tuner is None or not found:
        return tuple(found), prepared, None
    customers = fitter.take(np.concatenate([trial.judge for trial in division.folds]))["customer_id"]
    tuned = tune(
        tuner, settings, lambda recipe, fold: fit_fold(found[fold], recipe, seed), len(found),
        customers.to_numpy(), seed=seed, threads=fitter.threads,
    )  # fmt: skip
    return tuned.fits, prepared, tuned


def pack(
    fit: Fit, rows: Prepared, choice: Choice, calibration: Calibration, reasons: Mapping[str, str]
) -> Bundle:
    """The model as it is kept."""
    text = None if rows.judged is None else rows.judged.model
    codes = {**reasons, **({} if text is None else text.reasons)}
    return Bundle(
        rows.columns,
        fit.trees,
        fit.linear,
        choice.linear_share,
        calibration,
        tuple(codes[name] for name in rows.columns.names),
        text,
    )


def weigh_texts(
    early: Fit, bare: Trees, prepared: Prepared, later: Matrix, choice: Choice, seed: int
) -> TextWorth:
    """What the texts are worth: one bag with them and one that may not use their columns."""
    spread = fit_calibration(choice.margins.trees, choice.margins.churned)
    level, churned = level_rows(prepared, seed)

    def predict(trees: Trees) -> Floats:
        return anchor(spread, trees.margin(level), churned).apply(trees.margin(later))

    return TextWorth(predict(Trees(early.trees.boosters[:1])), predict(bare))


def predict_by_recipe(
    features: pa.Table, division: Division, settings: ModelSettings, *, seed: int, threads: int | None,
    corpus: Corpus | None = None,
) -> Floats:  # fmt: skip
    """(test rows,) the probabilities of another recipe, fitted on the same rows in the same way."""
    fitter = Fitter(features, settings, seed, threads, lambda _: None, corpus if settings.text else None)
    fits, prepared, _ = fit_folds(fitter, division, None)
    choice = choose(fits, settings)
    fit = fitter.fit(prepared, choice.rounds)
    calibration = fitter.calibrate(fit, prepared, choice.linear_share, choice.margins)
    margins = fit.margins(*prepared.encode(fitter.take(division.test.judge)))
    return calibration.apply(margins.mixed(choice.linear_share))

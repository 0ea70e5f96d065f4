"""Fitting: folds decide, the test is opened once, then everything mature is used."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.metrics import log_loss

from holdfast.model.bundle import Bundle
from holdfast.model.calibration import anchor, fit_calibration
from holdfast.model.division import Division, Trial
from holdfast.model.fitter import Fit, Fitter, Margins, Prepared, pool
from holdfast.model.settings import ModelSettings
from holdfast.model.trees import Trees, side_by_side
from holdfast.text.learned import Corpus

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
LEAST_ROUNDS = 10
LEVEL_ROWS = 20_000  # fitted rows that set the level of what is only compared

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Choice:
    """What the folds decided.

    Attributes:
        rounds: trees a bag.
        linear_share: the logistic regression's share of the margin.
        log_loss_by_share: what the choice of the share went by.
        margins: the folds' judged rows, pooled; calibration is fitted on them.
    """

    rounds: int
    linear_share: float
    log_loss_by_share: Mapping[float, float]
    margins: Margins


@dataclasses.dataclass(frozen=True)
class Trained:
    """The outcome of a training.

    Attributes:
        bundle: refitted on all labelled rows; its slope is calibrated on folds and test.
        choice: what the folds decided.
        test_probability: (test rows,) of the fit that had seen nothing of the test.
        test_linear: (test rows,) of its logistic regression alone: a baseline.
        worth: what the texts are worth on the test; None: there are none, or the model reads none.
    """

    bundle: Bundle
    choice: Choice
    test_probability: Floats
    test_linear: Floats
    worth: "TextWorth | None" = None


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
) -> Trained:
    """Train on a features table of labelled rows.

    Args:
        features: customer_id, as_of, churned (never null) and the features.
        division: which rows are for what.
        reasons: the reason code of every feature.
        say: told what is being done.
        corpus: the customers' texts; not read with `settings.text` off.
    """
    fitter = Fitter(features, settings, seed, threads, say, corpus if settings.text else None)
    choice = choose(fitter, division, say)
    say(f"testing with {choice.rounds} trees × {settings.bags}, linear share {choice.linear_share:g}")
    prepared = fitter.prepare(division.test.train)
    early = fitter.fit(prepared, choice.rounds)
    margins = early.margins(division.test.judge)
    worth = weigh_texts(fitter, prepared, early, division.test, choice)
    del prepared  # it takes as much room as the one to come
    calibration = fitter.calibrate(early, division.test.train, choice.linear_share, choice.margins)
    probability = calibration.apply(margins.mixed(choice.linear_share))
    say("refitting on all mature snapshots")
    everything = np.arange(features.num_rows)
    final = fitter.fit(fitter.prepare(everything), choice.rounds)
    calibration = fitter.calibrate(final, everything, choice.linear_share, pool([choice.margins, margins]))
    text = None if final.judged is None else final.judged.model
    codes = {**reasons, **({} if text is None else text.reasons)}
    bundle = Bundle(
        final.columns,
        final.trees,
        final.linear,
        choice.linear_share,
        calibration,
        tuple(codes[name] for name in final.columns.names),
        text,
    )
    return Trained(bundle, choice, probability, expit(margins.linear), worth)


def weigh_texts(
    fitter: Fitter, prepared: Prepared, early: Fit, test: Trial, choice: Choice
) -> TextWorth | None:
    """What the texts are worth: one bag of trees again without their columns, in the cheapest fair way."""
    kept = prepared.without_texts()
    if early.judged is None or not kept:
        return None
    fitter.say("testing without texts, one bag")
    later, _ = early.encode(test.judge)
    spread = fit_calibration(choice.margins.trees, choice.margins.churned)
    sample = slice(None, None, -(-len(prepared.churned) // LEVEL_ROWS))  # every so many rows

    def predict(trees: Trees, columns: list[int]) -> Floats:
        level = trees.margin(prepared.matrix[sample, columns])
        calibration = anchor(spread, level, prepared.churned[sample])
        return calibration.apply(trees.margin(later[:, columns]))

    bare = fitter.fit_trees(prepared.only(kept), choice.rounds, bags=1)
    everything = list(range(len(prepared.columns.names)))
    return TextWorth(predict(Trees(early.trees.boosters[:1]), everything), predict(bare, kept))


def predict_by_recipe(
    features: pa.Table, division: Division, settings: ModelSettings, *, seed: int, threads: int | None,
    corpus: Corpus | None = None,
) -> Floats:  # fmt: skip
    """(test rows,) the probabilities of another recipe, fitted on the same rows in the same way."""
    fitter = Fitter(features, settings, seed, threads, lambda _: None, corpus if settings.text else None)
    choice = choose(fitter, division, lambda _: None)
    fit = fitter.fit(fitter.prepare(division.test.train), choice.rounds)
    calibration = fitter.calibrate(fit, division.test.train, choice.linear_share, choice.margins)
    return calibration.apply(fit.margins(division.test.judge).mixed(choice.linear_share))


def choose(fitter: Fitter, division: Division, say: Callable[[str], None]) -> Choice:
    """Let the folds decide the number of trees and the linear share."""
    sizes = ", ".join(f"{len(trial.train):,} → {len(trial.judge):,}" for trial in division.folds)
    say(f"{len(division.folds)} folds (rows fitted on → judged on): {sizes}")

    def work(trial: Trial) -> tuple[int, Margins]:
        fit = fitter.fit_stopped(trial)
        return fit.trees.boosters[0].best_iteration, fit.margins(trial.judge)

    found = side_by_side(work, division.folds, fitter.threads)
    rounds, parts = [one for one, _ in found], [margins for _, margins in found]
    fixed = fitter.settings.linear_share
    if not parts:  # too few customers for folds: small trees, and no calibration beyond the fit's own
        nothing = Margins(np.empty(0), np.empty(0), np.empty(0))
        return Choice(LEAST_ROUNDS, 0.5 if fixed is None else fixed, {}, nothing)
    margins = pool(parts)
    losses = {share: loss(margins, share) for share in SHARES}
    share = min(losses, key=lambda one: losses[one]) if fixed is None else fixed
    return Choice(max(LEAST_ROUNDS, round(float(np.mean(rounds)))), share, losses, margins)


def loss(margins: Margins, linear_share: float) -> float:
    """Log loss of the calibrated mix."""
    mixed = margins.mixed(linear_share)
    return float(
        log_loss(margins.churned, fit_calibration(mixed, margins.churned).apply(mixed), labels=[0, 1])
    )

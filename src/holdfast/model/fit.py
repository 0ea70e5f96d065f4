"""Fitting: folds decide, the test is opened once, then everything mature is used."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.metrics import log_loss

from holdfast.errors import DataRefused
from holdfast.model.bundle import Bundle, mix
from holdfast.model.calibration import Calibration, anchor, fit_calibration
from holdfast.model.division import Division, Trial
from holdfast.model.linear import Linear, fit_linear
from holdfast.model.matrix import Columns, Matrix, encode, learn_columns
from holdfast.model.settings import ModelSettings
from holdfast.model.trees import Trees, find_rounds, fit_trees, side_by_side

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
LEAST_ROUNDS = 10
ANCHOR_ROWS = 50_000

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Margins:
    """Margins of rows later than (or of other customers than) those of their fit."""

    trees: Floats
    linear: Floats
    churned: Floats

    def mixed(self, linear_share: float) -> Floats:
        """(rows,) both parts together."""
        return mix(self.trees, self.linear, linear_share)


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
    """

    bundle: Bundle
    choice: Choice
    test_probability: Floats
    test_linear: Floats


def train_model(
    features: pa.Table,
    division: Division,
    settings: ModelSettings,
    reasons: Mapping[str, str],
    *,
    seed: int,
    threads: int | None,
    say: Callable[[str], None],
) -> Trained:
    """Train on a features table of labelled rows.

    Args:
        features: customer_id, as_of, churned (never null) and the features.
        division: which rows are for what.
        reasons: the reason code of every feature.
        say: told what is being done.
    """
    fitter = Fitter(features, settings, seed, threads, say)
    choice = choose(fitter, division, say)
    say(f"testing with {choice.rounds} trees × {settings.bags}, linear share {choice.linear_share:g}")
    early = fitter.fit(division.test.train, choice)
    margins = early.margins(division.test.judge)
    calibration = fitter.calibrate(early, division.test.train, choice, choice.margins)
    probability = calibration.apply(margins.mixed(choice.linear_share))
    say("refitting on all mature snapshots")
    everything = np.arange(features.num_rows)
    final = fitter.fit(everything, choice)
    calibration = fitter.calibrate(final, everything, choice, pool([choice.margins, margins]))
    bundle = Bundle(
        final.columns,
        final.trees,
        final.linear,
        choice.linear_share,
        calibration,
        tuple(reasons[name] for name in final.columns.names),
    )
    return Trained(bundle, choice, probability, expit(margins.linear))


def predict_by_recipe(
    features: pa.Table, division: Division, settings: ModelSettings, *, seed: int, threads: int | None
) -> Floats:
    """(test rows,) the probabilities of another recipe, fitted on the same rows in the same way."""
    fitter = Fitter(features, settings, seed, threads, lambda _: None)
    choice = choose(fitter, division, lambda _: None)
    fit = fitter.fit(division.test.train, choice)
    calibration = fitter.calibrate(fit, division.test.train, choice, choice.margins)
    return calibration.apply(fit.margins(division.test.judge).mixed(choice.linear_share))


@dataclasses.dataclass(frozen=True)
class Fit:
    """Both parts, fitted on some rows."""

    features: pa.Table
    columns: Columns
    trees: Trees
    linear: Linear

    def margins(self, rows: NDArray[np.intp]) -> Margins:
        """The margins of other rows."""
        taken = self.features.take(pa.array(rows))
        matrix = encode(taken, self.columns)
        return Margins(self.trees.margin(matrix), self.linear.margin(matrix), taken["churned"].to_numpy())


@dataclasses.dataclass(frozen=True)
class Fitter:
    """Fits on any rows of one table."""

    features: pa.Table
    settings: ModelSettings
    seed: int
    threads: int | None
    say: Callable[[str], None]

    def prepare(self, rows: NDArray[np.intp]) -> tuple[Columns, Matrix, Floats]:
        """What these rows teach: columns and levels, the matrix, the labels.

        Raises:
            DataRefused: no feature tells one row from another.
        """
        taken = self.features.take(pa.array(rows))
        columns = learn_columns(taken, self.settings.most_levels)
        if not columns.names:
            raise DataRefused(
                "there is nothing to learn: all customers look the same",
                found=f"{taken.num_rows:,} snapshots, no feature with two values",
                next_step="map more tables and columns, or switch on more families in conf/features/",
            )
        return columns, encode(taken, columns), taken["churned"].to_numpy()

    def fit(self, rows: NDArray[np.intp], choice: Choice) -> Fit:
        """Fit with what the folds decided."""
        columns, matrix, churned = self.prepare(rows)
        trees = fit_trees(
            matrix, churned, columns, self.settings,
            rounds=choice.rounds, bags=self.settings.bags, seed=self.seed, threads=self.threads, say=self.say,
        )  # fmt: skip
        return Fit(
            self.features, columns, trees, fit_linear(matrix, churned, columns, self.settings.linear_strength)
        )

    def calibrate(self, fit: Fit, rows: NDArray[np.intp], choice: Choice, judged: Margins) -> Calibration:
        """The slope from rows that were judged, the level from (a sample of) the rows that were fitted on."""
        spread = fit_calibration(judged.mixed(choice.linear_share), judged.churned)
        if len(rows) > ANCHOR_ROWS:
            rows = np.sort(np.random.default_rng(self.seed).choice(rows, ANCHOR_ROWS, replace=False))
        seen = fit.margins(rows)
        return anchor(spread, seen.mixed(choice.linear_share), seen.churned)

    def fit_stopped(self, trial: Trial) -> Fit:
        """Fit one bag on a fold, stopped early by the fold's later rows."""
        columns, matrix, churned = self.prepare(trial.train)
        later = self.features.take(pa.array(trial.judge))
        trees = find_rounds(
            matrix, churned, encode(later, columns), later["churned"].to_numpy(), columns, self.settings,
            seed=self.seed,
        )  # fmt: skip
        return Fit(
            self.features, columns, trees, fit_linear(matrix, churned, columns, self.settings.linear_strength)
        )


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


def pool(parts: list[Margins]) -> Margins:
    """Several sets of margins as one."""
    return Margins(
        np.concatenate([part.trees for part in parts]),
        np.concatenate([part.linear for part in parts]),
        np.concatenate([part.churned for part in parts]),
    )

"""What the folds decide: the number of trees, the linear share, and which of several recipes is better."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss

from holdfast.model.calibration import fit_calibration
from holdfast.model.division import Trial
from holdfast.model.fitter import Fitter, Margins, pool
from holdfast.model.linear import fit_linears
from holdfast.model.matrix import Matrix
from holdfast.model.settings import ModelSettings
from holdfast.model.trees import bin_like, find_rounds

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
LEAST_ROUNDS = 10

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Fold:
    """A fold made ready once, for every recipe that differs in no more than trees and strength.

    Attributes:
        binned, later_binned: the rows to fit on and those to judge on, for LightGBM.
        later: (judged rows, columns).
        churned: (judged rows,) labels.
        linear: (judged rows,) margins of the logistic regression, for each strength.
    """

    binned: lgb.Dataset
    later_binned: lgb.Dataset
    later: Matrix
    churned: Floats
    linear: Mapping[float, Floats]


@dataclasses.dataclass(frozen=True)
class FoldFit:
    """One recipe on one fold: where its trees stopped, and its margins on the judged rows."""

    rounds: int
    margins: Margins


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


def prepare_fold(fitter: Fitter, trial: Trial, strengths: Iterable[float]) -> Fold:
    """Read a fold's texts, encode and bin its rows, and fit its logistic regressions."""
    rows = fitter.prepare(trial.train)
    later, churned = rows.encode(fitter.take(trial.judge), alone=False)
    linears = fit_linears(rows.matrix, rows.churned, rows.columns, strengths)
    linear = {strength: one.margin(later) for strength, one in linears.items()}
    return Fold(rows.binned, bin_like(rows.binned, later, churned), later, churned, linear)


def fit_fold(fold: Fold, settings: ModelSettings, seed: int) -> FoldFit:
    """Fit one bag on a fold, stopped early by the fold's later rows."""
    trees = find_rounds(fold.binned, fold.later_binned, settings, seed=seed)
    margins = Margins(trees.margin(fold.later), fold.linear[settings.linear_strength], fold.churned)
    return FoldFit(trees.boosters[0].best_iteration, margins)


def choose(fits: Sequence[FoldFit], settings: ModelSettings) -> Choice:
    """Let the folds decide the number of trees and the linear share."""
    fixed = settings.linear_share
    if not fits:  # too few customers for folds: small trees, and no calibration beyond the fit's own
        nothing = Margins(np.empty(0), np.empty(0), np.empty(0))
        return Choice(LEAST_ROUNDS, 0.5 if fixed is None else fixed, {}, nothing)
    margins = pool([fit.margins for fit in fits])
    losses = {share: loss(margins, share) for share in SHARES}
    share = min(losses, key=lambda one: losses[one]) if fixed is None else fixed
    rounds = max(LEAST_ROUNDS, round(float(np.mean([fit.rounds for fit in fits]))))
    return Choice(rounds, share, losses, margins)


def calibrated(margins: Margins, linear_share: float) -> Floats:
    """(rows,) the mix as probabilities, calibrated on these rows themselves."""
    mixed = margins.mixed(linear_share)
    return fit_calibration(mixed, margins.churned).apply(mixed)


def loss(margins: Margins, linear_share: float) -> float:
    """Log loss of the calibrated mix."""
    return float(log_loss(margins.churned, calibrated(margins, linear_share), labels=[0, 1]))

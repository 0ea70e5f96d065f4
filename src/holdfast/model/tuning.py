"""Hyperparameter tuning: Optuna proposes settings, the folds evaluate them, a significant gain is used."""

import dataclasses
import hashlib
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ttest_1samp

from holdfast.metrics.bootstrap import CONFIDENCE, Interval
from holdfast.model.cross_validation import FoldResult, calibrated_log_loss, summarize_folds
from holdfast.model.search_space import create_study, distributions, with_params
from holdfast.model.settings import ModelSettings, TuningSettings
from holdfast.model.trees import parallel_map

if TYPE_CHECKING:
    from optuna.trial import Trial

BATCH = 4  # trials proposed at once; independent of the threads, so that every machine runs the same trials

logger = logging.getLogger(__name__)

Floats = NDArray[np.float64]
Results = Sequence[FoldResult]
FitFold = Callable[[ModelSettings, int], FoldResult]
State = Literal["complete", "pruned", "stopped"]


@dataclasses.dataclass
class TrialResult:
    """One trial of the search.

    Attributes:
        number: trial 0 has the given settings.
        settings: the model settings of this trial.
        params: the searched settings among them.
        state: `complete`, `pruned` (worse than the median so far) or `stopped` (out of time).
        losses: log loss of the calibrated blend on each fitted fold.
        results: the results of these folds.
    """

    number: int
    settings: ModelSettings
    params: Mapping[str, float]
    state: State = "complete"
    losses: list[float] = dataclasses.field(default_factory=list)
    results: list[FoldResult] = dataclasses.field(default_factory=list, compare=False)

    @property
    def loss(self) -> float:
        """The mean over the fitted folds; NaN: none was fitted."""
        return float(np.mean(self.losses)) if self.losses else math.nan

    def describe(self, trials: int) -> str:
        """The result as a line of the log; `trials`: how many there are to be."""
        changes = ", ".join(f"{name} {value:g}" for name, value in self.params.items())
        return (
            f"trial {self.number + 1} of {trials}: log loss {self.loss:.5f} on {len(self.losses)} folds, "
            f"{self.state}: {changes}"
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON, for the card."""
        return {"log_loss": self.loss, "by_fold": self.losses, "settings": self.params}


@dataclasses.dataclass(frozen=True)
class TuningResult:
    """The outcome of the search.

    Attributes:
        trials: all trials in order.
        best: the complete trial with the lowest log loss.
        difference: log loss of the best trial minus that of the given settings, on the rows of all folds, in
            nats a row. Its 95% interval is corrected for the number of trials, and null if there are too few
            customers. None: the given settings are the best.
        better: whether the best trial is significantly better; then its settings are chosen.
        out_of_time: the timeout cut the search short.
        seconds: the duration of the search, or since it was resumed.
    """

    trials: tuple[TrialResult, ...]
    best: TrialResult
    difference: Interval | None
    better: bool
    out_of_time: bool
    seconds: float

    @property
    def chosen(self) -> TrialResult:
        """The trial whose settings are used."""
        return self.best if self.better else self.trials[0]

    def to_dict(self) -> dict[str, Any]:
        """As JSON, for the card."""
        states = [trial.state for trial in self.trials]
        return {
            "trials": {state: states.count(state) for state in ("complete", "pruned", "stopped")},
            "given": self.trials[0].to_dict(),
            "best": self.best.to_dict(),
            "difference": None if self.difference is None else dataclasses.asdict(self.difference),
            "chosen": "best" if self.better else "given",
            "out_of_time": self.out_of_time,
            "seconds": round(self.seconds, 1),
        }


@dataclasses.dataclass(frozen=True)
class Tuner:
    """Settings and callbacks of the search.

    Attributes:
        elapsed: seconds since the search began.
        cache: returns the fold result stored under a key, or calls the function and stores its result.
    """

    settings: TuningSettings
    elapsed: Callable[[], float] = lambda: 0.0
    cache: Callable[[str, Callable[[], FoldResult]], FoldResult] = lambda _, fit: fit()

    def timed_out(self) -> bool:
        """Whether the timeout has passed."""
        minutes = self.settings.timeout_minutes
        return minutes is not None and self.elapsed() > 60 * minutes


def tune(
    tuner: Tuner, given: ModelSettings, fit_fold: FitFold, folds: int, customers: NDArray[Any], *,
    seed: int, threads: int | None,
) -> TuningResult:  # fmt: skip
    """Search for settings with a lower log loss on the folds than the given ones.

    Trials run in parallel batches, fold by fold; after each fold poor trials are pruned. Proposals and
    pruning depend only on the seed and on earlier results, in the order of the trials. So a killed search
    proposes the same trials again and fits only the folds that `tuner.cache` does not hold.

    Args:
        fit_fold: fits settings on the fold with this number.
        folds: the number of folds, at least 1.
        customers: (validation rows of all folds,) the customer of each snapshot.
    """
    from optuna.trial import TrialState

    states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "stopped": TrialState.FAIL}
    study, space = create_study(tuner.settings, seed), distributions(tuner.settings.space, given)
    study.enqueue_trial({name: getattr(given, name) for name in space})
    trials: list[TrialResult] = []
    while len(trials) < tuner.settings.n_trials and not (trials and tuner.timed_out()):
        asked = [study.ask(space) for _ in range(min(BATCH, tuner.settings.n_trials - len(trials)))]
        batch = []
        for trial in asked:
            settings = with_params(given, trial.params) if trial.number else given
            params = {name: getattr(settings, name) for name in trial.params}
            batch.append(TrialResult(trial.number, settings, params))
        run_batch(tuner, asked, batch, fit_fold, folds, threads)
        for trial, result in zip(asked, batch, strict=True):
            study.tell(trial, result.loss if result.state == "complete" else None, states[result.state])
            logger.info(result.describe(tuner.settings.n_trials))
        trials += batch
    best = min((trial for trial in trials if trial.state == "complete"), key=lambda trial: trial.loss)
    evaluated = sum(trial.state != "stopped" for trial in trials)  # pruned ones count
    difference = None
    if best.number:
        difference = paired_difference(best.results, trials[0].results, given, customers, evaluated - 1)
    better = difference is not None and is_better(difference, best, trials[0])
    cut = evaluated < len(trials) or len(trials) < tuner.settings.n_trials
    return TuningResult(tuple(trials), best, difference, better, cut, tuner.elapsed())


def run_batch(
    tuner: Tuner, asked: Sequence["Trial"], batch: Sequence[TrialResult], fit_fold: FitFold, folds: int,
    threads: int | None,
) -> None:  # fmt: skip
    """Fit a batch of trials fold by fold, and add the results to `batch`; trial 0 runs to its end."""
    for fold in range(folds):
        if tuner.timed_out():
            for result in batch:
                if result.number and result.state == "complete":
                    result.state = "stopped"
        running = [index for index, result in enumerate(batch) if result.state == "complete"]

        def fit(index: int, fold: int = fold) -> FoldResult:
            settings = batch[index].settings
            key = hashlib.sha256(f"{fold} {settings.model_dump_json()}".encode()).hexdigest()[:24]
            return tuner.cache(key, lambda: fit_fold(settings, fold))

        for index, fitted in zip(running, parallel_map(fit, running, threads), strict=True):
            result = batch[index]
            result.results.append(fitted)
            result.losses.append(fold_loss(fitted, result.settings))
            asked[index].report(result.loss, fold)
        for index in running:
            if fold < folds - 1 and batch[index].number and asked[index].should_prune():
                batch[index].state = "pruned"


def fold_loss(result: FoldResult, settings: ModelSettings) -> float:
    """Log loss of the calibrated blend."""
    return calibrated_log_loss(result.logits, settings.logistic_weight)


def paired_difference(
    best: Results, first: Results, given: ModelSettings, customers: NDArray[Any], compared: int
) -> Interval:
    """Mean log loss of the best trial minus that of the given settings, on the same rows.

    The interval comes from a paired t-test of sums by customer (rows of one customer are correlated), with a
    Bonferroni correction: the best of `compared` trials is partly best by luck.
    """
    excess = row_losses(best, given) - row_losses(first, given)
    mean = float(excess.mean())
    _, customer = np.unique(customers, return_inverse=True)
    sums = np.bincount(customer, excess - mean)
    if len(sums) < 2 or not sums.any():
        return Interval(mean, None, None)
    test = ttest_1samp(sums * len(sums) / len(excess) + mean, 0.0)
    interval = test.confidence_interval(1 - (1 - CONFIDENCE) / max(1, compared))
    return Interval(mean, float(interval.low), float(interval.high))


def row_losses(results: Results, given: ModelSettings) -> Floats:
    """(validation rows of all folds,) log loss in nats, with the calibration of all folds."""
    cv = summarize_folds(results, given)
    probability = cv.probability()
    return -np.log(np.where(cv.logits.churned == 1, probability, 1 - probability))


def is_better(difference: Interval, best: TrialResult, first: TrialResult) -> bool:
    """Whether the best trial is significantly better on all rows, and better on most folds (seasons)."""
    folds_ahead = sum(loss < given for loss, given in zip(best.losses, first.losses, strict=True))
    return difference.high is not None and difference.high < 0 and folds_ahead > len(first.losses) / 2

"""Hyperparameter tuning: Optuna proposes, the folds evaluate, and only a significant gain is taken."""

import dataclasses
import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ttest_1samp

from holdfast.metrics.bootstrap import CONFIDENCE, Interval
from holdfast.model.cross_validation import WEIGHTS, FoldResult, calibrated_log_loss, summarize_folds
from holdfast.model.search_space import create_study, distributions, with_params
from holdfast.model.settings import ModelSettings, TuningSettings
from holdfast.model.trees import parallel_map

if TYPE_CHECKING:
    from optuna.trial import Trial, TrialState

BATCH = 4  # trials asked for at once, whatever the threads: the same trials on every machine

Floats = NDArray[np.float64]
Results = tuple[FoldResult, ...]
FitFold = Callable[[ModelSettings, int], FoldResult]
State = Literal["complete", "pruned", "stopped"]


@dataclasses.dataclass(frozen=True)
class TrialResult:
    """One trial of the search.

    Attributes:
        number: trial 0 has the given settings.
        params: the searched settings, by name.
        losses: log loss of the calibrated blend on each fold that was fitted.
        state: `complete`, `pruned` (worse than the median so far) or `stopped` (out of time).
    """

    number: int
    params: Mapping[str, float]
    losses: tuple[float, ...]
    state: State

    @property
    def loss(self) -> float:
        """The mean over the fitted folds; NaN: none was fitted."""
        return float(np.mean(self.losses)) if self.losses else math.nan


@dataclasses.dataclass(frozen=True)
class TuningResult:
    """The outcome of the search.

    Attributes:
        settings, results: the chosen settings, and their results on the folds.
        trials: all trials in order.
        best: the number of the best complete trial.
        difference: log loss of the best trial minus that of the given settings, on the rows of all folds, in
            nats a row; its 95% interval is corrected for the number of trials, and null where the rows hold
            too few customers. None: the given settings are the best.
        better: whether the best trial is significantly better; then its settings are chosen.
        out_of_time: the timeout cut the search short.
        seconds: the search took; after a kill, since it was resumed.
    """

    settings: ModelSettings
    results: Results
    trials: tuple[TrialResult, ...]
    best: int
    difference: Interval | None
    better: bool
    out_of_time: bool
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON, for the card."""
        states = [trial.state for trial in self.trials]
        by_name = {"given": self.trials[0], "best": self.trials[self.best]}
        return {
            "trials": {state: states.count(state) for state in ("complete", "pruned", "stopped")},
            **{
                name: {
                    "log_loss": trial.loss,
                    "by_fold": list(trial.losses),
                    "settings": dict(trial.params),
                }
                for name, trial in by_name.items()
            },
            "difference": None if self.difference is None else dataclasses.asdict(self.difference),
            "chosen": "best" if self.better else "given",
            "out_of_time": self.out_of_time,
            "seconds": round(self.seconds, 1),
        }


@dataclasses.dataclass(frozen=True)
class Tuner:
    """How to search; clock, disk and messages are given from outside.

    Attributes:
        elapsed: seconds since the search began.
        cache: returns the fold result stored under a key, or calls the function and stores its result.
        on_trial: called with each trial when it is over.
    """

    settings: TuningSettings
    elapsed: Callable[[], float] = lambda: 0.0
    cache: Callable[[str, Callable[[], FoldResult]], FoldResult] = lambda _, fit: fit()
    on_trial: Callable[[TrialResult], None] = lambda _: None

    def timed_out(self) -> bool:
        """Whether the timeout has passed."""
        minutes = self.settings.timeout_minutes
        return minutes is not None and self.elapsed() > 60 * minutes


def tune(
    tuner: Tuner, given: ModelSettings, fit_fold: FitFold, folds: int, customers: NDArray[Any], *,
    seed: int, threads: int | None,
) -> TuningResult:  # fmt: skip
    """Search for settings with a lower log loss on the folds than the given ones.

    Trials run in parallel in batches, fold by fold; after each fold poor ones are pruned. Proposals and
    pruning depend on the seed and on earlier results only, in the order of the trials. So a search that was
    killed proposes the same trials again, and fits only what `tuner.cache` does not hold.

    Args:
        fit_fold: fits settings on a fold, by its number.
        folds: their number, at least 1.
        customers: (validation rows of all folds,) whose snapshot it is.
    """
    study, space = create_study(tuner.settings, seed), distributions(tuner.settings.space, given)
    study.enqueue_trial({name: getattr(given, name) for name in space})
    n_trials, best = tuner.settings.n_trials, 0
    trials: list[TrialResult] = []
    kept: dict[int, Results] = {}  # of the given settings and the best trial
    while len(trials) < n_trials and not (trials and tuner.timed_out()):
        batch = [study.ask(space) for _ in range(min(BATCH, n_trials - len(trials)))]
        settings = [given if trial.number == 0 else with_params(given, trial.params) for trial in batch]
        for asked, (trial, results) in zip(
            batch, run_batch(tuner, batch, settings, fit_fold, folds, threads), strict=True
        ):
            trials.append(trial)
            study.tell(asked, *optuna_result(trial))
            tuner.on_trial(trial)
            if trial.number == 0 or (trial.state == "complete" and trial.loss < trials[best].loss):
                best = trial.number
                kept = {number: kept[number] for number in kept if number == 0} | {best: results}
    evaluated = sum(trial.state != "stopped" for trial in trials)  # a pruned one could have been the best
    difference = (
        None if best == 0 else paired_difference(kept[best], kept[0], given, customers, evaluated - 1)
    )
    better = difference is not None and is_better(difference, trials[best], trials[0])
    chosen = best if better else 0
    cut = len(trials) < n_trials or any(trial.state == "stopped" for trial in trials)
    return TuningResult(
        with_params(given, trials[chosen].params) if better else given, kept[chosen], tuple(trials), best,
        difference, better, cut, tuner.elapsed(),
    )  # fmt: skip


def run_batch(
    tuner: Tuner, batch: Sequence["Trial"], settings: Sequence[ModelSettings], fit_fold: FitFold, folds: int,
    threads: int | None,
) -> list[tuple[TrialResult, Results]]:  # fmt: skip
    """Fit a batch of trials fold by fold; each with its fold results, in the order of the trials."""
    results: list[list[FoldResult]] = [[] for _ in batch]
    losses: list[list[float]] = [[] for _ in batch]
    states: list[State] = ["complete"] * len(batch)

    for fold in range(folds):
        timed_out = tuner.timed_out()
        for place, trial in enumerate(batch):
            if timed_out and trial.number and states[place] == "complete":  # trial 0 is never stopped
                states[place] = "stopped"
        running = [place for place, state in enumerate(states) if state == "complete"]

        def fit(place: int, fold: int = fold) -> FoldResult:
            key = f"{fold} {settings[place].model_dump_json()}"
            hashed = hashlib.sha256(key.encode()).hexdigest()[:24]
            return tuner.cache(hashed, lambda: fit_fold(settings[place], fold))

        for place, result in zip(running, parallel_map(fit, running, threads), strict=True):
            results[place].append(result)
            losses[place].append(fold_loss(result, settings[place]))
            batch[place].report(float(np.mean(losses[place])), fold)
        for place in running:
            if fold < folds - 1 and batch[place].number and batch[place].should_prune():
                states[place] = "pruned"
    params = [
        {name: getattr(settings[place], name) for name in batch[place].params} for place in range(len(batch))
    ]
    return [
        (TrialResult(trial.number, params[place], tuple(losses[place]), states[place]), tuple(results[place]))
        for place, trial in enumerate(batch)
    ]


def fold_loss(result: FoldResult, settings: ModelSettings) -> float:
    """Log loss of the calibrated blend, with the weight that is set or the best one."""
    weights = WEIGHTS if settings.logistic_weight is None else (settings.logistic_weight,)
    return min(calibrated_log_loss(result.logits, weight) for weight in weights)


def optuna_result(trial: TrialResult) -> tuple[float | None, "TrialState"]:
    """A trial's value and state, as Optuna takes them."""
    from optuna.trial import TrialState

    if trial.state == "complete":
        return trial.loss, TrialState.COMPLETE
    return None, TrialState.PRUNED if trial.state == "pruned" else TrialState.FAIL


def paired_difference(
    best: Results, first: Results, given: ModelSettings, customers: NDArray[Any], compared: int
) -> Interval:
    """Mean log loss of the best trial minus that of the given settings, on the same rows.

    The interval is that of a paired t-test of the customers' sums (the rows of a customer in several folds
    resemble each other), with a Bonferroni correction: the best of `compared` trials is best by luck as well.
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
    """(validation rows of all folds,) log loss in nats, with the weight and calibration of all folds."""
    cv = summarize_folds(results, given)
    probability = cv.probability()
    return -np.log(np.where(cv.logits.churned == 1, probability, 1 - probability))


def is_better(difference: Interval, best: TrialResult, first: TrialResult) -> bool:
    """Significantly better on all rows, and better on most folds: a single season does not decide."""
    folds_ahead = sum(one < other for one, other in zip(best.losses, first.losses, strict=True))
    return difference.high is not None and difference.high < 0 and folds_ahead > len(first.losses) / 2

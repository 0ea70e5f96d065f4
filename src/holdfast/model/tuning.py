"""The search for better settings: Optuna proposes, the folds judge, and noise decides nothing."""

import dataclasses
import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ttest_1samp

from holdfast.model.folds import SHARES, FoldFit, calibrated, choose, loss
from holdfast.model.proposals import changed, distributions, open_study, searched
from holdfast.model.settings import ModelSettings, TuningSettings
from holdfast.model.trees import side_by_side

if TYPE_CHECKING:
    from optuna.trial import Trial

BATCH = 4  # trials asked for at once, whatever the threads: the same trials on every machine
LEVEL = 0.95

Floats = NDArray[np.float64]
Fits = tuple[FoldFit, ...]
State = Literal["complete", "pruned", "stopped"]


@dataclasses.dataclass(frozen=True)
class Tried:
    """One candidate.

    Attributes:
        number: 0 are the settings as they were given.
        changes: the settings that were searched, by name.
        losses: log loss of the calibrated mix, a fold each, as far as it got.
        state: `complete`, `pruned` (worse than the median so far) or `stopped` (out of time).
    """

    number: int
    changes: Mapping[str, float]
    losses: tuple[float, ...]
    state: State

    @property
    def loss(self) -> float:
        """The mean over the folds, as far as it got; NaN: stopped before the first."""
        return float(np.mean(self.losses)) if self.losses else math.nan


@dataclasses.dataclass(frozen=True)
class Difference:
    """Log loss of the best candidate minus that of the given settings, on the folds' rows, in nats a row.

    `low` and `high` bound it with a confidence of 95%, for all candidates together; None: the
    rows hold too few customers to tell.
    """

    value: float
    low: float | None
    high: float | None


@dataclasses.dataclass(frozen=True)
class Tuned:
    """The outcome of a search.

    Attributes:
        settings, fits: those to go on with, and what they came to on the folds.
        tried: all candidates in order.
        best: the number of the best complete one.
        difference: None: none was better than the given settings, even by chance.
        better: whether the best is better beyond noise; then it is the one to go on with.
        out_of_time: the time box cut the search.
        seconds: what it took; of a search that was killed, since it went on.
    """

    settings: ModelSettings
    fits: Fits
    tried: tuple[Tried, ...]
    best: int
    difference: Difference | None
    better: bool
    out_of_time: bool
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """As the card holds it."""
        states = [one.state for one in self.tried]
        best, given = self.tried[self.best], self.tried[0]
        return {
            "trials": {state: states.count(state) for state in ("complete", "pruned", "stopped")},
            "given": {"log_loss": given.loss, "by_fold": list(given.losses), "settings": dict(given.changes)},
            "best": {"log_loss": best.loss, "by_fold": list(best.losses), "settings": dict(best.changes)},
            "difference": None if self.difference is None else dataclasses.asdict(self.difference),
            "chosen": "best" if self.better else "given",
            "out_of_time": self.out_of_time,
            "seconds": round(self.seconds, 1),
        }


@dataclasses.dataclass(frozen=True)
class Tuner:
    """How to search, and what the search cannot do itself because it knows no clock and no disk.

    Attributes:
        spent: seconds since the search began.
        keep: what is kept under a key (of a recipe and a fold), else what the function makes, now kept.
        told: is given each candidate when it is over.
    """

    settings: TuningSettings
    spent: Callable[[], float] = lambda: 0.0
    keep: Callable[[str, Callable[[], FoldFit]], FoldFit] = lambda _, make: make()
    told: Callable[[Tried], None] = lambda _: None

    def late(self) -> bool:
        """Whether the time box is used up."""
        minutes = self.settings.minutes
        return minutes is not None and self.spent() > 60 * minutes


def tune(
    tuner: Tuner, given: ModelSettings, judge: Callable[[ModelSettings, int], FoldFit], folds: int,
    customers: NDArray[Any], *, seed: int, threads: int | None,
) -> Tuned:  # fmt: skip
    """Search for settings that are better on the folds than those given.

    Trials run beside each other in batches, fold by fold: after each fold poor ones are given up. Everything
    follows from the seed and from what the folds say, in the order of the trials. So a search that was killed
    is gone through again, and fits only what `tuner.keep` does not hold.

    Args:
        judge: fits a recipe on a fold (by number).
        folds: their number, at least 1.
        customers: (judged rows of all folds,) whose each is.
    """
    study, space = open_study(tuner.settings, seed), distributions(tuner.settings.space, given)
    study.enqueue_trial({name: getattr(given, name) for name in space})
    tried: list[Tried] = []
    first: Fits = ()
    best: Fits = ()
    number = best_number = 0
    while len(tried) < tuner.settings.trials and not (tried and tuner.late()):
        batch = [study.ask(space) for _ in range(min(BATCH, tuner.settings.trials - len(tried)))]
        recipes = [given if trial.number == 0 else changed(given, trial.params) for trial in batch]
        for one, fits in run_batch(tuner, batch, recipes, judge, folds, threads):
            tried.append(one)
            study.tell(batch[one.number - number], *outcome(one))
            tuner.told(one)
            if one.number == 0:
                first = best = fits
            elif one.state == "complete" and one.loss < tried[best_number].loss:
                best, best_number = fits, one.number
        number = len(tried)
    judged = sum(one.state != "stopped" for one in tried)  # pruned ones might have been the best, too
    difference = None if best_number == 0 else compare(best, first, given, customers, judged - 1)
    better = difference is not None and is_better(difference, tried[best_number], tried[0])
    settings = changed(given, tried[best_number].changes) if better else given
    cut = any(one.state == "stopped" for one in tried) or len(tried) < tuner.settings.trials
    chosen = best if better else first
    return Tuned(settings, chosen, tuple(tried), best_number, difference, better, cut, tuner.spent())


def run_batch(
    tuner: Tuner, batch: Sequence["Trial"], recipes: Sequence[ModelSettings],
    judge: Callable[[ModelSettings, int], FoldFit], folds: int, threads: int | None,
) -> list[tuple[Tried, Fits]]:  # fmt: skip
    """Fit a batch fold by fold; gives each candidate with its fits, in the order of the trials."""
    fits: list[list[FoldFit]] = [[] for _ in batch]
    losses: list[list[float]] = [[] for _ in batch]
    states: list[State] = ["complete"] * len(batch)

    for fold in range(folds):
        late = tuner.late()
        for place, trial in enumerate(batch):
            if late and trial.number and states[place] == "complete":  # the given settings always go on
                states[place] = "stopped"
        alive = [place for place, state in enumerate(states) if state == "complete"]

        def work(place: int, fold: int = fold) -> FoldFit:
            return tuner.keep(key(recipes[place], fold), lambda: judge(recipes[place], fold))

        for place, fit in zip(alive, side_by_side(work, alive, threads), strict=True):
            fits[place].append(fit)
            losses[place].append(fold_loss(fit, recipes[place]))
            batch[place].report(float(np.mean(losses[place])), fold)
        for place in alive:
            if fold < folds - 1 and batch[place].number and batch[place].should_prune():
                states[place] = "pruned"
    tried = [
        Tried(trial.number, searched(recipe, trial.params), tuple(found), state)
        for trial, recipe, found, state in zip(batch, recipes, losses, states, strict=True)
    ]
    return list(zip(tried, map(tuple, fits), strict=True))


def key(recipe: ModelSettings, fold: int) -> str:
    """What a fit is kept under."""
    return hashlib.sha256(f"{fold} {recipe.model_dump_json()}".encode()).hexdigest()[:24]


def fold_loss(fit: FoldFit, recipe: ModelSettings) -> float:
    """Log loss of the mix, calibrated on the fold's judged rows; of the best share where none is given."""
    shares = SHARES if recipe.linear_share is None else (recipe.linear_share,)
    return min(loss(fit.margins, share) for share in shares)


def outcome(one: Tried) -> tuple[float | None, Any]:
    """A candidate as Optuna is told of it."""
    from optuna.trial import TrialState

    if one.state == "complete":
        return one.loss, TrialState.COMPLETE
    return None, TrialState.PRUNED if one.state == "pruned" else TrialState.FAIL


def compare(best: Fits, first: Fits, given: ModelSettings, customers: NDArray[Any], among: int) -> Difference:
    """The best candidate against the given settings, row by row on the same rows.

    The interval is that of a paired t-test of the customers' sums (a customer has a row in each fold, and
    those resemble each other), at a level by Bonferroni: the best of `among` candidates looks better than it
    is.
    """
    excess = row_losses(best, given) - row_losses(first, given)
    mean = float(excess.mean())
    _, place = np.unique(customers, return_inverse=True)
    sums = np.bincount(place, excess - mean)
    if len(sums) < 2 or not sums.any():
        return Difference(mean, None, None)
    test = ttest_1samp(sums * len(sums) / len(excess) + mean, 0.0)
    interval = test.confidence_interval(1 - (1 - LEVEL) / max(1, among))
    return Difference(mean, float(interval.low), float(interval.high))


def row_losses(fits: Fits, given: ModelSettings) -> Floats:
    """(judged rows of all folds,) nats, at the share and the calibration that all of them together choose."""
    choice = choose(fits, given)
    probability = calibrated(choice.margins, choice.linear_share)
    return -np.log(np.where(choice.margins.churned == 1, probability, 1 - probability))


def is_better(difference: Difference, best: Tried, first: Tried) -> bool:
    """Better beyond noise on all rows together, and on most folds: no single season decides."""
    ahead = sum(one < other for one, other in zip(best.losses, first.losses, strict=True))
    return difference.high is not None and difference.high < 0 and ahead > len(first.losses) / 2

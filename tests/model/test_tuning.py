"""The search: repeatable, gone through again without a fit twice, and never worse by luck."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from holdfast.metrics.bootstrap import Interval
from holdfast.model.cross_validation import FoldResult
from holdfast.model.search_space import distributions, penalties_of, with_params
from holdfast.model.settings import ModelSettings, SearchSpace, TuningSettings
from holdfast.model.splits import split_rows
from holdfast.model.trainer import Logits
from holdfast.model.training import TrainingResult, train_model
from holdfast.model.tuning import TrialResult, Tuner, TuningResult, is_better, paired_difference, tune
from holdfast.timeline.plan import Plan

SPACE = SearchSpace(
    learning_rate=None, num_leaves=(3, 31), min_data_in_leaf=None, feature_fraction=(0.1, 1.0),
    bagging_fraction=None, lambda_l2=None, logistic_C=(0.01, 0.1, 1.0),
)  # fmt: skip
ROWS, FOLDS = 400, 3

FitFold = Callable[[ModelSettings, int], FoldResult]


@pytest.fixture
def given(settings: ModelSettings) -> ModelSettings:
    """Trees alone: five times fewer calibrations."""
    return settings.model_copy(update={"logistic_weight": 0.0})


def asked(trials: int, minutes: float | None = None) -> TuningSettings:
    return TuningSettings(n_trials=trials, timeout_minutes=minutes, n_startup_trials=3, space=SPACE)


def folds_by(strength: Callable[[ModelSettings], float]) -> FitFold:
    """Folds in which a recipe's margins follow the truth as strongly as `strength` says."""

    def fit_fold(recipe: ModelSettings, fold: int) -> FoldResult:
        random = np.random.default_rng(fold)
        truth = random.normal(size=ROWS)
        churned = (random.random(ROWS) < 1 / (1 + np.exp(-2 * truth))).astype(np.float64)
        noise = np.random.default_rng([fold, recipe.num_leaves]).normal(size=ROWS)
        margin = strength(recipe) * truth + noise
        return FoldResult(10 + fold, Logits(margin, noise, churned))

    return fit_fold


WIDER_IS_BETTER = folds_by(lambda recipe: 4 * recipe.feature_fraction)
NOTHING_MATTERS = folds_by(lambda _: 1.0)


def search(
    judge: FitFold, given: ModelSettings, tuner: Tuner, *, seed: int = 1, threads: int = 1
) -> TuningResult:
    customers = np.tile(np.arange(ROWS), FOLDS)
    return tune(tuner, given, judge, FOLDS, customers, seed=seed, threads=threads)


# --- what is proposed -----------------------------------------------------------------------------


def test_the_given_settings_lie_within_the_space_wherever_they_are(settings: ModelSettings) -> None:
    given = settings.model_copy(update={"num_leaves": 63, "logistic_C": 0.5, "feature_fraction": 0.05})
    assert distributions(SPACE, given) == {
        "num_leaves": IntDistribution(3, 63, log=True),
        "feature_fraction": FloatDistribution(0.05, 1.0, log=True),
        "logistic_C": CategoricalDistribution([0.01, 0.1, 0.5, 1.0]),
    }
    assert penalties_of(given, SPACE) == (0.01, 0.1, 0.5, 1.0)


def test_a_bound_of_zero_is_searched_evenly(settings: ModelSettings) -> None:
    space = SPACE.model_copy(update={"lambda_l2": (0.0, 4.0)})
    assert distributions(space, settings)["lambda_l2"] == FloatDistribution(0.0, 4.0)


def test_proposals_are_in_few_digits_and_checked(settings: ModelSettings) -> None:
    found = with_params(settings, {"feature_fraction": 0.123456, "num_leaves": 12, "logistic_C": 0.0003})
    assert (found.feature_fraction, found.num_leaves, found.logistic_C) == (0.123, 12, 0.0003)
    with pytest.raises(ValueError, match="less than or equal to 1"):
        with_params(settings, {"feature_fraction": 2.0})


# --- what is chosen -------------------------------------------------------------------------------


def test_what_is_better_is_found(given: ModelSettings) -> None:
    given = given.model_copy(update={"feature_fraction": 0.1})
    found = search(WIDER_IS_BETTER, given, Tuner(asked(16)))
    assert found.better
    assert found.chosen.settings.feature_fraction > 0.3
    assert found.difference is not None
    assert found.difference.value is not None
    assert found.difference.high is not None
    assert found.difference.value < found.difference.high < 0
    best = found.best
    assert (
        found.chosen.results[0].logits.trees.tobytes()
        == WIDER_IS_BETTER(found.chosen.settings, 0).logits.trees.tobytes()
    )
    assert best.loss == min(one.loss for one in found.trials if one.state == "complete")


@pytest.mark.parametrize("seed", range(3))
def test_luck_changes_nothing(given: ModelSettings, seed: int) -> None:
    found = search(NOTHING_MATTERS, given, Tuner(asked(12)), seed=seed)
    assert (found.chosen.settings, found.better) == (given, False)
    assert found.chosen.results[0].best_iteration == 10
    assert found.trials[0].params == {"num_leaves": 7, "feature_fraction": 0.5, "logistic_C": 0.1}


def trial(given: ModelSettings, number: int, *losses: float) -> TrialResult:
    return TrialResult(number, given, {}, losses=list(losses))


def test_a_season_alone_does_not_decide(given: ModelSettings) -> None:
    first, better = trial(given, 0, 0.5, 0.5, 0.5), trial(given, 1, 0.4, 0.4, 0.4)
    beyond = Interval(-0.01, -0.02, -0.005)
    assert is_better(beyond, trial(given, 1, 0.49, 0.49, 0.51), first)
    assert not is_better(beyond, trial(given, 1, 0.3, 0.51, 0.51), first)
    assert not is_better(Interval(-0.01, -0.02, 0.001), better, first)
    assert not is_better(Interval(-0.01, None, None), better, first)


def test_the_interval_widens_with_the_candidates_and_with_rows_of_one_customer(
    given: ModelSettings,
) -> None:
    wide, narrow = (
        tuple(judge(given, fold) for fold in range(FOLDS))
        for judge in (folds_by(lambda _: 2.0), NOTHING_MATTERS)
    )
    each, few = np.arange(ROWS * FOLDS), np.arange(ROWS * FOLDS) // 40

    def width(customers: Any, among: int) -> float:
        found = paired_difference(wide, narrow, given, customers, among)
        assert found.low is not None
        assert found.value is not None
        assert found.high is not None
        assert found.low < found.value < found.high
        return found.high - found.low

    assert width(each, 1) < width(each, 20)
    assert width(np.tile(np.arange(ROWS), FOLDS), 1) != width(each, 1)
    assert paired_difference(wide, wide, given, few, 1) == Interval(0.0, None, None)


def test_the_interval_covers_no_difference_as_often_as_it_says(given: ModelSettings) -> None:
    random, covered = np.random.default_rng(0), 0
    for _ in range(30):
        churned = (random.random(600) < 0.3).astype(np.float64)
        signal = churned + random.normal(size=600)
        fits = [
            (FoldResult(1, Logits(signal + random.normal(size=600), np.zeros(600), churned)),)
            for _ in range(2)
        ]
        found = paired_difference(fits[0], fits[1], given, np.repeat(np.arange(200), 3), 1)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0 <= found.high
    assert covered >= 25  # of 28.5 expected


# --- how it runs ----------------------------------------------------------------------------------


def test_the_same_search_whatever_the_threads(given: ModelSettings) -> None:
    one, other = (search(WIDER_IS_BETTER, given, Tuner(asked(14)), threads=threads) for threads in (1, 3))
    assert one.trials == other.trials
    assert one.trials != search(WIDER_IS_BETTER, given, Tuner(asked(14)), seed=2).trials
    assert {one.state for one in one.trials} == {"complete", "pruned"}
    assert [one.number for one in one.trials] == list(range(14))


def test_a_search_that_was_killed_goes_on_and_fits_nothing_twice(given: ModelSettings) -> None:
    whole = search(WIDER_IS_BETTER, given, Tuner(asked(14)))
    kept: dict[str, FoldResult] = {}
    made: list[str] = []

    def keep(key: str, make: Callable[[], FoldResult]) -> FoldResult:
        if key not in kept:
            if len(made) == 17:  # in the midst of a batch
                made.append("killed")
                raise KeyboardInterrupt
            kept[key] = make()
            made.append(key)
        return kept[key]

    with pytest.raises(KeyboardInterrupt):
        search(WIDER_IS_BETTER, given, Tuner(asked(14), cache=keep))
    again = search(WIDER_IS_BETTER, given, Tuner(asked(14), cache=keep))
    assert again.trials == whole.trials
    assert len(set(made)) == len(made) == len(kept) + 1
    assert len(kept) == len(
        {(str(one.params), fold) for one in whole.trials for fold in range(len(one.losses))}
    )


def test_the_time_box_cuts_but_the_given_settings_are_judged(given: ModelSettings) -> None:
    clock = iter(range(10**6))
    boxed = Tuner(asked(12, minutes=0.1), elapsed=lambda: float(next(clock)))
    found = search(WIDER_IS_BETTER, given, boxed)
    assert found.out_of_time
    assert 0 < len(found.trials) < 12
    late = search(WIDER_IS_BETTER, given, Tuner(asked(12, minutes=1.0), elapsed=lambda: 61.0))
    assert [one.state for one in late.trials] == ["complete", "stopped", "stopped", "stopped"]
    assert (late.chosen.settings, late.difference, late.out_of_time) == (given, None, True)
    assert late.to_dict()["trials"] == {"complete": 1, "pruned": 0, "stopped": 3}
    assert not search(WIDER_IS_BETTER, given, Tuner(asked(4, minutes=1.0))).out_of_time


def test_one_trial_is_the_given_settings(given: ModelSettings) -> None:
    found = search(WIDER_IS_BETTER, given, Tuner(asked(1)))
    assert (found.chosen.settings, found.best.number, found.difference) == (given, 0, None)


# --- within a training ----------------------------------------------------------------------------


def train_with(
    tuner: Tuner | None, settings: ModelSettings, table: pa.Table, plan: Plan, threads: int = 1
) -> TrainingResult:
    reasons = dict.fromkeys(table.column_names, "HABIT")
    return train_model(
        table, split_rows(table, plan), settings, reasons, seed=1, threads=threads, progress=lambda _: None,
        tuner=tuner,
    )  # fmt: skip


def test_a_training_without_a_better_recipe_is_that_without_a_search(
    settings: ModelSettings, make_features: Callable[..., pa.Table], plan_of: Callable[[int], Plan]
) -> None:
    table, plan = make_features(), plan_of(8)
    plain, searched = (train_with(tuner, settings, table, plan, 2) for tuner in (None, Tuner(asked(1))))
    assert plain.tuning is None
    assert searched.tuning is not None
    assert searched.settings == settings
    assert searched.test_probability.tobytes() == plain.test_probability.tobytes()


def test_a_better_recipe_is_trained_and_can_be_fitted_anew_without_a_search(
    settings: ModelSettings, make_features: Callable[..., pa.Table], plan_of: Callable[[int], Plan]
) -> None:
    poor = settings.model_copy(
        update={"num_leaves": 2, "learning_rate": 0.04, "logistic_weight": 0.0, "num_boost_round": 10}
    )
    table, plan = make_features(300, 8), plan_of(8)
    found = train_with(Tuner(asked(8)), poor, table, plan, 2)
    assert found.tuning is not None
    assert found.tuning.better
    assert found.settings != poor
    again = train_with(None, found.settings, table, plan)
    assert again.test_probability.tobytes() == found.test_probability.tobytes()

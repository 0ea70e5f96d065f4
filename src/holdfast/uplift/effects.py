"""Learn for whom a treatment works from a randomised trial with any covariates.

The R-learner of Nie and Wager (2021), Biometrika 108(2): the outcome, less what the covariates predict of
it, is regressed on the effect times (treated − share treated). Two models of the effect are fitted, and
stacked by non-negative least squares on rows that their fits had not seen:

    effect(x) = w₀ + w₁ · linear(x) + w₂ · trees(x)

`linear` is a ridge regression on standardised terms, `trees` are small boosted trees on all covariates. Both
also see the predicted outcome: those of whom nothing is to be gained cannot be persuaded.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import lightgbm as lgb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import nnls

from holdfast.model.matrix import Columns, Matrix, encode, select_columns
from holdfast.model.trees import parallel_map
from holdfast.uplift.moderators import MAX_DEVIATION, Moderators, learn_moderators
from holdfast.uplift.ridge import fit_ridge

FOLDS = 5
MAX_LEVELS = 20  # of a text column
ROUNDS = 150
PARAMETERS = {
    "objective": "regression", "learning_rate": 0.03, "num_leaves": 6, "min_data_in_leaf": 100,
    "bagging_fraction": 0.7, "bagging_freq": 1, "feature_fraction": 0.7, "lambda_l2": 10.0,
    "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1, "max_bin": 127,
}  # fmt: skip

Floats = NDArray[np.float64]
Booster = lgb.Booster


@dataclasses.dataclass(frozen=True)
class Effects:
    """A fitted estimate of the effect of a treatment on each unit.

    Attributes:
        columns: the covariates of the trees.
        outcome: predicts the outcome from the covariates.
        moderators, weights: the linear model: weights of 1, the predicted outcome, the moderators' terms,
            and, if they predict unseen folds better, their products with the predicted outcome.
        scale: mean and standard deviation of the predicted outcome.
        trees: predict the effect from the covariates and the predicted outcome.
        mix: weights of 1, the linear model and the trees.
    """

    columns: Columns
    outcome: Booster
    moderators: Moderators
    weights: Floats
    scale: tuple[float, float]
    trees: Booster
    mix: Floats

    def effect(self, features: pa.Table) -> Floats:
        """(rows,) by how much the treatment is expected to raise the outcome."""
        matrix = encode(features, self.columns)
        expected = predict(self.outcome, matrix)
        terms = linear_terms(self.moderators.terms(features), expected, self.scale)
        linear = terms[:, : len(self.weights)] @ self.weights
        trees = predict(self.trees, beside(matrix, expected))
        return np.asarray(self.mix @ np.stack([np.ones(len(trees)), linear, trees]))

    def to_dict(self) -> dict[str, Any]:
        """As JSON, to the last digit."""
        return {
            "columns": dataclasses.asdict(self.columns), "outcome": self.outcome.model_to_string(),
            "moderators": self.moderators.to_dict(), "weights": self.weights.tolist(),
            "scale": list(self.scale), "trees": self.trees.model_to_string(), "mix": self.mix.tolist(),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Effects":
        """From `to_dict`."""
        return cls(
            columns=Columns.from_dict(content["columns"]),
            outcome=Booster(model_str=content["outcome"]),
            moderators=Moderators.from_dict(content["moderators"]),
            weights=np.array(content["weights"]),
            scale=(float(content["scale"][0]), float(content["scale"][1])),
            trees=Booster(model_str=content["trees"]),
            mix=np.array(content["mix"]),
        )


@dataclasses.dataclass(frozen=True)
class Trial:
    """A fitted estimate, and the predictions of fits that had not seen the row.

    Attributes:
        effects: fitted on all rows.
        unseen: (rows,) the effect, by fits that had not seen the row.
        beyond: (rows,) the outcome minus the predicted one.
        by_chance: (rows,) treated minus the share treated.
        expected: (rows,) the predicted outcome, by fits that had not seen the row.
    """

    effects: Effects
    unseen: Floats
    beyond: Floats
    by_chance: Floats
    expected: Floats


def learn_effects(
    features: pa.Table, treated: NDArray[Any], outcome: NDArray[Any], *, share: Floats | float | None = None,
    units: NDArray[Any] | None = None, moderators: Sequence[str] | None = None, seed: int = 0,
    threads: int | None = None,
) -> Trial:  # fmt: skip
    """Learn from a trial: one row a unit, numbers and texts as covariates.

    Args:
        treated: (rows,) 1 or 0, by chance.
        outcome: (rows,) 0 or 1, or a number such as money.
        share: the probability of being treated, a number or (rows,); None: the share that was treated.
        units: (rows,) rows of the same unit share a fold; None: every row is a unit of its own.
        moderators: the covariates of the linear model; None: all.
    """
    treated, outcome = treated.astype(np.float64), outcome.astype(np.float64)
    by_chance = treated - (treated.mean() if share is None else share)
    columns = select_columns(features, MAX_LEVELS)
    matrix, fold = encode(features, columns), draw_folds(len(outcome), units, seed)
    expected, outcome_model = cross_fit(matrix, outcome, None, columns, fold, seed, threads)
    beyond = outcome - expected
    scale = (float(expected.mean()), float(expected.std()) or 1.0)
    moderating = features if moderators is None else features.select(list(moderators))
    chosen = learn_moderators(moderating, MAX_LEVELS)
    terms = linear_terms(chosen.terms(features), expected, scale)
    plain = terms.shape[1] - len(chosen.scaled.column)  # without the products
    weights, linear = min(
        (fit_ridge(terms[:, :width], by_chance, beyond, fold) for width in (plain, terms.shape[1])),
        key=lambda fit: float(np.square(beyond - fit[1] * by_chance).sum()),
    )
    trees, tree_model = cross_fit(
        beside(matrix, expected), beyond / by_chance, by_chance**2, columns, fold, seed, threads
    )
    parts = np.stack([np.ones(len(beyond)), linear, trees])
    rows, unseen = (parts * by_chance).T, np.empty(len(beyond))
    for number in range(FOLDS):  # the mix, too, has not seen the fold that it is judged on
        others = fold != number
        unseen[~others] = nnls(rows[others], beyond[others])[0] @ parts[:, ~others]
    mix = nnls(rows, beyond)[0]
    effects = Effects(columns, outcome_model, chosen, weights, scale, tree_model, mix)
    return Trial(effects, unseen, beyond, by_chance, expected)


def linear_terms(terms: Floats, expected: Floats, scale: tuple[float, float]) -> NDArray[np.float32]:
    """(rows, 2 + 2 · terms) 1, the predicted outcome, the terms, and their products with it."""
    level = ((expected - scale[0]) / scale[1]).clip(-MAX_DEVIATION, MAX_DEVIATION)[:, None]
    return np.hstack([np.ones_like(level), level, terms, terms * level]).astype(np.float32)


def beside(matrix: Matrix, expected: Floats) -> Matrix:
    """(rows, columns + 1) the covariates, and the predicted outcome."""
    return np.column_stack([matrix, expected.astype(np.float32)])


def draw_folds(rows: int, units: NDArray[Any] | None, seed: int) -> NDArray[np.intp]:
    """(rows,) folds of equal size, drawn by unit."""
    place = np.arange(rows) if units is None else np.unique(units, return_inverse=True)[1]
    order = np.random.default_rng(seed).permutation(int(place.max()) + 1)
    return np.asarray(order[place] % FOLDS, np.intp)


def cross_fit(
    matrix: Matrix, target: Floats, weight: Floats | None, columns: Columns, fold: NDArray[np.intp],
    seed: int, threads: int | None,
) -> tuple[Floats, Booster]:  # fmt: skip
    """Predictions for each row by boosted trees that had not seen its fold, and the trees of all rows."""
    data = lgb.Dataset(
        matrix, target, weight=weight, categorical_feature=columns.categorical, params=PARAMETERS,
        free_raw_data=False,
    ).construct()  # fmt: skip

    def fit(number: int) -> Booster:
        rows = np.flatnonzero(fold != number)
        return lgb.train({**PARAMETERS, "seed": seed}, data.subset(rows.tolist()), num_boost_round=ROUNDS)

    boosters = parallel_map(fit, range(FOLDS + 1), threads)  # no row has the last number: a fit of all rows
    unseen = np.empty(len(target))
    for number, booster in enumerate(boosters[:-1]):
        unseen[fold == number] = predict(booster, matrix[fold == number])
    return unseen, boosters[-1]


def predict(booster: Booster, matrix: Matrix) -> Floats:
    """(rows,) as predicted."""
    return np.asarray(booster.predict(matrix, num_threads=1), np.float64)

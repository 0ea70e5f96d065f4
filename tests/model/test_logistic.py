"""The logistic regression: plain numbers that predict what scikit-learn's do, and add up."""

import dataclasses
import json

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from holdfast.model.logistic import LogisticModel, fit_logistic
from holdfast.model.matrix import Columns

COLUMNS = Columns(("money", "plan", "silence"), {"plan": ("a", "b", "c")})


@pytest.fixture(scope="module")
def rows() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    random = np.random.default_rng(3)
    matrix = np.column_stack(
        [random.normal(0, 500, 400), random.choice([0, 1, 2, np.nan], 400), random.exponential(30, 400)]
    ).astype(np.float32)
    matrix[random.random(400) < 0.1, 2] = np.nan
    churned = (np.nan_to_num(matrix[:, 2]) + random.normal(0, 15, 400) > 25).astype(np.float64)
    return matrix, churned


@pytest.fixture(scope="module")
def model(rows: tuple[NDArray[np.float32], NDArray[np.float64]]) -> LogisticModel:
    return fit_logistic(*rows, COLUMNS, C=0.5)


def test_terms_are_standardised_logs_and_indicators(
    model: LogisticModel, rows: tuple[NDArray[np.float32], NDArray[np.float64]]
) -> None:
    money, plan, silence = rows[0].T.astype(np.float64)
    logs = [np.sign(values) * np.log1p(np.abs(values)) for values in (money, silence)]
    logs = [np.where(np.isnan(values), 0.0, values) for values in logs]
    design = np.column_stack([logs[0], plan == 0, plan == 1, plan == 2, logs[1]])
    expected = (design - design.mean(axis=0)) / design.std(axis=0)
    np.testing.assert_allclose(model.terms.transform(rows[0]), expected, atol=1e-5)


def test_logits_are_scikit_learns_decision_function(
    model: LogisticModel, rows: tuple[NDArray[np.float32], NDArray[np.float64]]
) -> None:
    terms = model.terms.transform(rows[0])
    expected = LogisticRegression(C=0.5, max_iter=5000, tol=1e-8).fit(terms.astype(np.float64), rows[1])
    np.testing.assert_allclose(model.logits(rows[0]), expected.decision_function(terms), atol=5e-3)


@pytest.mark.parametrize("penalty", [0.003, 1.0, 1e4])
def test_highly_correlated_columns_are_fitted_to_the_optimum(penalty: float) -> None:
    random = np.random.default_rng(1)
    silence = random.exponential(30, 3000)
    windows = [silence * random.normal(1, 0.01 * place, 3000) for place in range(12)]
    matrix = np.column_stack([*windows, windows[3], random.normal(size=3000)]).astype(np.float32)
    churned = (random.random(3000) < expit(0.03 * silence - 1)).astype(np.float64)
    columns = Columns(tuple(f"c{place}" for place in range(14)), {})
    found = fit_logistic(matrix, churned, columns, penalty)
    terms = found.terms.transform(matrix).astype(np.float64)
    expected = LogisticRegression(C=penalty, max_iter=10_000, tol=1e-8).fit(terms, churned)

    def loss(weights: NDArray[np.float64], base: float) -> float:
        margin = terms @ weights + base
        value = np.logaddexp(0, margin).sum() - churned @ margin + weights @ weights / (2 * penalty)
        return float(value)

    least = loss(expected.coef_[0], expected.intercept_[0])
    assert loss(found.coef, found.intercept) == pytest.approx(least, abs=0.01)


def test_contributions_add_up_to_the_margin(
    model: LogisticModel, rows: tuple[NDArray[np.float32], NDArray[np.float64]]
) -> None:
    matrix, _ = rows
    added = model.contributions(matrix)
    assert added.shape == (400, 4)
    np.testing.assert_allclose(added.sum(axis=1), model.logits(matrix), rtol=0, atol=1e-9)
    assert (added[:, -1] == model.intercept).all()


def test_what_a_column_adds_is_zero_on_average_in_training(
    model: LogisticModel, rows: tuple[NDArray[np.float32], NDArray[np.float64]]
) -> None:
    # then coefficient times value is its exact Shapley contribution, with the mean customer as the base
    np.testing.assert_allclose(model.contributions(rows[0])[:, :-1].mean(axis=0), 0, atol=1e-5)


def test_json_keeps_every_bit(
    model: LogisticModel, rows: tuple[NDArray[np.float32], NDArray[np.float64]]
) -> None:
    again = LogisticModel.from_dict(
        json.loads(json.dumps(dataclasses.asdict(model), default=np.ndarray.tolist))
    )
    assert again.logits(rows[0]).tobytes() == model.logits(rows[0]).tobytes()


def test_constant_and_empty_columns_weigh_nothing() -> None:
    matrix = np.array([[1, 7, np.nan], [2, 7, np.nan], [3, 7, np.nan], [4, 7, np.nan]], np.float32)
    model = fit_logistic(matrix, np.array([0.0, 0.0, 1.0, 1.0]), Columns(("x", "same", "nothing"), {}), C=1.0)
    assert model.coef[0] > 0
    np.testing.assert_allclose(model.coef[1:], 0, atol=1e-12)
    assert np.isfinite(model.logits(matrix)).all()


def test_nulls_and_levels_never_seen_give_a_finite_margin(model: LogisticModel) -> None:
    assert np.isfinite(model.logits(np.full((1, 3), np.nan, np.float32))).all()


def test_the_mean_with_recency_frequency_and_money_is_one_model() -> None:
    random = np.random.default_rng(2)
    names = ("noise", "orders__count__all", "recency__days__all")
    matrix = random.exponential(20, (500, 3)).astype(np.float32)
    churned = (random.random(500) < expit(np.log1p(matrix[:, 2]) - 3)).astype(np.float64)
    columns, simple = Columns(names, {}), Columns(names[1:], {})
    mean = fit_logistic(matrix, churned, columns, C=0.01, rfm_share=0.3).logits(matrix)
    every = fit_logistic(matrix, churned, columns, C=0.01).logits(matrix)
    few = fit_logistic(matrix[:, 1:], churned, simple, C=1.0).logits(matrix[:, 1:])
    np.testing.assert_allclose(mean, 0.7 * every + 0.3 * few, atol=1e-5)
    assert abs(every - few).max() > 0.1


def test_subscriptions_take_their_own_columns_and_others_none(
    rows: tuple[NDArray[np.float32], NDArray[np.float64]], model: LogisticModel
) -> None:
    assert (fit_logistic(*rows, COLUMNS, C=0.5, rfm_share=0.3).coef == model.coef).all()
    named = Columns(("money", "plan", "subscription__tenure__all"), COLUMNS.levels)
    taken = fit_logistic(*rows, named, C=0.5, rfm_share=1.0)
    assert (taken.coef != 0).tolist() == [False, False, False, False, True]

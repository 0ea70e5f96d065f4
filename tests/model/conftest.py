"""A small features table whose churn is caused by two of its columns, and a model trained on it once."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from holdfast.model.settings import ModelSettings
from holdfast.model.splits import split_rows
from holdfast.model.training import TrainingResult, train_model
from holdfast.timeline.outcome import Outcome
from holdfast.timeline.plan import Plan, divide

OUTCOME = Outcome(14)
SETTINGS = ModelSettings(
    n_bags=2, num_boost_round=60, early_stopping_rounds=10, learning_rate=0.1, max_bin=63, num_leaves=7,
    min_data_in_leaf=20, feature_fraction=0.5, bagging_fraction=0.7, lambda_l2=1.0, max_levels=8,
    logistic_C=0.1, logistic_weight=0.5,
)  # fmt: skip


@pytest.fixture
def settings() -> ModelSettings:
    return SETTINGS


def dates(count: int) -> tuple[dt.date, ...]:
    return tuple(dt.date(2024, 1, 1) + dt.timedelta(days=7 * place) for place in range(count))


def features(customers: int = 120, count: int = 8, *, seed: int = 0, signal: float = 2.0) -> pa.Table:
    """One row a customer and date; silence and plan drive churn, the rest is noise; some values are null."""
    random = np.random.default_rng(seed)
    rows = customers * count
    noise = random.normal(size=(rows, 3))
    silence = random.exponential(20, rows)
    plan = random.choice(["basic", "pro", "max"], rows)
    margin = signal * (np.log1p(silence) - 2.7 + 0.8 * (plan == "basic") - 0.3)
    churned = (random.random(rows) < 1 / (1 + np.exp(-margin))).astype(np.float64)
    numbers: dict[str, Any] = {
        "recency__days__all": silence,
        "orders__count__all": random.integers(0, 20, rows),
    }
    numbers |= {f"noise__{place}__all": noise[:, place] for place in range(3)}
    return pa.table(
        {
            "customer_id": [f"c{who:04}" for _ in range(count) for who in range(customers)],
            "as_of": pa.array([date for date in dates(count) for _ in range(customers)], pa.date32()),
            "churned": churned,
            **{
                name: pa.array(values.astype(np.float32), mask=random.random(rows) < 0.05)
                for name, values in numbers.items()
            },
            "subscription__plan__all": pa.array(plan).dictionary_encode(),
        }
    )


@pytest.fixture
def make_features() -> Callable[..., pa.Table]:
    return features


@pytest.fixture
def plan_of() -> Callable[[int], Plan]:
    """The plan of so many weekly dates at a horizon of two weeks."""
    return lambda count: divide(dates(count), OUTCOME, test_dates=None, folds=3)


def train(
    table: pa.Table, settings: ModelSettings = SETTINGS, threads: int = 1, seed: int = 1
) -> TrainingResult:
    days = tuple(sorted(set(table["as_of"].to_pylist())))
    splits = split_rows(table, divide(days, OUTCOME, test_dates=None, folds=3))
    reasons = {name: name.split("__")[0].upper() for name in table.column_names}
    return train_model(table, splits, settings, reasons, seed=seed, threads=threads, progress=lambda _: None)


@pytest.fixture(scope="session")
def train_on() -> Callable[..., TrainingResult]:
    return train


@pytest.fixture(scope="session")
def trained() -> TrainingResult:
    return train(features())

"""Training end to end on small tables: blind to the test, repeatable, robust on next to nothing."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from holdfast.errors import DataRefused
from holdfast.model.baselines import predict_baselines
from holdfast.model.division import divide_rows
from holdfast.model.fit import Trained, predict_by_recipe, train_model
from holdfast.model.settings import ModelSettings
from holdfast.timeline.plan import Plan

Make = Callable[..., pa.Table]
PlanOf = Callable[[int], Plan]
Train = Callable[..., Trained]


def judged(table: pa.Table, plan: Plan) -> np.ndarray:
    return divide_rows(table, plan).test.judge


def auc(table: pa.Table, plan: Plan, probability: np.ndarray) -> float:
    return float(roc_auc_score(table["churned"].to_numpy()[judged(table, plan)], probability))


def test_what_drives_churn_is_found(trained: Trained, make_features: Make, plan_of: PlanOf) -> None:
    assert auc(make_features(), plan_of(8), trained.test_probability) > 0.75
    assert trained.bundle.columns.names[0] == "recency__days__all"
    assert trained.bundle.reasons[0] == "RECENCY"


def test_shuffled_labels_are_a_coin(make_features: Make, plan_of: PlanOf, train_on: Train) -> None:
    noise = make_features(300, 8, seed=5, signal=0.0)
    found = train_on(noise)
    assert auc(noise, plan_of(8), found.test_probability) == pytest.approx(0.5, abs=0.07)
    assert np.abs(found.test_probability - 0.5).mean() < 0.1  # and the probabilities say so


def test_the_same_training_twice_is_the_same_whatever_the_threads(
    trained: Trained, make_features: Make, train_on: Train
) -> None:
    again = train_on(make_features(), threads=2)
    assert again.test_probability.tobytes() == trained.test_probability.tobytes()
    rows = make_features(seed=3)
    assert again.bundle.predict(rows).tobytes() == trained.bundle.predict(rows).tobytes()


def test_seed_matters(trained: Trained, make_features: Make, train_on: Train) -> None:
    assert (train_on(make_features(), seed=2).test_probability != trained.test_probability).any()


def test_the_test_is_predicted_without_its_labels(
    trained: Trained, make_features: Make, plan_of: PlanOf, train_on: Train
) -> None:
    table = make_features()
    churned = table["churned"].to_numpy().copy()
    rows = judged(table, plan_of(8))
    churned[rows] = 1 - churned[rows]
    scrambled = train_on(table.set_column(2, "churned", pa.array(churned)))
    assert scrambled.test_probability.tobytes() == trained.test_probability.tobytes()
    assert scrambled.test_linear.tobytes() == trained.test_linear.tobytes()
    assert scrambled.choice.log_loss_by_share == trained.choice.log_loss_by_share
    assert scrambled.bundle.calibration != trained.bundle.calibration  # the refit may look: it comes after


def test_embargoed_rows_do_not_touch_the_test(
    trained: Trained, make_features: Make, plan_of: PlanOf, train_on: Train
) -> None:
    table, plan = make_features(), plan_of(8)
    division = divide_rows(table, plan)
    used = np.concatenate([division.test.train, division.test.judge])
    embargoed = np.setdiff1d(np.arange(table.num_rows), used)
    assert len(embargoed) > 0
    values = table["recency__days__all"].to_numpy(zero_copy_only=False).copy()
    values[embargoed] = 1e6
    place = table.column_names.index("recency__days__all")
    changed = table.set_column(place, "recency__days__all", pa.array(values, from_pandas=True))
    assert train_on(changed).test_probability.tobytes() == trained.test_probability.tobytes()


def test_the_chosen_share_has_the_least_loss(trained: Trained) -> None:
    losses = trained.choice.log_loss_by_share
    assert losses[trained.choice.linear_share] == min(losses.values())
    assert trained.bundle.linear_share == trained.choice.linear_share


@pytest.mark.parametrize("customers", [9, 5])  # five are too few for folds
def test_a_set_share_is_kept(
    customers: int, make_features: Make, train_on: Train, settings: ModelSettings
) -> None:
    found = train_on(make_features(customers, 1, seed=3), settings.model_copy(update={"linear_share": 0.25}))
    assert found.choice.linear_share == 0.25


@pytest.mark.parametrize(("customers", "count"), [(5, 1), (20, 1), (60, 1), (6, 3), (1, 12), (8, 8)])
def test_few_rows_train_without_trouble(
    customers: int, count: int, make_features: Make, train_on: Train
) -> None:
    table = make_features(customers, count, seed=3)
    found = train_on(table, threads=2)
    assert np.isfinite(found.test_probability).all()
    assert ((found.bundle.predict(table) > 0) & (found.bundle.predict(table) < 1)).all()
    assert found.choice.rounds >= 10


def test_customers_that_all_look_the_same_are_refused(make_features: Make, train_on: Train) -> None:
    alike = make_features(20, 1).select(["customer_id", "as_of", "churned"])
    with pytest.raises(DataRefused, match="look the same"):
        train_on(alike.append_column("orders__count__all", pa.array(np.ones(20))))


def test_a_column_that_is_new_in_the_test_is_not_used(make_features: Make, train_on: Train) -> None:
    table = make_features(40, 8)
    last = max(table["as_of"].to_pylist())
    dates = table["as_of"].to_pylist()
    late = [float(row % 2) if date == last else None for row, date in enumerate(dates)]
    found = train_on(table.append_column("late__count__7d", pa.array(late, pa.float32())))
    assert found.test_probability.tobytes() == train_on(table).test_probability.tobytes()
    assert "late__count__7d" in found.bundle.columns.names  # the refit has seen it


def test_another_recipe_is_judged_on_the_same_rows(
    trained: Trained, make_features: Make, plan_of: PlanOf, settings: ModelSettings
) -> None:
    table = make_features()
    division = divide_rows(table, plan_of(8))
    same = predict_by_recipe(table, division, settings, seed=1, threads=1)
    assert same.tobytes() == trained.test_probability.tobytes()
    other = predict_by_recipe(table, division, settings.model_copy(update={"leaves": 2}), seed=1, threads=1)
    assert (other != same).any()


# --- baselines -----------------------------------------------------------------------------------------


def test_the_recency_rule_ranks_by_silence_alone(
    make_features: Make, plan_of: PlanOf, settings: ModelSettings
) -> None:
    table = make_features()
    trial = divide_rows(table, plan_of(8)).test
    baselines = predict_baselines(table, trial, settings, horizon_days=14)
    assert set(baselines) == {"recency", "rfm_logistic"}
    silence = table["recency__days__all"].to_numpy(zero_copy_only=False)[trial.judge]
    known = ~np.isnan(silence)
    assert (np.diff(baselines["recency"][known][np.argsort(silence[known])]) >= -1e-12).all()
    assert ((baselines["recency"] > 0) & (baselines["recency"] < 1)).all()


def test_tenure_stands_in_for_recency_where_there_are_subscriptions(
    make_features: Make, plan_of: PlanOf, settings: ModelSettings
) -> None:
    table = make_features().rename_columns({"recency__days__all": "subscription__tenure__all"})
    table = table.drop_columns(["orders__count__all"])
    baselines = predict_baselines(table, divide_rows(table, plan_of(8)).test, settings, horizon_days=14)
    assert set(baselines) == {"recency", "rfm_logistic"}


def test_no_baseline_without_its_columns(
    make_features: Make, plan_of: PlanOf, settings: ModelSettings
) -> None:
    table = make_features().select(["customer_id", "as_of", "churned", "noise__0__all"])
    assert predict_baselines(table, divide_rows(table, plan_of(8)).test, settings, horizon_days=14) == {}


def test_progress_is_told(make_features: Make, plan_of: PlanOf, settings: ModelSettings) -> None:
    table, said = make_features(30, 8), list[str]()
    reasons = dict.fromkeys(table.column_names, "HABIT")
    train_model(table, divide_rows(table, plan_of(8)), settings, reasons, seed=1, threads=1, say=said.append)
    assert said[0].startswith("3 folds")
    assert [line.split(":")[0] for line in said if line.startswith("bag")] == [
        f"bag {bag + 1} of {settings.bags}" for _ in ("test", "refit") for bag in range(settings.bags)
    ]

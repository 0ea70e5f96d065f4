"""Training end to end on small tables: blind to the test, repeatable, robust on next to nothing."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from holdfast.errors import DataRefused
from holdfast.model.baselines import predict_baselines
from holdfast.model.settings import ModelSettings
from holdfast.model.splits import split_rows
from holdfast.model.training import TrainingResult, predict_with_settings, train_model
from holdfast.timeline.plan import Plan

Make = Callable[..., pa.Table]
PlanOf = Callable[[int], Plan]
Train = Callable[..., TrainingResult]


def rows_of_test(table: pa.Table, plan: Plan) -> np.ndarray:
    return split_rows(table, plan).test.valid


def auc(table: pa.Table, plan: Plan, probability: np.ndarray) -> float:
    return float(roc_auc_score(table["churned"].to_numpy()[rows_of_test(table, plan)], probability))


def test_what_drives_churn_is_found(trained: TrainingResult, make_features: Make, plan_of: PlanOf) -> None:
    assert auc(make_features(), plan_of(8), trained.test_probability) > 0.75
    assert trained.bundle.columns.names[0] == "recency__days__all"
    assert trained.bundle.reasons[0] == "RECENCY"


def test_shuffled_labels_are_a_coin(make_features: Make, plan_of: PlanOf, train_on: Train) -> None:
    noise = make_features(300, 8, seed=5, signal=0.0)
    found = train_on(noise)
    assert auc(noise, plan_of(8), found.test_probability) == pytest.approx(0.5, abs=0.07)
    assert np.abs(found.test_probability - 0.5).mean() < 0.1  # and the probabilities say so


def test_the_same_training_twice_is_the_same_whatever_the_threads(
    trained: TrainingResult, make_features: Make, train_on: Train
) -> None:
    again = train_on(make_features(), threads=2)
    assert again.test_probability.tobytes() == trained.test_probability.tobytes()
    rows = make_features(seed=3)
    assert again.bundle.predict(rows).tobytes() == trained.bundle.predict(rows).tobytes()


def test_seed_matters(trained: TrainingResult, make_features: Make, train_on: Train) -> None:
    assert (train_on(make_features(), seed=2).test_probability != trained.test_probability).any()


def test_the_test_is_predicted_without_its_labels(
    trained: TrainingResult, make_features: Make, plan_of: PlanOf, train_on: Train
) -> None:
    table = make_features()
    churned = table["churned"].to_numpy().copy()
    rows = rows_of_test(table, plan_of(8))
    churned[rows] = 1 - churned[rows]
    scrambled = train_on(table.set_column(2, "churned", pa.array(churned)))
    assert scrambled.test_probability.tobytes() == trained.test_probability.tobytes()
    assert scrambled.test_logistic.tobytes() == trained.test_logistic.tobytes()
    assert scrambled.cv.logits.trees.tobytes() == trained.cv.logits.trees.tobytes()
    assert scrambled.bundle.calibration != trained.bundle.calibration  # the refit may look: it comes after


def test_embargoed_rows_do_not_touch_the_test(
    trained: TrainingResult, make_features: Make, plan_of: PlanOf, train_on: Train
) -> None:
    table, plan = make_features(), plan_of(8)
    splits = split_rows(table, plan)
    used = np.concatenate([splits.test.train, splits.test.valid])
    embargoed = np.setdiff1d(np.arange(table.num_rows), used)
    assert len(embargoed) > 0
    values = table["recency__days__all"].to_numpy(zero_copy_only=False).copy()
    values[embargoed] = 1e6
    place = table.column_names.index("recency__days__all")
    changed = table.set_column(place, "recency__days__all", pa.array(values, from_pandas=True))
    assert train_on(changed).test_probability.tobytes() == trained.test_probability.tobytes()


@pytest.mark.parametrize("customers", [9, 5])  # five are too few for folds
def test_a_set_share_is_kept(
    customers: int, make_features: Make, train_on: Train, settings: ModelSettings
) -> None:
    found = train_on(
        make_features(customers, 1, seed=3), settings.model_copy(update={"logistic_weight": 0.25})
    )
    assert found.cv.logistic_weight == 0.25


@pytest.mark.parametrize(("customers", "count"), [(5, 1), (20, 1), (60, 1), (6, 3), (1, 12), (8, 8)])
def test_few_rows_train_without_trouble(
    customers: int, count: int, make_features: Make, train_on: Train
) -> None:
    table = make_features(customers, count, seed=3)
    found = train_on(table, threads=2)
    assert np.isfinite(found.test_probability).all()
    assert ((found.bundle.predict(table) > 0) & (found.bundle.predict(table) < 1)).all()
    assert found.cv.num_boost_round >= 10


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
    trained: TrainingResult, make_features: Make, plan_of: PlanOf, settings: ModelSettings
) -> None:
    table = make_features()
    splits = split_rows(table, plan_of(8))
    same = predict_with_settings(table, splits, settings, seed=1, threads=1)
    assert same.tobytes() == trained.test_probability.tobytes()
    other = predict_with_settings(
        table, splits, settings.model_copy(update={"num_leaves": 2}), seed=1, threads=1
    )
    assert (other != same).any()


# --- baselines -----------------------------------------------------------------------------------------


def test_the_recency_rule_ranks_by_silence_alone(
    make_features: Make, plan_of: PlanOf, settings: ModelSettings
) -> None:
    table = make_features()
    split = split_rows(table, plan_of(8)).test
    baselines = predict_baselines(table, split, settings, horizon_days=14)
    assert set(baselines) == {"recency", "rfm_logistic"}
    silence = table["recency__days__all"].to_numpy(zero_copy_only=False)[split.valid]
    known = ~np.isnan(silence)
    assert (np.diff(baselines["recency"][known][np.argsort(silence[known])]) >= -1e-12).all()
    assert ((baselines["recency"] > 0) & (baselines["recency"] < 1)).all()


def test_tenure_stands_in_for_recency_where_there_are_subscriptions(
    make_features: Make, plan_of: PlanOf, settings: ModelSettings
) -> None:
    table = make_features().rename_columns({"recency__days__all": "subscription__tenure__all"})
    table = table.drop_columns(["orders__count__all"])
    baselines = predict_baselines(table, split_rows(table, plan_of(8)).test, settings, horizon_days=14)
    assert set(baselines) == {"recency", "rfm_logistic"}


def test_no_baseline_without_its_columns(
    make_features: Make, plan_of: PlanOf, settings: ModelSettings
) -> None:
    table = make_features().select(["customer_id", "as_of", "churned", "noise__0__all"])
    assert predict_baselines(table, split_rows(table, plan_of(8)).test, settings, horizon_days=14) == {}


def test_progress_is_reported(make_features: Make, plan_of: PlanOf, settings: ModelSettings) -> None:
    table, said = make_features(30, 8), list[str]()
    reasons = dict.fromkeys(table.column_names, "HABIT")
    train_model(
        table, split_rows(table, plan_of(8)), settings, reasons, seed=1, threads=1, progress=said.append
    )
    assert said[0].startswith("3 folds")
    assert [line.split(":")[0] for line in said if line.startswith("bag")] == [
        f"bag {bag + 1} of {settings.n_bags}" for _ in ("test", "refit") for bag in range(settings.n_bags)
    ]

"""Which rows train and which validate: later dates where the log is long enough, else other customers."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from holdfast.errors import DataRefused
from holdfast.model.splits import random_ranks, split_rows
from holdfast.timeline.plan import Plan

Make = Callable[..., pa.Table]
PlanOf = Callable[[int], Plan]


def dates_of(table: pa.Table, rows: np.ndarray) -> set[dt.date]:
    return set(table["as_of"].take(pa.array(rows)).to_pylist())


def customers_of(table: pa.Table, rows: np.ndarray) -> set[str]:
    return set(table["customer_id"].take(pa.array(rows)).to_pylist())


def with_labels(table: pa.Table, churned: list[float]) -> pa.Table:
    return table.set_column(2, "churned", pa.array(churned))


def test_long_logs_are_divided_by_time(make_features: Make, plan_of: PlanOf) -> None:
    table, plan = make_features(50, 8), plan_of(8)
    assert plan.test is not None
    splits = split_rows(table, plan)
    assert (splits.folds_by, splits.test_by) == ("time", "time")
    assert dates_of(table, splits.test.train) == set(plan.test.train)
    assert dates_of(table, splits.test.valid) == set(plan.test.valid)
    assert [dates_of(table, fold.valid) for fold in splits.folds] == [set(fold.valid) for fold in plan.folds]


def test_one_date_is_divided_by_customers(make_features: Make, plan_of: PlanOf) -> None:
    table = make_features(200, 1)
    splits = split_rows(table, plan_of(1))
    assert (splits.folds_by, splits.test_by) == ("customers", "customers")
    assert len(splits.test.valid) == 50
    assert sorted([*splits.test.train, *splits.test.valid]) == list(range(200))


def test_nobody_is_on_both_sides_of_a_division_by_customers(make_features: Make, plan_of: PlanOf) -> None:
    table = make_features(60, 2)  # two dates a week apart: the embargo leaves nothing to train on
    splits = split_rows(table, plan_of(2))
    assert splits.test_by == "customers"
    assert len(splits.folds) == 3
    tested = customers_of(table, splits.test.valid)
    for split in (splits.test, *splits.folds):
        assert not customers_of(table, split.train) & customers_of(table, split.valid)
    for fold in splits.folds:
        assert not tested & (customers_of(table, fold.train) | customers_of(table, fold.valid))


def test_few_dates_are_tested_by_time_and_folded_by_customers(make_features: Make, plan_of: PlanOf) -> None:
    table = make_features(60, 3)
    splits = split_rows(table, plan_of(3))
    assert (splits.folds_by, splits.test_by) == ("customers", "time")
    tested = dates_of(table, splits.test.valid)
    assert not any(
        tested & (dates_of(table, fold.train) | dates_of(table, fold.valid)) for fold in splits.folds
    )


def test_folds_of_a_single_class_are_skipped(make_features: Make, plan_of: PlanOf) -> None:
    table, plan = make_features(50, 8), plan_of(8)
    lost = {fold.valid[0] for fold in plan.folds[:2]}
    labels = [
        1.0 if date in lost else label
        for date, label in zip(table["as_of"].to_pylist(), table["churned"].to_pylist(), strict=True)
    ]
    splits = split_rows(with_labels(table, labels), plan)
    assert [dates_of(table, fold.valid) for fold in splits.folds] == [set(plan.folds[2].valid)]


def test_training_dates_of_a_single_class_fall_back_to_customers(
    make_features: Make, plan_of: PlanOf
) -> None:
    table, plan = make_features(50, 8), plan_of(8)
    assert plan.test is not None
    trains = set(plan.test.train)
    labels = [
        0.0 if date in trains else label
        for date, label in zip(table["as_of"].to_pylist(), table["churned"].to_pylist(), strict=True)
    ]
    assert split_rows(with_labels(table, labels), plan).test_by == "customers"


@pytest.mark.parametrize("customers", [1, 2])
def test_too_few_customers_are_refused(customers: int, make_features: Make, plan_of: PlanOf) -> None:
    with pytest.raises(DataRefused, match="too few customers") as refused:
        split_rows(make_features(customers, 1), plan_of(1))
    assert refused.value.exit_code == 3


def test_groups_of_customers_are_stable_and_say_nothing_of_their_order() -> None:
    ids = [f"c{number:03}" for number in range(100)]
    ranks = random_ranks(pa.chunked_array([ids]))
    again = random_ranks(pa.chunked_array([ids[:30], ids[30:]]))
    assert ranks.tolist() == again.tolist()
    assert sorted(ranks) == list(range(100))
    assert abs(np.corrcoef(ranks, np.arange(100))[0, 1]) < 0.3

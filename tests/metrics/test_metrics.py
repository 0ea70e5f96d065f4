"""Figures of tiny sets of rows, worked out by hand, and intervals against scikit-learn and chance."""

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from holdfast.metrics.bootstrap import CustomerBootstrap, Interval
from holdfast.metrics.classification import (
    METRICS,
    calibration_error,
    compute_metrics,
    cumulative_gains,
    lift_at,
    quantile_bins,
)


def many_rows(rows=3000, customers=800, seed=3):
    """Snapshots with ties whose labels follow the probabilities: (churned, probability, customer)."""
    random = np.random.default_rng(seed)
    probability = np.round(random.beta(2, 5, rows), 2)
    churned = (random.random(rows) < probability).astype(int)
    return churned, probability, random.integers(0, customers, rows)


def ends(found: Interval) -> tuple[float, float]:
    """Both ends of an interval that must have them."""
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


def test_figures_of_four_rows():
    grades = compute_metrics(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.6, 0.1]))

    assert grades["auc"] == 0.75  # of the four pairs only (0.6, 0.8) is in the wrong order
    assert grades["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert grades["log_loss"] == pytest.approx(-math.log(0.9 * 0.2 * 0.6 * 0.9) / 4)
    assert grades["brier"] == pytest.approx((0.01 + 0.64 + 0.16 + 0.01) / 4)
    assert grades["ece"] == pytest.approx((0.1 + 0.8 + 0.4 + 0.1) / 4)  # a bin a row
    assert grades["top_decile_lift"] == 2  # the first row churned; half of all did
    assert (grades["rows"], grades["churned"], grades["base_rate"]) == (4, 2, 0.5)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_leaves_undefined_what_is_undefined(label):
    grades = compute_metrics(np.full(20, label), np.linspace(0, 1, 20))

    assert grades["auc"] is None
    assert grades["average_precision"] == (pytest.approx(1) if label else None)
    assert grades["top_decile_lift"] == (pytest.approx(1) if label else None)
    assert grades["base_rate"] == label
    assert grades["brier"] == pytest.approx(np.mean((np.linspace(0, 1, 20) - label) ** 2))


def test_no_rows_define_nothing_but_counts():
    grades = compute_metrics(np.array([]), np.array([]))

    assert {name for name, value in grades.items() if value is not None} == {"rows", "churned"}


@pytest.mark.parametrize(
    ("churned", "probability", "words"),
    [
        ([0, 1], [0.5], "one probability a label"),
        ([0, np.nan], [0.5, 0.5], "immature"),
        ([0, 1], [0.5, 1.2], r"in \[0, 1\]"),
        ([0, 1], [0.5, np.nan], r"in \[0, 1\]"),
    ],
)
def test_what_is_no_prediction_is_refused(churned, probability, words):
    with pytest.raises(ValueError, match=words):
        compute_metrics(np.array(churned), np.array(probability))


def test_bins_hold_equal_counts_and_never_part_ties():
    assert quantile_bins(np.array([0.4, 0.1, 0.3, 0.2]), 2).tolist() == [1, 0, 1, 0]
    assert quantile_bins(np.array([0.1, 0.5, 0.5, 0.5, 0.5, 0.9]), 3).tolist() == [0, 1, 1, 1, 1, 2]


def test_calibration_error_of_two_bins():
    probability = np.array([0.2, 0.2, 0.8, 0.8])

    assert calibration_error(np.array([0, 1, 1, 1]), probability, bins=2) == pytest.approx((0.3 + 0.2) / 2)


def test_ties_at_the_border_of_the_top_tenth_share_it():
    churned = np.array([1, 0, 0, 0, 0, 0, 0, 0, 0, 1])

    assert lift_at(churned, np.full(10, 0.3)) == pytest.approx(1)
    assert lift_at(churned, np.array([0.9, 0.9, *[0.1] * 8])) == pytest.approx(0.5 / 0.2)


def test_gain_counts_a_tie_at_its_end():
    rows, found = cumulative_gains(np.array([0, 1, 1, 0]), np.array([0.5, 0.5, 0.9, 0.1]))

    assert rows.tolist() == [0, 1, 3, 4]
    assert found.tolist() == [0, 1, 2, 2]


def test_the_order_of_rows_changes_nothing():
    churned, probability, customers = many_rows()
    shuffled = np.random.default_rng(1).permutation(len(churned))

    for metric in METRICS:
        assert compute_metrics(churned, probability)[metric] == pytest.approx(
            compute_metrics(churned[shuffled], probability[shuffled])[metric], rel=1e-12
        )
    one = CustomerBootstrap(customers, seed=4).interval("auc", churned, probability)
    bootstrap = CustomerBootstrap(customers[shuffled], seed=4)
    other = bootstrap.interval("auc", churned[shuffled], probability[shuffled])
    assert ends(one) == pytest.approx(ends(other), rel=1e-12)


def test_value_of_every_interval_is_the_grade_and_lies_inside():
    churned, probability, customers = many_rows()
    grades = compute_metrics(churned, probability)

    found = CustomerBootstrap(customers, seed=1).intervals(churned, probability)

    assert set(found) == set(METRICS)
    for metric, one in found.items():
        assert one.value == pytest.approx(grades[metric], rel=1e-9)
        low, high = ends(one)
        assert low < high
    low, high = ends(found["auc"])
    assert low < roc_auc_score(churned, probability) < high


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        ("auc", roc_auc_score),
        ("average_precision", average_precision_score),
        ("log_loss", log_loss),
        ("brier", brier_score_loss),
    ],
)
def test_interval_equals_drawing_customers_with_all_their_rows(metric, reference):
    churned, probability, customers = many_rows(rows=300, customers=60)
    random = np.random.default_rng(9)
    values = []
    for _ in range(40):
        drawn = random.integers(60, size=60)
        rows = np.concatenate([np.flatnonzero(customers == customer) for customer in drawn])
        values.append(reference(churned[rows], probability[rows]))

    found = CustomerBootstrap(customers, seed=9, replicates=40).interval(metric, churned, probability)

    assert len(np.unique(customers)) == 60
    assert ends(found) == pytest.approx(tuple(np.quantile(values, (0.025, 0.975))), rel=1e-9)


def test_repeating_customers_rows_does_not_narrow_the_interval():
    churned, probability, _ = many_rows(rows=400)
    customers = np.array([f"{row:03d}" for row in range(400)], dtype=object)

    once = CustomerBootstrap(customers).interval("auc", churned, probability)
    bootstrap = CustomerBootstrap(np.tile(customers, 3))
    thrice = bootstrap.interval("auc", np.tile(churned, 3), np.tile(probability, 3))

    assert ends(thrice) == pytest.approx(ends(once))


def test_paired_difference_sees_what_two_intervals_would_not():
    churned, probability, customers = many_rows()
    worse = np.where(np.arange(len(churned)) % 20 == 0, 0.5, probability)

    bootstrap, others = CustomerBootstrap(customers), {"worse": worse, "same": probability}
    differences = bootstrap.paired_differences(("auc",), churned, probability, others)
    better = differences["worse"]["auc"]

    by_hand = roc_auc_score(churned, probability) - roc_auc_score(churned, worse)
    assert better.value == pytest.approx(by_hand)
    assert ends(better)[0] > 0
    of_a, of_b = (bootstrap.interval("auc", churned, p) for p in (probability, worse))
    assert ends(of_a)[0] < ends(of_b)[1]  # unpaired they overlap
    assert differences["same"]["auc"] == Interval(0, 0, 0)


def test_interval_of_one_class_is_undefined():
    undefined = Interval(None, None, None)
    assert CustomerBootstrap(np.arange(9)).interval("auc", np.zeros(9), np.full(9, 0.1)) == undefined
    assert CustomerBootstrap(np.array([])).interval("log_loss", np.array([]), np.array([])) == undefined


@pytest.mark.parametrize(("churners", "has_interval"), [(1, False), (4, False), (5, True)])
def test_a_handful_of_churners_gives_no_interval(churners: int, has_interval: bool) -> None:
    """The only churner stands third of 200: the bootstrap would say AUC 0.97 to 1, whatever the model."""
    probability, churned = np.linspace(0.9, 0.1, 200), np.zeros(200, int)
    churned[2 : 2 + churners] = 1
    bootstrap, other = CustomerBootstrap(np.arange(200)), {"other": probability[::-1]}
    auc = bootstrap.interval("auc", churned, probability)
    assert auc.value == pytest.approx(1 - 2 / (200 - churners))
    assert (auc.low is not None) is has_interval
    gap = bootstrap.paired_differences(("auc",), churned, probability, other)["other"]["auc"]
    assert (gap.high is not None) is has_interval
    snapshots = CustomerBootstrap(np.repeat(np.arange(100), 2)).interval("auc", churned, probability)
    assert (snapshots.low is not None) is False  # two snapshots of one customer are one customer

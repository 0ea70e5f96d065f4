"""Parts of the rows: which are judged, what is called weak, and that chance is not."""

import numpy as np
import pytest

from holdfast.evaluation.segments import Predictions, evaluate_dates, evaluate_segments, flag_weak, terciles
from holdfast.metrics.classification import compute_metrics


def rows(count: int = 4000, seed: int = 0) -> Predictions:
    """Calibrated predictions, a customer a row, on two dates."""
    random = np.random.default_rng(seed)
    probability = random.beta(2, 5, count)
    return Predictions(
        churned=(random.random(count) < probability).astype(float),
        probability=probability,
        customers=np.arange(count),
        as_of=np.where(np.arange(count) % 2, "2024-03-01", "2024-02-01"),
        days_after_training=np.where(np.arange(count) % 2, 89, 60),
    )


def test_figures_of_a_group_are_those_of_its_rows():
    found = rows()
    country = np.where(np.arange(4000) < 3000, "GR", "LT").astype(object)
    country[:200] = None
    groups = evaluate_segments(found, {"country": country}, 0.1, seed=1)
    assert [(group["attribute"], group["group"], group["rows"]) for group in groups] == [
        ("country", "GR", 2800),
        ("country", "LT", 1000),
    ]
    expected = compute_metrics(found.churned[200:3000], found.probability[200:3000])
    assert {name: groups[0][name] for name in expected} == pytest.approx(expected)
    assert groups[0]["predicted"] == pytest.approx(found.probability[200:3000].mean())
    assert groups[0]["intervals"]["gap"]["value"] == pytest.approx(
        found.probability[200:3000].mean() - found.churned[200:3000].mean()
    )


def test_groups_too_small_for_figures_are_left_out():
    found = rows()
    names = np.array(["few"] * 199 + ["all stayed"] * 400 + ["many"] * 3401, dtype=object)
    found.churned[199:599] = 0
    assert [group["group"] for group in evaluate_segments(found, {"kind": names}, 0.1, seed=1)] == ["many"]


def weak_of(found: Predictions, names: np.ndarray) -> dict[str, list[str]]:
    groups = evaluate_segments(found, {"kind": names}, 0.1, seed=1)
    total = compute_metrics(found.churned, found.probability)
    auc = total["auc"]
    assert auc is not None
    flag_weak(groups, float(auc))
    return {group["group"]: group["weak"] for group in groups}


def test_a_group_that_is_ranked_by_chance_and_promised_too_much_is_named():
    found = rows()
    names = np.array([f"g{row % 8}" for row in range(4000)], dtype=object)
    odd = names == "g3"
    found.probability[odd] = np.random.default_rng(1).permutation(found.probability[odd])
    assert weak_of(found, names) == {f"g{one}": ["auc"] if one == 3 else [] for one in range(8)}
    found.probability[odd] = np.clip(found.probability[odd] + 0.3, 0, 1)
    assert weak_of(found, names)["g3"] == ["auc", "too_high"]


def test_too_much_and_too_little_are_meant_against_what_churned_not_against_the_models_own_mean():
    """Everywhere too little, most in one group: none may be said to predict too much."""
    found = rows()
    names = np.array([f"g{row % 4}" for row in range(4000)], dtype=object)
    found.probability[:] = np.clip(found.probability - np.where(names == "g3", 0.05, 0.15), 0.001, 1)
    weak = weak_of(found, names)
    assert all("too_low" in kinds for name, kinds in weak.items() if name != "g3")
    assert not any("too_high" in kinds for kinds in weak.values())


def test_chance_alone_is_rarely_called_weak():
    names = np.array([f"g{row % 16}" for row in range(4000)], dtype=object)
    alarms = [any(weak_of(rows(seed=seed), names).values()) for seed in range(12)]
    assert sum(alarms) <= 3  # of tables of 16 groups; one in twenty is meant to


def test_dates_are_judged_apart_with_their_distance():
    found = rows()
    dates = evaluate_dates(found, "test", 0.1, seed=1)
    assert [(date["as_of"], date["part"], date["days_after_training"]) for date in dates] == [
        ("2024-02-01", "test", 60),
        ("2024-03-01", "test", 89),
    ]
    assert [date["rows"] for date in dates] == [2000, 2000]
    expected = compute_metrics(found.churned[::2], found.probability[::2])
    assert dates[0]["auc"] == pytest.approx(expected["auc"])


def test_terciles_say_their_ends():
    groups = terciles(np.array([1.0, 2, 3, 4, 5, 6, np.nan]), "days")
    assert groups.tolist() == [
        "up to 2.7 days", "up to 2.7 days", "2.7 to 4.3 days", "2.7 to 4.3 days",
        "above 4.3 days", "above 4.3 days", None,
    ]  # fmt: skip
    assert terciles(np.full(3, 7.0), "days").tolist() == [None] * 3
    assert terciles(np.full(3, np.nan), "days").tolist() == [None] * 3

"""Pictures: what they show is in the arrays, and the same arrays are the same bytes."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from holdfast.reports.drivers import beeswarm_figure, importance_figure, label
from holdfast.reports.plots import calibration_bins, calibration_figure, gain_figure, lift_figure
from holdfast.reports.style import to_png

NAMES = ["spend__sum__90d", "recency__days_since_last__all", "tickets__opened__28d"]


@pytest.fixture(scope="module")
def predictions():
    random = np.random.default_rng(5)
    probability = random.beta(2, 6, 1200)
    return (random.random(1200) < probability).astype(int), probability


@pytest.fixture(scope="module")
def explained():
    values = np.random.default_rng(6).normal(size=(300, 3))
    values[::7, 1] = np.nan
    return np.nan_to_num(values) * [0.5, 1.0, 0.1], values


def figures(predictions, explained):
    (churned, probability), (contributions, values) = predictions, explained
    baselines = {"recency_rule": np.round(probability, 1)}
    return {
        "gain": gain_figure(churned, probability, baselines),
        "lift": lift_figure(churned, probability, baselines),
        "calibration": calibration_figure(churned, probability),
        "importance": importance_figure(np.abs(contributions).mean(axis=0), NAMES),
        "beeswarm": beeswarm_figure(contributions, values, NAMES),
    }


def test_same_arrays_are_the_same_bytes_and_numpy_is_left_as_it_was(predictions, explained):
    before = np.random.get_state(legacy=False)["state"]["key"].copy()
    contributions = explained[0].copy()

    first, second = (
        {name: to_png(figure) for name, figure in figures(predictions, explained).items()} for _ in range(2)
    )
    assert len(first) == 5
    assert all(content.startswith(b"\x89PNG") for content in first.values())
    assert first == second
    np.testing.assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], before)
    np.testing.assert_array_equal(explained[0], contributions)


def test_a_figure_is_laid_out_once(predictions, monkeypatch):
    figure, laid_out = calibration_figure(*predictions), []
    engine = figure.get_layout_engine()
    lay_out = engine.execute
    monkeypatch.setattr(engine, "execute", lambda given: laid_out.append(lay_out(given)))
    to_png(figure)
    assert len(laid_out) == 1


def lines(figure: Figure):
    return {line.get_label(): line.get_xydata() for line in figure.axes[0].get_lines()}


def test_gain_of_four_customers():
    drawn = lines(gain_figure(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.6, 0.1])))

    assert drawn["model"].tolist() == [[0, 0], [0.25, 0.5], [0.5, 0.5], [0.75, 1], [1, 1]]
    assert drawn["perfect"].tolist() == [[0, 0], [0.5, 1], [1, 1]]


def test_lift_ends_at_chance_and_baselines_are_named(predictions):
    churned, probability = predictions

    drawn = lines(lift_figure(churned, probability, {"recency_rule": np.zeros(1200)}))

    assert drawn["model"][-1].tolist() == [1, 1]
    assert drawn["model"][0, 1] > 1.5
    np.testing.assert_allclose(drawn["recency rule"][:, 1], 1)


def test_calibration_bins_hold_wilson_intervals():
    churned = np.repeat([1, 0], [10, 30])

    predicted, happened, low, high = calibration_bins(churned, np.full(40, 0.3))

    assert predicted == pytest.approx([0.3])
    assert happened == pytest.approx([0.25])
    assert (low[0], high[0]) == pytest.approx((0.1419, 0.4019), abs=1e-4)  # Wilson for 10 of 40


def test_small_tests_have_fewer_bins():
    predicted, *_ = calibration_bins(np.tile([0, 1], 25), np.linspace(0, 1, 50))

    assert len(predicted) == 2


def test_importance_shows_the_largest_at_the_top(explained):
    figure = importance_figure(np.abs(explained[0]).mean(axis=0), NAMES, shown=2)

    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == ["spend · sum · 90d", "recency · days since last · all"]


@pytest.mark.parametrize("churned", [np.zeros(30), np.ones(30)])
def test_one_class_is_drawn_without_a_warning(churned):
    probability = np.linspace(0, 1, 30)

    drawn = lines(gain_figure(churned, probability))

    assert np.isfinite(drawn["model"]).all()
    assert calibration_figure(churned, probability).axes
    assert np.isfinite(lines(lift_figure(churned, probability))["model"]).all()


def test_feature_without_any_value_is_drawn():
    values = np.full((50, 3), np.nan)

    assert beeswarm_figure(np.zeros((50, 3)), values, NAMES).axes


def test_label_is_for_people():
    assert label("tickets__median_response_hours__28d") == "tickets · median response hours · 28d"

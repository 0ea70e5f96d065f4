"""Pictures of features and seasons: what their lines and bars show."""

from typing import Any

import numpy as np
import pytest

from holdfast.explain.drivers import Drivers
from holdfast.reports.dependence import binned_mean, dependence_figure, halves, interaction_figure
from holdfast.reports.season import season_figure
from holdfast.reports.style import to_png

NAMES = ("recency__days__all", "profile__country__all")
LEVELS = {"profile__country__all": ("GR", "LT")}


def drivers(count=400, *, missing=False):
    random = np.random.default_rng(0)
    matrix = np.column_stack([random.random(count) * 100, random.integers(0, 2, count)]).astype(np.float32)
    matrix[:: 1 if missing else 10, 0] = np.nan
    added = np.column_stack([np.nan_to_num(matrix[:, 0]) / 100 - 0.5, matrix[:, 1] - 0.5])
    return Drivers(NAMES, ("LONG_SILENCE", "PROFILE"), LEVELS, matrix, added, None)


def test_the_line_is_the_mean_in_bins_of_equal_count():
    values, means = binned_mean(np.arange(24.0), np.arange(24.0) * 2)
    assert len(values) == 12
    assert means == pytest.approx(2 * values)
    assert binned_mean(np.full(5, 3.0), np.arange(5.0))[1].tolist() == [2.0]
    assert len(binned_mean(np.empty(0), np.empty(0))[0]) == 0


def test_halves_part_at_the_median_and_keep_what_is_missing_apart():
    found = halves(np.array([1.0, 2, 3, 4, np.nan]), None)
    assert {text: inside.tolist() for text, inside in found.items()} == {
        "up to 2.5": [True, True, False, False, False],
        "above 2.5": [False, False, True, True, False],
        "missing": [False, False, False, False, True],
    }
    assert list(halves(np.array([1.0, 1, 0]), ("GR", "LT"))) == ["LT", "GR"]
    assert list(halves(np.full(3, np.nan), None)) == ["missing"]


def test_panels_hold_points_for_numbers_and_bars_for_levels():
    figure = dependence_figure(drivers(), [0, 1])
    numbers, levels = figure.axes[:2]
    assert len(numbers.lines) == 3  # zero, points, mean
    bars: list[Any] = list(levels.patches)
    assert sorted(bar.get_width() for bar in bars) == pytest.approx([-0.5, 0.5])


@pytest.mark.parametrize("missing", [False, True])
def test_pictures_are_the_same_bytes_again(missing):
    drawn = [to_png(interaction_figure(drivers(missing=missing), (0, 1))) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert drawn[0].startswith(b"\x89PNG")


def test_the_season_shows_what_left_and_what_was_promised():
    grid: list[dict[str, Any]] = [
        {"as_of": "2024-01-01", "base_rate": 0.2},
        {"as_of": "2024-02-01", "base_rate": 0.3},
        {"as_of": "2024-03-01", "base_rate": None},
    ]
    judged = [{"as_of": "2024-02-01", "part": "test", "predicted": 0.25, "base_rate": 0.3}]
    figure = season_figure(grid, judged)
    left, promised, between = figure.axes[0].lines
    assert np.asarray(left.get_ydata()).tolist() == [0.2, 0.3]
    assert np.asarray(promised.get_ydata()).tolist() == [0.25]
    assert np.asarray(between.get_ydata()).tolist() == [0.25, 0.3]
    assert len(to_png(figure)) > 1000


def test_a_log_without_judged_dates_has_a_season_all_the_same():
    assert to_png(season_figure([{"as_of": "2024-01-01", "base_rate": 0.2}], [])).startswith(b"\x89PNG")

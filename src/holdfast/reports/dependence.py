"""Dependence plots: a feature's value against its SHAP contribution.

`matrix` holds the model's input, `contributions` the precomputed SHAP values (log-odds; above 0 raises churn
risk), both with one row per snapshot and one column per feature.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from holdfast.explain.drivers import Drivers
from holdfast.reports.drivers import label
from holdfast.reports.style import CHANCE, HEIGHT, MODEL, OTHERS, WIDTH, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[Any]

ACROSS = 2
PANEL_HEIGHT = 2.3  # inches
BINS = 12  # of equal count, for the line through the points
MOST_LEVELS = 8
TAIL = 0.01  # share of the values cut off at each end, because outliers would compress the plot


def dependence_figure(drivers: Drivers, places: Sequence[int]) -> "Figure":
    """One panel per feature: value against contribution, one point per snapshot, and the mean as a line."""
    with styled():
        down = -(-len(places) // ACROSS)
        figure = new_figure(0.4 + PANEL_HEIGHT * max(down, 1))
        panels = figure.subplots(max(down, 1), ACROSS, squeeze=False).ravel()
        for panel, place in zip(panels, places, strict=False):
            values = drivers.matrix[:, place].astype(np.float64)
            added = drivers.contributions[:, place]
            name = drivers.names[place]
            panel.axhline(0, color=CHANCE, linewidth=0.8)
            panel.set_title(label(name), fontsize=9, loc="left")
            if name in drivers.levels:
                draw_levels(panel, values, added, drivers.levels[name])
            else:
                draw_numbers(panel, values, added)
            panel.tick_params(labelsize=8)
        for panel in panels[len(places) :]:
            panel.set_visible(False)
        figure.supylabel("contribution (log-odds): up raises churn risk", fontsize=9)
        figure.set_size_inches(WIDTH, figure.get_size_inches()[1])
        return figure


def draw_numbers(axes: "Axes", values: Array, added: Array) -> None:
    """Points without the tails, and the mean contribution in bins of equal count."""
    inside = without_tails(values, np.isfinite(values))
    axes.plot(values[inside], added[inside], ".", color=MODEL, alpha=0.15, markersize=3, linewidth=0)
    axes.plot(*binned_mean(values[inside], added[inside]), color=OTHERS[0][0], linewidth=2)


def without_tails(values: Array, rows: Array) -> Array:
    """The rows whose value is not among the outermost."""
    if not rows.any():
        return rows
    low, high = np.quantile(values[rows], (TAIL, 1 - TAIL))
    inside: Array = rows & (values >= low) & (values <= high)
    return inside


def draw_levels(axes: "Axes", codes: Array, added: Array, levels: Sequence[str]) -> None:
    """The mean contribution of the most frequent categories."""
    valid = codes[np.isfinite(codes)].astype(np.intp)
    rows = np.bincount(valid, minlength=len(levels))
    shown = [level for level in np.argsort(-rows, kind="stable")[:MOST_LEVELS] if rows[level]][::-1]
    means = [float(added[codes == level].mean()) for level in shown]
    axes.barh(range(len(shown)), means, color=MODEL, height=0.6)
    axes.set_yticks(range(len(shown)), [levels[level][:18] for level in shown])
    axes.grid(visible=False, axis="y")


def interaction_figure(drivers: Drivers, pair: tuple[int, int]) -> "Figure":
    """The first feature's contribution, separately for low, high and missing values of the second."""
    first, second = pair
    values, other = (drivers.matrix[:, place].astype(np.float64) for place in pair)
    added, names = drivers.contributions[:, first], drivers.names
    with styled():
        figure = new_figure(HEIGHT - 0.8)
        axes = figure.subplots()
        axes.axhline(0, color=CHANCE, linewidth=0.8)
        for position, (text, rows) in enumerate(halves(other, drivers.levels.get(names[second])).items()):
            inside = rows & np.isfinite(values)
            if not inside.any():
                continue
            inside = without_tails(values, inside)
            colour, line = ((MODEL, "-"), *OTHERS)[position]
            axes.plot(values[inside], added[inside], ".", color=colour, alpha=0.12, markersize=3)
            means: Any = binned_mean(values[inside], added[inside])
            axes.plot(*means, color=colour, linewidth=2.2, label=text, linestyle=line)
        axes.set_xlabel(label(names[first]))
        axes.set_ylabel("its contribution (log-odds)")
        if axes.get_legend_handles_labels()[0]:  # else nothing is known of the first
            axes.legend(title=label(names[second]), loc="best", fontsize=9, title_fontsize=9)
        return figure


def halves(values: Array, levels: Sequence[str] | None) -> dict[str, NDArray[np.bool_]]:
    """The rows in the lower and the upper half of a feature, or in its two most frequent categories."""
    finite = np.isfinite(values)
    if not finite.any():
        return {"missing": ~finite}
    if levels is not None:
        rows = np.bincount(values[finite].astype(np.intp))
        parts = {levels[code]: values == code for code in np.argsort(-rows, kind="stable")[:2]}
    else:
        middle = float(np.median(values[finite]))
        lower, upper = finite & (values <= middle), finite & (values > middle)
        parts = {f"up to {middle:.3g}": lower, f"above {middle:.3g}": upper}
    return {text: rows for text, rows in (parts | {"missing": ~finite}).items() if rows.any()}


def binned_mean(values: Array, added: Array) -> tuple[Array, Array]:
    """Mean value and mean contribution in bins of equal count; equal values stay together."""
    if not len(values):
        return np.empty(0), np.empty(0)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)))
    part = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(len(edges) - 2, 0))
    rows = np.bincount(part)
    held = rows > 0
    return (
        np.bincount(part, weights=values)[held] / rows[held],
        np.bincount(part, weights=added)[held] / rows[held],
    )

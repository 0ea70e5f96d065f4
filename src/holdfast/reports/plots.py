"""Plots of a model's ranking and calibration.

Each function takes arrays with one element per snapshot (`churned` 0 or 1, `probability` in [0, 1]) and
returns a matplotlib figure.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from holdfast.metrics.classification import CALIBRATION_BINS, TOP_SHARE, cumulative_gains, quantile_bins
from holdfast.metrics.shares import wilson
from holdfast.reports.style import CHANCE, HEIGHT, MODEL, OTHERS, as_shares, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEWEST_A_BIN = 20  # rows; fewer say too little about a share
FIRST_LIFT = 0.01  # share of the rows from which on the lift is drawn: before, it is noise


def gain_figure(
    churned: NDArray[Any], probability: NDArray[Any], baselines: Mapping[str, NDArray[Any]] | None = None
) -> "Figure":
    """The gain curve: the share of churners among the first x% called, by the model and the baselines."""
    with styled():
        figure = new_figure()
        axes = figure.subplots()
        base_rate = float(np.mean(churned))
        for name, scores, look in _ranked(probability, baselines):
            rows, gains = cumulative_gains(churned, scores)
            axes.plot(rows / rows[-1], gains / max(gains[-1], 1), label=name, **look)
        axes.plot([0, base_rate, 1], [0, 1, 1], color=CHANCE, linewidth=1, label="perfect")
        axes.plot([0, 1], [0, 1], color=CHANCE, linewidth=1, linestyle=":", label="chance")
        axes.set(xlim=(0, 1), ylim=(0, 1.01))
        axes.set_xlabel("share of customers called, highest churn probability first")
        axes.set_ylabel("recall: share of all churners contacted")
        as_shares(axes)
        axes.legend(loc="lower right")
        return figure


def lift_figure(
    churned: NDArray[Any], probability: NDArray[Any], baselines: Mapping[str, NDArray[Any]] | None = None
) -> "Figure":
    """The churn rate of the first x% divided by that of all (lift)."""
    with styled():
        figure = new_figure()
        axes = figure.subplots()
        shares = np.linspace(FIRST_LIFT, 1, 200)
        for name, scores, look in _ranked(probability, baselines):
            rows, gains = cumulative_gains(churned, scores)
            lift = np.interp(shares, rows / rows[-1], gains / max(gains[-1], 1)) / shares
            axes.plot(shares, lift, label=name, **look)
        axes.axhline(1, color=CHANCE, linewidth=1, linestyle=":", label="chance")
        axes.axvline(TOP_SHARE, color=CHANCE, linewidth=0.8)
        axes.annotate(
            "top tenth",
            (TOP_SHARE, 1),
            xycoords=("data", "axes fraction"),
            xytext=(4, -10),
            textcoords="offset points",
            color="#4a4f57",
            fontsize=9,
        )
        axes.set(xlim=(0, 1), ylim=(0, None))
        axes.set_xlabel("share of customers called, highest churn probability first")
        axes.set_ylabel("lift: times the average churn rate")
        as_shares(axes, y=False)
        axes.legend(loc="upper right")
        return figure


def calibration_figure(churned: NDArray[Any], probability: NDArray[Any]) -> "Figure":
    """The calibration curve in bins of equal count, and the distribution of the predictions."""
    with styled():
        figure = new_figure(HEIGHT + 0.8)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        predicted, happened, low, high = calibration_bins(churned, probability)
        top = min(1.0, 1.04 * max(float(np.max(high)), float(np.quantile(probability, 0.999)), 0.02))
        upper.plot([0, top], [0, top], color=CHANCE, linewidth=1, linestyle=":", label="perfect")
        upper.errorbar(
            predicted, happened, yerr=(np.maximum(happened - low, 0), np.maximum(high - happened, 0)),
            color=MODEL, marker="o", markersize=4, linewidth=1.2, elinewidth=1, capsize=2.5,
            label="model, with 95% intervals",
        )  # fmt: skip
        upper.set(xlim=(0, top), ylim=(0, top))
        upper.set_ylabel("observed churn rate")
        upper.legend(loc="upper left")
        as_shares(upper)
        _histogram(lower, probability, top)
        return figure


def calibration_bins(
    churned: NDArray[Any], probability: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Bins of equal count: mean probability, share churned, and its 95% Wilson interval.

    Bins that ties leave empty are left out; small tests have fewer bins, of at least `FEWEST_A_BIN` rows.
    """
    bins = int(np.clip(len(churned) // FEWEST_A_BIN, 1, CALIBRATION_BINS))
    bin_of_row = quantile_bins(probability, bins)
    rows = np.bincount(bin_of_row, minlength=bins)
    held = rows > 0
    count = rows[held]
    predicted = np.bincount(bin_of_row, weights=probability, minlength=bins)[held] / count
    left = np.bincount(bin_of_row, weights=churned, minlength=bins)[held]
    return predicted, left / count, *wilson(left, count)


def _histogram(axes: "Axes", probability: NDArray[Any], top: float) -> None:
    axes.hist(probability, bins=np.linspace(0, top, 41).tolist(), color=MODEL, alpha=0.75)
    axes.set_xlabel("churn probability")
    axes.set_ylabel("customers")
    axes.grid(visible=False, axis="x")
    axes.locator_params(axis="y", nbins=3)
    as_shares(axes, y=False)


def _ranked(
    probability: NDArray[Any], baselines: Mapping[str, NDArray[Any]] | None
) -> list[tuple[str, NDArray[Any], dict[str, Any]]]:
    """The model and the baselines, each with its name and how its line looks; the model lies on top."""
    lines: list[tuple[str, NDArray[Any], dict[str, Any]]] = [
        ("model", probability, {"color": MODEL, "linewidth": 2.4, "zorder": 3})
    ]
    for position, (name, scores) in enumerate((baselines or {}).items()):
        colour, dashes = OTHERS[position % len(OTHERS)]
        look = {"color": colour, "linestyle": dashes, "linewidth": 1.4}
        lines.append((name.replace("_", " "), scores, look))
    return lines

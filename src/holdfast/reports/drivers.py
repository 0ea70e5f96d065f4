"""Plots of feature importance from precomputed SHAP contributions.

`contributions` and `values` have one row per snapshot and one column per feature, in the order of `names`.
Contributions are in log-odds; above 0 raises churn risk.
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from holdfast.reports.style import MODEL, WIDTH, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 15  # features
MOST_POINTS = 2000  # rows of a beeswarm; more hide each other
ROW_HEIGHT = 0.32  # inches


def importance_figure(importance: NDArray[Any], names: Sequence[str], shown: int = SHOWN) -> "Figure":
    """The mean absolute contribution of each feature (log-odds), the largest at the top."""
    with styled():
        order = np.argsort(-importance, kind="stable")[:shown][::-1]
        figure = new_figure(0.9 + ROW_HEIGHT * len(order))
        axes = figure.subplots()
        axes.barh(range(len(order)), importance[order], color=MODEL, height=0.65)
        axes.set_yticks(range(len(order)), [label(names[feature]) for feature in order])
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("mean size of the contribution (log-odds)")
        return figure


def beeswarm_figure(
    contributions: NDArray[Any], values: NDArray[Any], names: Sequence[str], shown: int = SHOWN
) -> "Figure":
    """A beeswarm plot: one point per snapshot and feature, coloured by the feature's value.

    `values` are numbers, with NaN for missing (drawn grey); at most MOST_POINTS evenly spaced rows are drawn.
    """
    rows = np.linspace(0, len(contributions) - 1, min(len(contributions), MOST_POINTS)).astype(int)
    with styled(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features that are missing in every row
        import shap

        figure = new_figure(1.0 + ROW_HEIGHT * min(shown, len(names)))
        axes = figure.subplots()
        explanation = shap.Explanation(
            values=np.array(contributions[rows], dtype=np.float64),  # a copy: shap adds up the rest in place
            data=np.array(values[rows], dtype=np.float64),
            feature_names=[label(name) for name in names],
        )
        # shap scatters the points with NumPy's global generator: fixed for the same picture, then put back.
        state = np.random.get_state()
        np.random.seed(0)
        try:
            shap.plots.beeswarm(explanation, max_display=shown, ax=axes, show=False, plot_size=None, s=7)
        finally:
            np.random.set_state(state)
        axes.set_xlabel("contribution (log-odds): right raises churn risk", fontsize=10)
        axes.tick_params("x", labelsize=10)
        axes.tick_params("y", labelsize=10, length=0)
        axes.grid(visible=False)
        if len(figure.axes) > 1:
            colours = figure.axes[1]
            colours.set_ylabel("value of the feature", size=10, labelpad=-6)
            colours.tick_params(labelsize=9)
            colours.set_yticks([0, 1], ["low", "high"])
        figure.set_size_inches(WIDTH, figure.get_size_inches()[1])
        return figure


def label(name: str) -> str:
    """A feature's column name for people: `spend__sum__90d` is `spend · sum · 90d`."""
    return name.replace("__", " · ").replace("_", " ")

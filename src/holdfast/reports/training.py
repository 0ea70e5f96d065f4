"""The plots and the page of a trained model, from its card, its test predictions and its drivers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from holdfast.artifacts.models import Model
from holdfast.explain.drivers import Drivers
from holdfast.reports.dependence import dependence_figure, interaction_figure
from holdfast.reports.drivers import beeswarm_figure, importance_figure
from holdfast.reports.model import render_model_page
from holdfast.reports.plots import calibration_figure, gain_figure, lift_figure
from holdfast.reports.season import season_figure
from holdfast.reports.style import to_png

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOP = 6  # features with a dependence plot
BASELINE = "baseline__"


def render_model(model: Model) -> dict[str, bytes]:
    """report.html and plots/*.png of a model."""
    card, predictions, drivers = model.card(), model.test_predictions(), model.drivers()
    assert predictions is not None, "a model that was just trained has its test predictions"
    churned = predictions["churned"].to_numpy()
    probability = predictions["churn_probability"].to_numpy()
    baselines = {
        name.removeprefix(BASELINE): predictions[name].to_numpy()
        for name in predictions.column_names
        if name.startswith(BASELINE)
    }
    figures = {
        "gain": gain_figure(churned, probability, baselines),
        "lift": lift_figure(churned, probability, baselines),
        "calibration": calibration_figure(churned, probability),
        "season": season_figure(card["timeline"]["grid"], card["by_date"]),
        "dependence": dependence_figure(drivers, [int(place) for place in drivers.order()[:TOP]]),
    }
    if drivers.interaction is not None:
        first, second, _ = drivers.interaction
        figures["interaction"] = interaction_figure(
            drivers, (drivers.names.index(first), drivers.names.index(second))
        )
    figures |= driver_figures(drivers, drivers.importance, drivers.names)
    plots = {name: to_png(figure) for name, figure in figures.items()}
    pages = {f"plots/{name}.png": content for name, content in plots.items()}
    return {"report.html": render_model_page(card, plots), **pages}


def driver_figures(
    drivers: Drivers, importance: NDArray[np.float64], names: Sequence[str]
) -> "dict[str, Figure]":
    """The figures `importance` and `beeswarm`."""
    values = drivers.matrix.astype(np.float64)
    return {
        "importance": importance_figure(importance, names),
        "beeswarm": beeswarm_figure(drivers.contributions, values, drivers.names),
    }

"""The plots of an explanation: what drives churn at one as-of date."""

from holdfast.artifacts.explanations import Explanations
from holdfast.reports.style import to_png
from holdfast.reports.training import driver_figures


def render_explanations(explanations: Explanations) -> dict[str, bytes]:
    """importance.png and beeswarm.png."""
    importance = explanations.importance()
    sizes, names = importance["mean_abs_contribution"].to_numpy(), importance["feature"].to_list()
    figures = driver_figures(explanations.drivers(), sizes, names)
    return {f"{name}.png": to_png(figure) for name, figure in figures.items()}

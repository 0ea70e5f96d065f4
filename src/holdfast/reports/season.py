"""A plot of the churn rate at each as-of date, and what was predicted for the dates that were evaluated."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from holdfast.reports.style import CHANCE, HEIGHT, MODEL, OTHERS, as_shares, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOOKS = {"fold": ("predicted, folds", OTHERS[1][0], "s"), "test": ("predicted, test", OTHERS[0][0], "D")}


def season_figure(grid: Sequence[Mapping[str, Any]], judged: Sequence[Mapping[str, Any]]) -> "Figure":
    """The churn rate at each date of the timeline, with the mean probability where the model was evaluated.

    Args:
        grid, judged: `timeline.grid` and `by_date` of a card.
    """
    with styled():
        figure = new_figure(HEIGHT - 1.0)
        axes = figure.subplots()
        measured = [date for date in grid if date["base_rate"] is not None]
        times: Any = [day(date) for date in measured]
        axes.plot(
            times, [date["base_rate"] for date in measured], "o-",
            color=MODEL, markersize=4, linewidth=1.4, label="churned",
        )  # fmt: skip
        for part, (text, colour, marker) in LOOKS.items():
            dates = [date for date in judged if date["part"] == part and date["predicted"] is not None]
            if not dates:
                continue
            predicted = np.array([date["predicted"] for date in dates])
            places: Any = [day(date) for date in dates]
            axes.plot(places, predicted, marker, color=colour, markersize=6, linewidth=0, label=text)
            for place, date in zip(places, dates, strict=True):
                axes.plot([place, place], [date["predicted"], date["base_rate"]], color=CHANCE, linewidth=1)
        top = max(
            [date["base_rate"] for date in measured] + [date["predicted"] or 0.0 for date in judged],
            default=0.1,
        )
        axes.set_ylim(0, min(1.0, 1.25 * top) or 0.1)
        axes.set_xlabel("as-of date")
        axes.set_ylabel("share of the customers")
        as_shares(axes, x=False)
        axes.legend(loc="lower left", ncols=3)
        return figure


def day(date: Mapping[str, Any]) -> dt.date:
    """The as-of date of a row."""
    return dt.date.fromisoformat(str(date["as_of"]))

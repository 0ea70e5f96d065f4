"""Plots of the retention report: churn by period, recurring revenue, cohorts and curves."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from holdfast.reports.outcome_plots import spans
from holdfast.reports.style import CHANCE, MODEL, OTHERS, as_shares, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINES = ((MODEL, "-"), *OTHERS)
MAX_LINES = len(LINES)
COLOURS = "Blues"


def churn_figure(rows: Sequence[dict[str, Any]]) -> "Figure":
    """The churn rate of each period with its interval."""
    measured = [row for row in rows if row["churn_rate"] == row["churn_rate"]]
    seen, low, high = (
        [float(row[name]) for row in measured] for name in ("churn_rate", "churn_low", "churn_high")
    )
    with styled():
        figure = new_figure(3.2)
        axes = figure.subplots()
        places = np.arange(len(measured))
        axes.errorbar(
            places, seen, yerr=spans(seen, low, high), fmt="o-", color=MODEL, capsize=3, elinewidth=1.4
        )
        label_periods(axes, [row["period"] for row in measured])
        axes.set_ylim(0, 1.1 * max([0.02, *high]))
        as_shares(axes, x=False)
        axes.set_ylabel("churn rate")
        return figure


def revenue_figure(revenue: pd.DataFrame) -> "Figure":
    """The movements of MRR in each period: gains above the line, losses below."""
    gains, losses = ("new", "reactivated", "expansion"), ("churned", "contraction")
    with styled():
        figure = new_figure(3.4)
        axes = figure.subplots()
        places = np.arange(len(revenue))
        for names, sign in ((gains, 1), (losses, -1)):
            base = np.zeros(len(revenue))
            for name in names:
                height = revenue[name].to_numpy(float)
                if height.any():
                    colour = LINES[[*gains, *losses].index(name)][0]
                    axes.bar(places, sign * height, bottom=sign * base, width=0.7, color=colour, label=name)
                base += height
        axes.axhline(0, color=CHANCE, linewidth=1)
        label_periods(axes, list(revenue["period"]))
        axes.set_ylabel("change of MRR")
        figure.legend(loc="outside upper right", ncols=5, fontsize=9)
        return figure


def cohorts_figure(cohorts: pd.DataFrame) -> "Figure":
    """The share of each cohort in each month after its first, as a heat map with numbers."""
    table = cohorts.pivot(index="cohort", columns="month", values="share")
    sizes = cohorts.drop_duplicates("cohort").set_index("cohort")["customers"]
    with styled():
        figure = new_figure(1.1 + 0.28 * len(table))
        axes = figure.subplots()
        values = table.to_numpy(float)
        axes.imshow(values, cmap=COLOURS, vmin=0, vmax=1, aspect="auto")
        for row, column in zip(*np.nonzero(np.isfinite(values)), strict=True):
            value = values[row, column]
            axes.text(
                column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=8,
                color="white" if value > 0.55 else "#1b2733",
            )  # fmt: skip
        axes.set_xticks(range(table.shape[1]), [str(month) for month in table.columns])
        axes.set_yticks(range(len(table)), [f"{name} ({sizes[name]:,})" for name in table.index], fontsize=9)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        axes.set_xlabel("months after the first; numbers are per cent")
        return figure


def curves_figure(curves: pd.DataFrame) -> "Figure":
    """The share not yet lost by days as a customer, with intervals, one line per group."""
    with styled():
        figure = new_figure(3.6)
        axes = figure.subplots()
        groups = list(curves.groupby("group", sort=False))
        for (colour, line), (name, rows) in zip(LINES, groups[:MAX_LINES], strict=False):
            shape: Any = {"color": colour, "linestyle": line, "drawstyle": "steps-post", "label": str(name)}
            axes.plot(rows["days"], rows["share"], **shape)
            axes.fill_between(
                rows["days"], rows["low"], rows["high"], color=colour, alpha=0.12, linewidth=0, step="post"
            )
        axes.set_ylim(0, 1.02)
        axes.set_xlim(left=0)
        as_shares(axes, x=False)
        axes.set_xlabel("days as a customer")
        axes.set_ylabel("not yet lost")
        if len(groups) > 1:
            figure.legend(loc="outside upper right", ncols=4, fontsize=9)
        return figure


def label_periods(axes: Any, labels: Sequence[str]) -> None:
    """Write at most twelve of the periods below the axis."""
    step = max(1, -(-len(labels) // 12))
    shown = range(len(labels) - 1, -1, -step)
    axes.set_xticks(list(shown), [labels[place] for place in shown], rotation=45 if len(labels) > 6 else 0)
    axes.grid(visible=False, axis="x")

"""Drift plots: a column's distribution at training and now; scores and results over the scoring runs."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from holdfast.reports.style import CHANCE, DPI, MODEL, OTHERS, as_shares, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TINY = (1.6, 0.44)  # inches
AFTER, LINE = OTHERS[0]


def shares_figure(then: NDArray[Any], now: NDArray[Any], missing: bool) -> "Figure":
    """The shares of a column's bins in training (bars) and now (steps); nulls stand apart at the right.

    Args:
        then, now: counts by bin; the last is that of the nulls. missing: whether there is any.
    """
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=TINY, dpi=DPI)
        axes = figure.add_axes((0, 0, 1, 1))
        shares = [counts / max(1, counts.sum()) for counts in (then, now)]
        places = np.arange(len(then), dtype=float)
        places[-1] += 0.6
        shown = slice(None) if missing else slice(None, -1)
        axes.bar(places[shown], shares[0][shown], width=0.9, color=CHANCE, alpha=0.55)
        left, right = places[shown] - 0.45, places[shown] + 0.45
        axes.hlines(shares[1][shown], left, right, color=MODEL, linewidth=1.6)
        axes.vlines(places[shown], 0, shares[1][shown], color=MODEL, linewidth=0.6, alpha=0.5)
        axes.set_ylim(0, 1.08 * max(0.05, *(float(share[shown].max()) for share in shares)))
        axes.set_xlim(places[0] - 0.6, places[shown][-1] + 0.6)
        axes.axis("off")
        return figure


def trend_figure(trend: pd.DataFrame) -> "Figure":
    """Mean probability and share at high risk over the scoring runs; below, the index against the test."""
    with styled():
        figure = new_figure(4.0)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        days = pd.to_datetime(trend["as_of"]).to_numpy()
        upper.plot(days, trend["mean"], color=MODEL, marker="o", markersize=4, label="mean probability")
        high = trend["high_share"].astype(float)
        upper.plot(
            days, high, color=AFTER, linestyle=LINE, marker="s", markersize=4,
            label="share at high risk (a tenth of the test)",
        )  # fmt: skip
        upper.set_ylim(0, 1.4 * max(0.05, float(np.nanmax([*trend["mean"], *high.fillna(0)]))))
        upper.legend(loc="upper left", fontsize=9, ncols=2)
        as_shares(upper, x=False)
        psi = trend["psi"].astype(float)
        lower.plot(days, psi, color=MODEL, marker="o", markersize=4)
        for limit in (0.1, 0.25):
            lower.axhline(limit, color=CHANCE, linewidth=0.8, linestyle=":")
        lower.set_ylim(0, max(0.3, 1.15 * float(np.nanmax([*psi.fillna(0)]))))
        lower.set_ylabel("PSI against the test")
        dates_below(lower)
        return figure


def results_figure(results: pd.DataFrame, test: dict[str, Any]) -> "Figure":
    """Observed AUC with intervals beside that of the test; below, predicted and observed churn.

    Args:
        results: the rows of the group `all` with an AUC, one per date. test: the same metrics of the test.
    """
    days = pd.to_datetime(results["as_of"]).to_numpy()

    def with_interval(axes: "Axes", name: str, label: str) -> float:
        """Draw a figure with its interval; returns the highest end."""
        value, low, high = (results[name + end].to_numpy(float) for end in ("", "_low", "_high"))
        axes.errorbar(
            days, value, yerr=(np.maximum(value - low, 0), np.maximum(high - value, 0)), color=MODEL,
            marker="o", markersize=5, linewidth=1.2, elinewidth=1, capsize=3, label=label,
        )  # fmt: skip
        return float(np.nanmax([0.05, *high]))

    with styled():
        figure = new_figure(4.6)
        upper, lower = figure.subplots(2, 1, sharex=True)
        with_interval(upper, "auc", "what happened, with 95% intervals")
        if test.get("auc_low") is not None:
            upper.axhspan(test["auc_low"], test["auc_high"], color=CHANCE, alpha=0.2, linewidth=0)
            upper.axhline(test["auc"], color=CHANCE, linewidth=1.2, label="the model's test")
        upper.set_ylabel("AUC")
        upper.legend(loc="best", fontsize=9)
        top = with_interval(lower, "observed", "left, with 95% intervals")
        predicted = results["predicted"]
        lower.plot(days, predicted, color=AFTER, linestyle=LINE, marker="s", markersize=4, label="predicted")
        lower.set_ylim(0, 1.4 * max(top, float(np.nanmax(predicted))))
        lower.legend(loc="upper left", fontsize=9, ncols=2)
        as_shares(lower, x=False)
        dates_below(lower)
        return figure


def dates_below(axes: "Axes") -> None:
    """Format the time axis with concise dates."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=2, maxticks=7)  # type: ignore[no-untyped-call]  # matplotlib's own gap
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # likewise

"""Plots of a list's outcomes: churn by group and the effect of contacting, with intervals."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from holdfast.reports.style import CHANCE, MODEL, OTHERS, as_shares, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW, EDGES = 0.36, 1.1  # inches: of a row, and around all rows
LONGEST = 44  # letters of a label's line
MOST = 24  # rows


def groups_figure(groups: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> "Figure":
    """Predicted and observed churn of each group, with 95% intervals; the first group at the top."""
    rows = [row for row in groups if row["observed"] is not None]
    with styled():
        figure = new_figure(EDGES + ROW * max(1, len(rows)))
        axes = figure.subplots()
        places = range(len(rows), 0, -1)
        seen, low, high, said = (
            [float(row[key]) for row in rows] for key in ("observed", "low", "high", "predicted")
        )
        axes.errorbar(
            seen, list(places), xerr=spans(seen, low, high), fmt="o", color=MODEL, markersize=6,
            elinewidth=1.6, capsize=3, label="churned, with 95% intervals",
        )  # fmt: skip
        axes.plot(said, list(places), linestyle="none", marker="D", markersize=5, color=OTHERS[0][0],
                  fillstyle="none", label="predicted")  # fmt: skip
        axes.set_yticks(list(places), [names[row["group"]] for row in rows])
        axes.set_xlim(0, min(1.0, 1.08 * max([0.05, *high, *said])))
        axes.set_ylim(0.4, len(rows) + 0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        as_shares(axes, y=False)
        axes.set_xlabel("churn rate")
        figure.legend(loc="outside upper right", ncols=2, fontsize=9)
        return figure


def effects_figure(effects: Sequence[tuple[str, Mapping[str, Any]]]) -> "Figure":
    """Churn reduction in points, the whole list at the top; contacting helped right of the line.

    Args:
        effects: name, and saved, low and high as shares.
    """
    rows = effects[:MOST]
    labels = [textwrap.fill(name, LONGEST) for name, _ in rows]
    heights = [1 + 0.45 * label.count("\n") for label in labels]
    places = [-sum(heights[: at + 1]) + heights[at] / 2 for at in range(len(rows))]
    with styled():
        figure = new_figure(EDGES + ROW * sum(heights))
        axes = figure.subplots()
        axes.axvline(0, color=CHANCE, linewidth=1)
        for place, (_, row) in zip(places, rows, strict=True):
            first = place == places[0]
            seen, low, high = (100 * float(row[key]) for key in ("saved", "low", "high"))
            axes.errorbar(
                [seen], [place], xerr=spans([seen], [low], [high]), fmt="D" if first else "o", color=MODEL,
                markersize=7 if first else 5, elinewidth=2.4 if first else 1.4, capsize=3,
            )  # fmt: skip
        axes.set_yticks(places, labels, fontsize=9)
        axes.set_ylim(-sum(heights), 0)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("churn reduction (points), with 95% intervals", loc="right")
        return figure


def spans(seen: Sequence[float], low: Sequence[float], high: Sequence[float]) -> list[list[float]]:
    """The distances of an interval's ends from its estimate."""
    down = [max(0.0, value - edge) for value, edge in zip(seen, low, strict=True)]
    up = [max(0.0, edge - value) for value, edge in zip(seen, high, strict=True)]
    return [down, up]

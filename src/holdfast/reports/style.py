"""The style of all plots: one size and a palette safe for colour-blind readers."""

import contextlib
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 6.4, 4.4  # inches
DPI = 150
MODEL = "#0b5394"
CHANCE = "#8a8f98"
OTHERS = (
    ("#c2571a", "--"),
    ("#3d7a46", "-."),
    ("#7b4fa3", (0, (1, 1))),
    ("#946b00", (0, (4, 1, 1, 1, 1, 1))),
)

_STYLE: Any = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same picture on every machine
    "font.size": 10,
    "axes.edgecolor": "#6b7078",
    "axes.labelcolor": "#2b2f36",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e8eb",
    "grid.linewidth": 0.8,
    "xtick.color": "#4a4f57",
    "ytick.color": "#4a4f57",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "date.converter": "concise",
}


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """Draw in Holdfast's style, and restore the caller's matplotlib settings afterwards."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        yield


def new_figure(height: float = HEIGHT) -> "Figure":
    """An empty figure without a window or pyplot state."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")


def as_shares(axes: "Axes", *, x: bool = True, y: bool = True) -> None:
    """Write the numbers of the chosen axes as per cent."""
    from matplotlib.ticker import PercentFormatter

    for chosen, axis in ((x, axes.xaxis), (y, axes.yaxis)):
        if chosen:
            axis.set_major_formatter(PercentFormatter(1, decimals=None))


def to_png(figure: "Figure") -> bytes:
    """A figure as PNG; the same figure is the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    content = io.BytesIO()
    with styled():  # not by `savefig`, which lays the figure out a second time for the same pixels
        FigureCanvasAgg(figure).print_png(content, metadata={"Software": None})
    return content.getvalue()

"""What the summaries share: tables, figures, paths."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from holdfast.artifacts.tracked import Tracked
from holdfast.runtime.context import RunContext
from holdfast.runtime.tracking.stores import tracking_uri
from holdfast.secrets import redact
from holdfast.terminal import WIDE, width_of

Parts = Iterator[Any]
SHORT = 9  # characters of a number that is never wrapped

FIGURES = {
    "auc": "AUC", "average_precision": "avg precision", "log_loss": "log loss", "ece": "calibration error",
}  # fmt: skip


def figures(metrics: dict[str, Any]) -> list[str]:
    """Test metrics as text."""
    return ["–" if metrics[name] is None else f"{metrics[name]:.3f}" for name in FIGURES]


def paths(what: str, folder: Path, context: RunContext) -> str:
    """The paths of an artifact and its page, and the tracking URI."""
    return f"{what:<15}{folder}\nreport         {folder / 'report.html'}\n{runs(context)}"


def runs(context: RunContext) -> str:
    """The tracking URI of MLflow."""
    if context.config.tracking.name == "off":
        return "MLflow runs    off"
    uri = tracking_uri(context.config.tracking, context.root.path)
    waiting = len(Tracked(context.root, uri).waiting)
    note = f"{waiting} results wait to be sent" if waiting else "holdfast ui"
    return f"MLflow runs    {redact(uri)}  ({note})"


def read_rows(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def table(title: str | None, columns: list[str], rows: list[tuple[Any, ...]]) -> Table:
    """A plain table with text aligned left and numbers aligned right."""
    narrow = (width_of() or WIDE) < WIDE
    grid = Table(title=None if title is None else Text(title), title_justify="left")
    for index, column in enumerate(columns):
        text = index == 0 or column in ("rules broken", "reason", "column", "severity", "found")
        short = narrow and not text and max((len(str(row[index])) for row in rows), default=0) <= SHORT
        grid.add_column(
            column.replace(" ", "\n") if short else column,
            justify="left" if text else "right", overflow="fold", no_wrap=short,
        )  # fmt: skip
    for row in rows:
        grid.add_row(*(Text(str(cell)) for cell in row))
    return grid

"""Paths of decisions and control groups. The CS team must not see them: they name held-out customers.

data/holdout/.runs/<selection>/decisions.parquet           one row an eligible customer
data/holdout/.runs/<selection>/held_out.parquet            the control group of the at-risk list
data/holdout/.runs/<selection>/win_back_held_out.parquet   the control group of the win-back list
data/holdout/<as_of>.parquet → held_out.parquet            a link for the current list of a date
"""

import datetime as dt
from pathlib import Path
from typing import Any

from holdfast.artifacts.artifact import Root

DECISIONS, HELD_OUT, WIN_BACK_HELD_OUT = (
    f"{name}.parquet" for name in ("decisions", "held_out", "win_back_held_out")
)


def holdouts_folder(root: Root) -> Path:
    """The folder of the control groups of all lists."""
    return root.data / "holdout"


def holdout_link(root: Root, date: dt.date) -> Path:
    """The link to the control group of the current list of a date."""
    return holdouts_folder(root) / f"{date}.parquet"


def decisions_file(root: Root, manifest: dict[str, Any]) -> Path:
    """The file with a published list's decision on every customer."""
    return _selection(root, manifest) / DECISIONS


def holdout_files(root: Root, manifest: dict[str, Any]) -> list[Path]:
    """The files of the control groups of a published list and, if there is one, its win-back list."""
    held_out, win_back = (_selection(root, manifest) / name for name in (HELD_OUT, WIN_BACK_HELD_OUT))
    return [held_out, win_back] if win_back.exists() else [held_out]


def _selection(root: Root, manifest: dict[str, Any]) -> Path:
    """The folder of the selection that a published list was made from, by the list's manifest."""
    return holdouts_folder(root) / ".runs" / str(manifest["selection"])

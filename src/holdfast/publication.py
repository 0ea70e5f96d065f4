"""Publishing a list: an immutable folder a run, and links that switch to it in one step."""

import datetime as dt
import re
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from holdfast.layout import Layout
from holdfast.storage import MANIFEST, point, read_json, writing

PARQUET = "at_risk.parquet"
LATEST = "latest"
A_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Published(NamedTuple):
    """A list as it was published: its folder, and its manifest."""

    folder: Path
    manifest: dict[str, Any]


def published_dates(layout: Layout) -> list[dt.date]:
    """The as-of dates of all published lists, oldest first."""
    return dates_in(layout.lists)


def dates_in(folder: Path) -> list[dt.date]:
    """The as-of dates that a folder has a folder of (or a link to one) for, oldest first."""
    if not folder.is_dir():
        return []
    named = (one for one in folder.iterdir() if A_DATE.fullmatch(one.name) and one.exists())
    return sorted(dt.date.fromisoformat(one.name) for one in named)


def published_before(layout: Layout, day: dt.date) -> list[dt.date]:
    """Those of the lists before a day, oldest first."""
    return [date for date in published_dates(layout) if date < day]


def previous_list(layout: Layout, as_of: dt.date) -> Path | None:
    """The folder of the newest list before `as_of`."""
    earlier = published_before(layout, as_of)
    return (layout.lists / str(earlier[-1])).resolve() if earlier else None


def read_list(folder: Path | None) -> pd.DataFrame | None:
    """The rows of a published list."""
    return None if folder is None else pd.read_parquet(folder / PARQUET)


def earlier_holdouts(layout: Layout, as_of: dt.date) -> list[Path]:
    """The hold-outs of all published lists before `as_of`, oldest first; those of win-back lists too."""
    earlier = published_before(layout, as_of)
    runs = [(layout.lists / str(date)).resolve().name for date in earlier]
    files = [(layout.holdout_of_run(run), layout.win_back_holdout_of_run(run)) for run in runs]
    return [file for held, back in files for file in (held, *([back] if back.exists() else []))]


def read_holdouts(paths: list[Path]) -> pd.DataFrame | None:
    """Hold-outs of several lists, one below the other."""
    frames = [pd.read_parquet(path) for path in paths]
    return pd.concat(frames, ignore_index=True) if frames else None


def keep_holdout(
    layout: Layout,
    run_id: str,
    held_out: pd.DataFrame,
    decisions: pd.DataFrame,
    win_back: pd.DataFrame | None = None,
) -> None:
    """Write a run's held-out customers, and all its decisions, apart from the folder that the team reads.

    Args:
        win_back: the held out of its win-back list; None: there is none.
    """
    kept = {layout.holdout_of_run(run_id): held_out, layout.decisions_of_run(run_id): decisions}
    if win_back is not None:
        kept[layout.win_back_holdout_of_run(run_id)] = win_back
    for path, table in kept.items():
        with writing(path) as temporary:
            table.to_parquet(temporary, index=False)


def publish(layout: Layout, as_of: dt.date, run_id: str) -> None:
    """Make a finished run the list of `as_of`, and the latest one if no later list stands.

    One rename decides: the date's. `latest` follows it, as it points at the date; and the hold-out that
    counts is that of the run which the date points at.
    """
    later = [date for date in published_dates(layout) if date > as_of]
    point(layout.holdouts / f"{as_of}.parquet", layout.holdout_of_run(run_id))
    point(layout.lists / str(as_of), layout.run(run_id))
    if not later:
        point(layout.lists / LATEST, layout.lists / str(as_of))


def run_of(folder: Path) -> str | None:
    """The run id of a published folder."""
    manifest = read_json(folder / MANIFEST)
    return None if manifest is None else str(manifest["run_id"])

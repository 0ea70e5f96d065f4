"""Published lists: what the team works with.

data/at_risk/.runs/<run_id>/   immutable: at_risk.csv, .xlsx, .parquet, report.html, win_back.*, the manifest
data/at_risk/<as_of>           a link to .runs/<run_id>: the list that stands at a date; one rename publishes
data/at_risk/latest            a link to <as_of>: the newest list
data/at_risk/published.jsonl   when each list was published, one JSON object a line
"""

import datetime as dt
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from holdfast.artifacts.artifact import Artifact, Key, Root, before, dates_in
from holdfast.artifacts.holdouts import decisions_file, holdout_files, holdout_link, holdouts_folder
from holdfast.files import point_link, read_json, sha256_file, write_text
from holdfast.outcomes.randomized import RandomizedList, Selected

PARQUET, CSV, REPORT = "at_risk.parquet", "at_risk.csv", "report.html"
LATEST = "latest"


class PublishedList(Artifact):
    """One list as the team gets it; its manifest counts every step and hashes every file."""

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        return lists_folder(root) / ".runs" / key.fingerprint[:12]

    @property
    def run_id(self) -> str:
        """Its name."""
        return str(self.manifest["run_id"])

    @property
    def model_version(self) -> str:
        """The model that scored."""
        return str(self.manifest["model_version"])

    @property
    def outreach_settings(self) -> dict[str, Any]:
        """The settings of `conf/outreach/` that it was made with."""
        found: dict[str, Any] = self.manifest["settings"]["outreach"]
        return found

    @property
    def language(self) -> str | None:
        """The language of its texts; None: not known."""
        found: str | None = self.manifest["settings"].get("language")
        return found

    def listed(self, columns: list[str] | None = None) -> pd.DataFrame:
        """The customers to contact (see `outreach.lists.COLUMNS`), by rank."""
        return pd.read_parquet(self.folder / PARQUET, columns=columns)


def lists_folder(root: Root) -> Path:
    """The lists by as-of date, and `latest`."""
    return root.data / "at_risk"


def write_list(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files of a list (name → content)."""
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def publish(root: Root, published: PublishedList, at: dt.datetime) -> None:
    """Make a finished list that of its as-of date, and point `latest` at the newest list that stands.

    One rename decides: the date's. `latest` follows it, as it points at the date; and the control group
    that counts is that of the list which the date points at. A link to a list that was removed is no
    newer list.
    """
    date = published.as_of
    if published_on(root, published) is None:
        entry = {"as_of": str(date), "run_id": published.run_id, "at": at.isoformat(timespec="seconds")}
        path = publications_file(root)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        write_text(path, before + json.dumps(entry) + "\n")
    point_link(holdout_link(root, date), holdout_files(root, published.manifest)[0])
    point_link(lists_folder(root) / str(date), published.folder)
    newest = max(dates_in(lists_folder(root)))
    point_link(lists_folder(root) / LATEST, lists_folder(root) / str(newest))


def sweep_unpublished(root: Root) -> None:
    """Remove decisions of which no list was made: a killed run drew them, nobody was called by them."""
    lists = (lists_folder(root) / ".runs").glob("*/manifest.json")
    used = {str((read_json(manifest) or {}).get("selection")) for manifest in lists}
    for folder in (holdouts_folder(root) / ".runs").glob("*"):
        if folder.is_dir() and folder.name not in used:
            shutil.rmtree(folder, ignore_errors=True)


def publications_file(root: Root) -> Path:
    """When each list was published."""
    return lists_folder(root) / "published.jsonl"


def published_on(root: Root, published: PublishedList) -> dt.date | None:
    """The day (UTC) on which a list was first published; None: that was not kept."""
    path = publications_file(root)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    entries = (json.loads(line) for line in lines)
    days = [one["at"] for one in entries if one["run_id"] == published.run_id]
    return dt.datetime.fromisoformat(days[0]).date() if days else None


def latest(root: Root) -> PublishedList | None:
    """The list that `latest` points at; None: there is none."""
    return PublishedList.open(lists_folder(root) / LATEST)


# --- questions to the history ---------------------------------------------------------------------


class ListHistory:
    """The published lists, or those before a day, oldest first."""

    def __init__(self, root: Root, day: dt.date | None = None) -> None:
        self.root = root
        dates = dates_in(lists_folder(root))
        self.dates = dates if day is None else before(dates, day)

    def digest(self) -> Any:
        """The list that stands at each date; a list never changes."""
        return {str(date): published.run_id for date, published in self.items()}

    def at(self, date: dt.date) -> PublishedList:
        """The list that stands at a date."""
        found = PublishedList.open(lists_folder(self.root) / str(date))
        assert found is not None, f"the list of {date} has no manifest"
        return found

    def items(self) -> list[tuple[dt.date, PublishedList]]:
        """The lists by date."""
        return [(date, self.at(date)) for date in self.dates]

    @property
    def newest(self) -> PublishedList | None:
        """The newest of them; None: there is none."""
        return self.at(self.dates[-1]) if self.dates else None

    def holdouts(self) -> "Holdouts":
        """Who was held out of them."""
        return Holdouts([file for _, one in self.items() for file in holdout_files(self.root, one.manifest)])

    def customers(self, date: dt.date) -> set[str]:
        """Who is on the list of a date."""
        return ids_of(lists_folder(self.root) / str(date) / PARQUET)

    def held_out(self, date: dt.date) -> set[str]:
        """Who was held out of the list of a date."""
        return ids_of(holdout_link(self.root, date))

    def randomized(self, date: dt.date) -> RandomizedList | None:
        """A list as an experiment; None: what it decided about each customer was not kept."""
        published = self.at(date)
        decisions = decisions_file(self.root, published.manifest)
        if not decisions.is_file():
            return None
        return RandomizedList(
            as_of=date,
            model_version=published.model_version,
            outcome_window_end=dt.date.fromisoformat(published.manifest["outcome_window_end"]),
            settings=published.outreach_settings,
            decisions=pd.read_parquet(decisions),
            published_on=published_on(self.root, published),
        )

    def keeps_decisions(self, date: dt.date) -> bool:
        """Whether what a list decided about each customer is still there."""
        return decisions_file(self.root, self.at(date).manifest).is_file()

    def selected(self) -> Iterator[Selected]:
        """Who was selected on each list, on it or held out of it."""
        for date, published in self.items():
            customers = self.customers(date) | self.held_out(date)
            yield Selected(date, published.outreach_settings["holdout_days"], customers)


class Holdouts:
    """The control groups of several lists, oldest first, those of win-back lists too."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.files = list(files)

    def digest(self) -> Any:
        """The bytes of every file."""
        return [sha256_file(file) for file in self.files]

    def table(self) -> pd.DataFrame | None:
        """One below the other (see `outreach.lists.HELD_OUT_COLUMNS`); None: there were no lists."""
        frames = [pd.read_parquet(file) for file in self.files]
        return pd.concat(frames, ignore_index=True) if frames else None


def ids_of(path: Path) -> set[str]:
    """The customers of a Parquet file; nobody where there is none."""
    if not path.exists():
        return set()
    return set(pq.read_table(path, columns=["customer_id"], partitioning=None)["customer_id"].to_pylist())

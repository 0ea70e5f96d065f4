"""Published lists, which the CS team works with.

data/at_risk/.runs/<run_id>/   immutable: at_risk.csv, .xlsx, .parquet, report.html, win_back.*,
                               payment_recovery.*, the manifest
data/at_risk/<as_of>           a link to .runs/<run_id>, the current list of a date; one rename publishes it
data/at_risk/latest            a link to the <as_of> of the last list
data/at_risk/published.jsonl   the time at which each list was published, one JSON object a line
"""

import contextlib
import datetime as dt
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import Artifact, History, Key, Root, dates_in
from holdfast.artifacts.holdouts import decisions_file, holdout_files, holdout_link, holdouts_folder
from holdfast.artifacts.tables import read_frame
from holdfast.errors import DataRefused, GuardRefused
from holdfast.files import (
    MANIFEST,
    append_json_line,
    point_link,
    read_json,
    read_json_lines,
    sha256_file,
)
from holdfast.storage import read_table

if TYPE_CHECKING:
    import pandas as pd

    from holdfast.outcomes.randomized import RandomizedList, Selected


PARQUET, CSV, REPORT = "at_risk.parquet", "at_risk.csv", "report.html"
LATEST = "latest"


class PublishedList(Artifact):
    """One list as the team gets it; the manifest holds the counts of the selection funnel."""

    kind = "at_risk"

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        return lists_folder(root) / ".runs" / key.fingerprint[:12]

    @property
    def run_id(self) -> str:
        """The name of its folder."""
        return str(self.manifest["run_id"])

    @property
    def model_version(self) -> str:
        """The version of the model that scored the customers."""
        return str(self.manifest["model_version"])

    @property
    def outreach_settings(self) -> dict[str, Any]:
        """The settings of `conf/outreach/` that it was made with."""
        return dict(self.manifest["settings"]["outreach"])

    @property
    def language(self) -> str:
        """The language of its texts."""
        return str(self.manifest["settings"]["language"])

    def listed(self, columns: list[str] | None = None) -> "pd.DataFrame":
        """The customers to contact (see `outreach.columns.COLUMNS`), by rank."""
        return read_frame(self.folder / PARQUET, columns)

    def first(self, count: int) -> list[dict[str, Any]]:
        """The first customers to contact, by rank."""
        rows: list[dict[str, Any]] = read_table(self.folder / PARQUET).slice(0, count).to_pylist()
        return rows


def lists_folder(root: Root) -> Path:
    """The folder of all lists, with a link for each as-of date and `latest`."""
    return PublishedList.parent(root)


def write_list(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files of a list (name → content)."""
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def publish(root: Root, published: PublishedList, at: dt.datetime) -> None:
    """Make a finished list the current one of its as-of date, and point `latest` at the last date.

    Replacing the link of the date publishes the list in one step. `latest` points at a date's link, so it
    follows. Links to lists that were removed are ignored.
    """
    date = published.as_of
    if published_on(root, published) is None:
        entry = {"as_of": str(date), "run_id": published.run_id, "at": at.isoformat(timespec="seconds")}
        append_json_line(publications_file(root), entry)
    point_link(holdout_link(root, date), holdout_files(root, published.manifest)[0])
    point_link(lists_folder(root) / str(date), published.folder)
    last_date = max(dates_in(lists_folder(root)))
    point_link(lists_folder(root) / LATEST, lists_folder(root) / str(last_date))


def sweep_unpublished(root: Root) -> None:
    """Remove decisions of killed runs that no list used, so that nobody was contacted because of them.

    Decisions with the same files as those of a published list stay: a later run decided the same and reused
    the list.
    """
    runs = holdouts_folder(root) / ".runs"
    lists = (lists_folder(root) / ".runs").glob("*/manifest.json")
    used = {str((read_json(manifest) or {}).get("selection")) for manifest in lists}
    unused = [folder for folder in runs.glob("*") if folder.is_dir() and folder.name not in used]
    if not unused:
        return
    kept = [written for name in used if (written := _files(runs / name)) is not None]
    for folder in unused:
        if _files(folder) not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _files(folder: Path) -> dict[str, str] | None:
    """The SHA-256 of each file by the manifest of a folder; None: it has no manifest."""
    return (read_json(folder / MANIFEST) or {}).get("files")


def publications_file(root: Root) -> Path:
    """The log of publications."""
    return lists_folder(root) / "published.jsonl"


def published_on(root: Root, published: PublishedList) -> dt.date | None:
    """The day (UTC) on which a list was first published; None: the log has no entry."""
    entries = read_json_lines(publications_file(root))
    times = [entry["at"] for entry in entries if entry["run_id"] == published.run_id]
    return dt.datetime.fromisoformat(times[0]).date() if times else None


def latest(root: Root) -> PublishedList | None:
    """The list that the link `latest` points at; None if no list is published."""
    return PublishedList.open(lists_folder(root) / LATEST)


# --- history --------------------------------------------------------------------------------------


class ListHistory(History[PublishedList]):
    """The published lists, or those before a day, oldest first."""

    kind = PublishedList

    def digest(self) -> Any:
        """The run id of each date's current list; a list never changes."""
        return {str(date): published.run_id for date, published in self.items()}

    def at(self, date: dt.date) -> PublishedList:
        """The current list of a date."""
        published = self.find(date)
        assert published is not None, f"the list of {date} has no manifest"
        return published

    def items(self) -> list[tuple[dt.date, PublishedList]]:
        """The lists by date."""
        return [(date, self.at(date)) for date in self.dates]

    def holdouts(self) -> "Holdouts":
        """The control groups of the lists."""
        return Holdouts(
            [file for _, published in self.items() for file in holdout_files(self.root, published.manifest)]
        )

    def customers(self, date: dt.date) -> set[str]:
        """The customers on the list of a date."""
        return _customer_ids(lists_folder(self.root) / str(date) / PARQUET)

    def held_out(self, date: dt.date) -> set[str]:
        """The control group of the list of a date."""
        with readable_holdouts():
            return _customer_ids(holdout_link(self.root, date))

    def randomized(self, date: dt.date) -> "RandomizedList | None":
        """A list as a randomized experiment; None: its decisions are gone."""
        from holdfast.outcomes.randomized import RandomizedList

        published = self.at(date)
        decisions = decisions_file(self.root, published.manifest)
        if not decisions.is_file():
            return None
        return RandomizedList(
            as_of=date,
            model_version=published.model_version,
            outcome_window_end=dt.date.fromisoformat(published.manifest["outcome_window_end"]),
            settings=published.outreach_settings,
            decisions=read_frame(decisions),
            published_on=published_on(self.root, published),
        )

    def experiment(self, date: dt.date) -> "RandomizedList":
        """A list as a randomized experiment.

        Raises:
            DataRefused: its decisions are gone.
        """
        randomized = self.randomized(date)
        if randomized is None:
            raise DataRefused(
                "the decisions of the list are gone",
                where=f"list_date={date}",
                found="its folder below data/holdout was deleted",
                next_step="choose a later list",
            )
        return randomized

    def randomized_before(self, day: dt.date) -> "list[RandomizedList]":
        """The lists before a day whose decisions still exist, oldest first."""
        lists = (self.randomized(date) for date in self.dates if date < day)
        return [randomized for randomized in lists if randomized is not None]

    def keeps_decisions(self, date: dt.date) -> bool:
        """Whether the decisions of a list still exist."""
        return decisions_file(self.root, self.at(date).manifest).is_file()

    def selected(self) -> "Iterator[Selected]":
        """The selected customers of each list: listed and held out."""
        from holdfast.outcomes.randomized import Selected

        for date, published in self.items():
            customers = self.customers(date) | self.held_out(date)
            yield Selected(date, published.outreach_settings["holdout_days"], customers)


class Holdouts:
    """The control groups of several lists and win-back lists, oldest first."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.files = list(files)

    def digest(self) -> Any:
        """The hash of every file."""
        return [sha256_file(file) for file in self.files]

    def table(self) -> "pd.DataFrame | None":
        """All control groups in one table (see `outreach.columns.HELD_OUT_COLUMNS`); None: no lists.

        Raises:
            GuardRefused: a file is unreadable, so that a held-out customer might be called.
        """
        import pandas as pd

        with readable_holdouts():
            frames = [read_frame(file) for file in self.files]
        return pd.concat(frames, ignore_index=True) if frames else None


@contextlib.contextmanager
def readable_holdouts() -> Iterator[None]:
    """Refuse hold-outs that cannot be read: a held-out customer might be called."""
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise GuardRefused(
            "the control groups of earlier lists cannot be read: no list is made",
            where="data/holdout",
            found=type(error).__name__,
            expected="the control group of every published list",
            next_step="restore the folder from a backup, or remove those lists from data/at_risk",
        ) from error


def _customer_ids(path: Path) -> set[str]:
    """The customer ids of a Parquet file; empty where the file does not exist."""
    return set(read_table(path, ["customer_id"])["customer_id"].to_pylist()) if path.exists() else set()

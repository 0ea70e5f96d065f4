"""The pages that artifacts leave, with their states, for the front page data/index.html.

A folder whose manifest is missing or damaged is listed all the same, with what cannot be read.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from holdfast.artifacts.artifact import PAGES, Root, dates_in
from holdfast.artifacts.audits import Audit
from holdfast.artifacts.lists import LATEST, PublishedList, lists_folder, publications_file
from holdfast.artifacts.models import CARD, champion_link, models_folder
from holdfast.artifacts.monitor import MonitorFindings
from holdfast.artifacts.outcomes import Outcomes
from holdfast.artifacts.retention import Retention
from holdfast.files import MANIFEST
from holdfast.outreach.page.front_words import STATES

REPORT, FRONT = "report.html", "index.html"
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)  # of a damaged or missing file


class PageState(NamedTuple):
    """What became of an artifact.

    Attributes:
        code: one of `outreach.page.front_words.STATES`.
        figures: the values of its sentence; counts are integers, shares are floats.
    """

    code: str
    figures: Mapping[str, Any] = MappingProxyType({})


class LinkedPage(NamedTuple):
    """One page.

    Attributes:
        date: the as-of date or name of its artifact.
        link: relative to the front page; None: the artifact has no page.
        state: such as `published`; `missing`, `damaged` or `other version` if a file cannot be read.
        manifest: empty if it cannot be read.
        current: whether it is the list of its date, or not a list.
    """

    date: str
    link: str | None
    state: PageState
    manifest: Mapping[str, Any]
    current: bool = True


StateOf = Callable[[Root, Path, Mapping[str, Any]], PageState]


def front_page(root: Root) -> Path:
    """The page that links to all others."""
    return root.data / FRONT


# --- states -----------------------------------------------------------------------------------------


def _model(root: Root, folder: Path, manifest: Mapping[str, Any]) -> PageState:
    in_use = champion_link(root).resolve() == folder.resolve()
    code = manifest["gate"]["decision"] + (", in use" if in_use else "")
    return PageState(code, {"grade": _read(folder / CARD)["grade"]})


def _audit(_: Root, __: Path, manifest: Mapping[str, Any]) -> PageState:
    counts = {name: int(manifest["counts"][name]) for name in ("leak", "suspicious", "note")}
    return PageState("findings", counts) if any(counts.values()) else PageState("no findings")


def _data(_: Root, __: Path, manifest: Mapping[str, Any]) -> PageState:
    tables = manifest["tables"].values()
    return PageState(
        "rows", {name: sum(table[name] for table in tables) for name in ("accepted", "rejected")}
    )


def _verdict(_: Root, __: Path, manifest: Mapping[str, Any]) -> PageState:
    return PageState(str(manifest["verdict"]))


def _retention(_: Root, __: Path, manifest: Mapping[str, Any]) -> PageState:
    rates = manifest["last_rates"]
    return (
        PageState("retention", {"rate": float(rates["retention_rate"])}) if rates else PageState("no period")
    )


# Kind of page → the folder of its artifacts, and their states. A new kind of page is one line.
SHELVES: Mapping[str, tuple[Callable[[Root], Path], StateOf]] = {
    "Retention": (Retention.parent, _retention),
    "Outcomes": (Outcomes.parent, _verdict),
    "Models": (models_folder, _model),
    "Monitoring": (MonitorFindings.parent, _verdict),
    "Audits": (Audit.parent, _audit),
    "Data": (lambda root: root.data / "validated", _data),
}


# --- pages ------------------------------------------------------------------------------------------


def pages_of(root: Root, heading: str) -> list[LinkedPage]:
    """The pages below a heading of SHELVES, the last as-of date first."""
    parent, state_of = SHELVES[heading]
    return [_page(root, folder, state_of) for folder in reversed(_folders(parent(root)))]


def list_pages(root: Root) -> list[LinkedPage]:
    """The pages of all lists, the last as-of date first, the current list of a date before replaced ones."""
    links = {str(date): (lists_folder(root) / str(date)).resolve() for date in dates_in(lists_folder(root))}
    log = set(_published_runs(root))

    def state(_: Root, folder: Path, manifest: Mapping[str, Any]) -> PageState:
        if links.get(manifest["as_of"]) == folder.resolve():
            return PageState("published")
        if folder.name not in log:
            return PageState("set aside")
        return PageState("replaced" if manifest["as_of"] in links else "withdrawn")

    pages = []
    for folder in _folders(lists_folder(root) / ".runs"):
        page = _page(root, folder, state)
        date = str(page.manifest.get("as_of", folder.name))
        current = links.get(date) == folder.resolve()
        link = f"{PublishedList.kind}/{date}/{REPORT}" if current and page.link else page.link
        pages.append(page._replace(date=date, current=current, link=link))
    return sorted(pages, key=lambda page: (page.date, page.current), reverse=True)


def states_digest(root: Root) -> str:
    """Text that changes whenever a page or its state may have changed. It reads no file."""
    watched = [publications_file(root), champion_link(root), lists_folder(root) / LATEST]
    watched += [lists_folder(root) / str(date) for date in dates_in(lists_folder(root))]
    for parent in (lists_folder(root) / ".runs", *(parent(root) for parent, _ in SHELVES.values())):
        watched += [folder / name for folder in _folders(parent) for name in (MANIFEST, PAGES, REPORT)]
    return "\n".join(f"{path} {_stamp(path)}" for path in watched)


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.lstat()
    except OSError:
        return ()
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def _folders(parent: Path) -> list[Path]:
    """The folders of artifacts; no links, and nothing half-written."""
    if not parent.is_dir():
        return []
    return sorted(
        Path(entry.path)
        for entry in os.scandir(parent)
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
    )


def _page(root: Root, folder: Path, state_of: StateOf) -> LinkedPage:
    """The page of an artifact's folder."""
    manifest: Mapping[str, Any] = {}
    try:
        manifest = _read(folder / MANIFEST)
        state = state_of(root, folder, manifest)
        if set(state.figures) != STATES[state.code]:
            raise ValueError(state.code)
    except UNREADABLE as error:
        state = _problem(folder, error)
    link = os.path.relpath(folder / REPORT, root.data) if (folder / REPORT).is_file() else None
    return LinkedPage(folder.name, link, state, manifest)


def _problem(folder: Path, error: Exception) -> PageState:
    if isinstance(error, OSError):
        return PageState("missing", {"file": Path(str(error.filename)).name})
    return PageState("damaged" if isinstance(error, ValueError) else "other version", {"file": folder.name})


def _read(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ValueError: the file holds something else.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} holds no object")
    return content


def _published_runs(root: Root) -> Iterator[str]:
    """The run ids in the log of publications; damaged lines are passed over."""
    try:
        lines = publications_file(root).read_text(encoding="utf-8").splitlines()
    except UNREADABLE:
        return
    for line in lines:
        try:
            yield str(json.loads(line)["run_id"])
        except UNREADABLE:
            continue

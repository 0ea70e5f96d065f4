"""The pages that artifacts leave, with their states, for the front page data/index.html.

A folder whose manifest is missing or damaged is listed all the same, with what cannot be read.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from holdfast.artifacts.artifact import PAGES, Root, dates_in
from holdfast.artifacts.audits import Audit
from holdfast.artifacts.lists import LATEST, PublishedList, lists_folder, publications_file
from holdfast.artifacts.models import CARD, champion_link, models_folder
from holdfast.artifacts.monitor import MonitorFindings
from holdfast.artifacts.outcomes import CONTENT, Outcomes
from holdfast.artifacts.retention import Retention
from holdfast.files import MANIFEST

REPORT, FRONT = "report.html", "index.html"
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)  # of a damaged or missing file


class LinkedPage(NamedTuple):
    """One page.

    Attributes:
        date: the as-of date or name of its artifact.
        link: relative to the front page; None: the artifact has no page.
        state: such as `published` or `grade A, promoted`; a problem if a file cannot be read.
        manifest: empty if it cannot be read.
        current: whether it is the list of its date, or not a list.
    """

    date: str
    link: str | None
    state: str
    manifest: Mapping[str, Any]
    current: bool = True


State = Callable[[Root, Path, Mapping[str, Any]], str]


def front_page(root: Root) -> Path:
    """The page that links to all others."""
    return root.data / FRONT


# --- states -----------------------------------------------------------------------------------------


def _model(root: Root, folder: Path, about: Mapping[str, Any]) -> str:
    grade = _read(folder / CARD)["grade"]
    champion = ", in use" if champion_link(root).resolve() == folder.resolve() else ""
    return f"grade {grade}, {about['gate']['decision']}{champion}"


def _audit(_: Root, __: Path, about: Mapping[str, Any]) -> str:
    counts = about["counts"]
    found = [f"{counts[name]} {name}" for name in ("leak", "suspicious", "note") if counts[name]]
    return ", ".join(found) or "nothing found"


def _data(_: Root, __: Path, about: Mapping[str, Any]) -> str:
    tables = about["tables"].values()
    accepted, rejected = (sum(table[name] for table in tables) for name in ("accepted", "rejected"))
    return f"{accepted:,} rows accepted, {rejected:,} rejected"


def _verdict(_: Root, __: Path, about: Mapping[str, Any]) -> str:
    return str(about["verdict"])


def _retention(_: Root, __: Path, about: Mapping[str, Any]) -> str:
    rates = about["last_rates"]
    return f"retention rate {rates['retention_rate']:.1%}" if rates else "no complete period"


# Heading → the folder of its artifacts, and their states. A new kind of page is one line.
SHELVES: Mapping[str, tuple[Callable[[Root], Path], State]] = {
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
    parent, state = SHELVES[heading]
    return [_page(root, folder, state) for folder in reversed(_folders(parent(root)))]


def list_pages(root: Root) -> list[LinkedPage]:
    """The pages of all lists, the last as-of date first, the current list of a date before replaced ones."""
    links = {str(date): (lists_folder(root) / str(date)).resolve() for date in dates_in(lists_folder(root))}
    log = _published_runs(root)

    def state(_: Root, folder: Path, about: Mapping[str, Any]) -> str:
        if links.get(about["as_of"]) == folder.resolve():
            return "published"
        if folder.name not in log:
            return "set aside: not published"
        return "replaced by a later run" if about["as_of"] in links else "withdrawn"

    pages = []
    for folder in _folders(lists_folder(root) / ".runs"):
        page = _page(root, folder, state)
        date = str(page.manifest.get("as_of", folder.name))
        current = links.get(date) == folder.resolve()
        link = f"{PublishedList.kind}/{date}/{REPORT}" if current and page.link else page.link
        pages.append(page._replace(date=date, current=current, link=link))
    return sorted(pages, key=lambda page: (page.date, page.current), reverse=True)


def saved(root: Root) -> tuple[str, dict[str, Any]] | None:
    """The list date and content of the last outcomes that can be read; None if none can."""
    for folder in reversed(_folders(Outcomes.parent(root))):
        try:
            return folder.name, {"effect": {}, **_read(folder / CONTENT)}
        except UNREADABLE:
            continue
    return None


def states_digest(root: Root) -> str:
    """Text that changes whenever a page or its state may have changed. It reads no file."""
    watched = [publications_file(root), champion_link(root), lists_folder(root) / LATEST]
    watched += [lists_folder(root) / str(date) for date in dates_in(lists_folder(root))]
    for parent in (lists_folder(root) / ".runs", *(parent(root) for parent, _ in SHELVES.values())):
        watched += [folder / name for folder in _folders(parent) for name in (MANIFEST, PAGES, REPORT)]
    return "\n".join(f"{path} {_stamp(path)}" for path in watched)


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.lstat()
    except OSError:
        return ()
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _folders(parent: Path) -> list[Path]:
    """The folders of artifacts; no links, and nothing half-written."""
    if not parent.is_dir():
        return []
    return sorted(
        Path(entry.path)
        for entry in os.scandir(parent)
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
    )


def _page(root: Root, folder: Path, state: State) -> LinkedPage:
    """The page of an artifact's folder."""
    about: Mapping[str, Any] = {}
    try:
        about = _read(folder / MANIFEST)
        described = state(root, folder, about)
    except UNREADABLE as error:
        described = f"cannot be read: {_what(folder, error)}"
    link = os.path.relpath(folder / REPORT, root.data) if (folder / REPORT).is_file() else None
    return LinkedPage(folder.name, link, described, about)


def _what(folder: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{Path(str(error.filename)).name} is missing or closed"
    if isinstance(error, ValueError):
        return f"a JSON file in {folder.name} is damaged"
    return f"{folder.name} was written by another version of Holdfast"


def _read(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ValueError: the file holds something else.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} holds no object")
    return content


def _published_runs(root: Root) -> set[str]:
    """The run ids in the log of publications; damaged lines are passed over."""
    return set(_run_ids(publications_file(root)))


def _run_ids(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UNREADABLE:
        return
    for line in lines:
        try:
            yield str(json.loads(line)["run_id"])
        except UNREADABLE:
            continue

"""The base class of artifacts: a folder with a manifest, either complete or absent."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar, cast

from holdfast.files import (
    MANIFEST,
    Manifest,
    matches,
    read_finished,
    read_json,
    sha256_file,
    write_bytes,
    write_json,
)
from holdfast.storage import Location, RemotePath

PAGES = "pages.json"  # the hashes of the pages and plots rendered from an artifact
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Root(NamedTuple):
    """The folder of all output, and the name of its one source.

    Attributes:
        remote: where large files lie, by its address; None: in the folder.
    """

    path: Path
    source: str
    remote: RemotePath | None = None

    @property
    def data(self) -> Path:
        """The folder of all artifacts except models."""
        return self.path / "data"


class Key(NamedTuple):
    """Identifies an artifact and so determines its folder.

    Attributes:
        day: its as-of date; None: it has none.
        fingerprint: the hash of its inputs, settings and code.
        label: a further name: for outcomes, the date of the list.
    """

    day: dt.date | None
    fingerprint: str
    label: str = ""


@dataclasses.dataclass(frozen=True)
class Artifact:
    """A finished folder and its manifest.

    The manifest holds the fingerprint (the hash of inputs, settings and code) and the SHA-256 of every file
    in it; of files at the root's address, size and time.
    """

    kind: ClassVar[str] = ""  # the folder below `Root.data`
    is_large: ClassVar[bool] = False  # whether it has files that lie at `Root.remote`

    folder: Path
    manifest: Manifest

    @classmethod
    def parent(cls, root: Root) -> Path:
        """The folder of all artifacts of this kind."""
        return root.data / cls.kind

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        """The folder of the artifact with this key; by default one folder for each as-of date."""
        return cls.parent(root) / str(key.day)

    @classmethod
    def open(cls, folder: Path) -> Self | None:
        """The artifact in a folder; None: the folder has no finished artifact."""
        folder = folder.resolve()
        manifest = read_json(folder / MANIFEST)
        return None if manifest is None else cls(folder, manifest)

    @classmethod
    def finished(cls, folder: Path, fingerprint: str) -> Self | None:
        """The artifact in a folder if it has this fingerprint and all its files are unchanged; else None."""
        manifest = read_finished(folder, fingerprint)
        artifact = None if manifest is None else cls(folder, manifest)
        whole = artifact is not None and artifact.remote_files == artifact.unchanged_at(artifact.store)
        return artifact if whole else None

    @property
    def as_of(self) -> dt.date:
        """The as-of date; not every kind has one."""
        return dt.date.fromisoformat(self.manifest["as_of"])

    @property
    def fingerprint(self) -> str:
        """The hash of its inputs, settings and code."""
        return str(self.manifest["fingerprint"])

    def hashes(self, *beginnings: str) -> dict[str, str]:
        """The SHA-256 of the files whose relative path starts with one of `beginnings` (none given: all)."""
        files: Mapping[str, str] = self.manifest["files"]
        return {name: digest for name, digest in files.items() if name.startswith(beginnings or "")}

    @property
    def store(self) -> RemotePath | None:
        """The folder at `Root.remote` with its large files; None: it has none there."""
        return RemotePath(self.manifest["remote"]["store"]) if "remote" in self.manifest else None

    @property
    def large(self) -> Location:
        """The folder with the large files that its run wrote."""
        return self.folder if self.store is None else self.store / self.manifest["remote"]["run"]

    @property
    def remote_files(self) -> Mapping[str, str]:
        """The files below `store`, with size and time of writing; others there are leftovers."""
        files: Mapping[str, str] = self.manifest["remote"]["files"] if "remote" in self.manifest else {}
        return files

    def unchanged_at(self, store: RemotePath | None) -> dict[str, str]:
        """Of the files below `store` that the manifest names, those that are there unchanged."""
        if store is None or store != self.store:
            return {}
        there = store.files()
        return {name: version for name, version in self.remote_files.items() if there.get(name) == version}

    def digest(self) -> Any:
        """The part of this artifact that its readers depend on: it enters their fingerprints."""
        return {**self.hashes(), **self.remote_files}

    def has_pages(self, fingerprint: str) -> bool:
        """Whether the pages with this fingerprint exist and are unchanged."""
        kept = read_json(self.folder / PAGES)
        return kept is not None and kept["fingerprint"] == fingerprint and matches(self.folder, kept["files"])

    def write_pages(self, fingerprint: str, pages: Mapping[str, bytes]) -> None:
        """Write pages and plots (relative path → content) into the artifact's folder."""
        for name, content in pages.items():
            write_bytes(self.folder / name, content)
        files = {name: sha256_file(self.folder / name) for name in pages}
        write_json(self.folder / PAGES, {"fingerprint": fingerprint, "files": files})

    def pages(self) -> list[str]:
        """The relative paths of its pages and plots."""
        kept = read_json(self.folder / PAGES)
        return [] if kept is None else sorted(kept["files"])


Kind = TypeVar("Kind", bound=Artifact)


class JsonArtifact(Artifact):
    """An artifact whose main file is JSON."""

    content_file: ClassVar[str]

    def content(self) -> dict[str, Any]:
        """The content of the JSON file."""
        return dict(read_json(self.folder / self.content_file))


class History(Generic[Kind]):
    """The artifacts of one kind: those of all as-of dates, or of the dates before a day, oldest first."""

    kind: ClassVar[type[Artifact]]

    def __init__(self, root: Root, day: dt.date | None = None) -> None:
        dates = dates_in(self.kind.parent(root))
        self.root, self.dates = root, [date for date in dates if day is None or date < day]

    def find(self, date: dt.date) -> Kind | None:
        """The artifact of a date; None if no manifest was written for it."""
        return cast("Kind | None", self.kind.open(self.kind.parent(self.root) / str(date)))

    def of_dates(self, dates: Iterable[dt.date] | None = None) -> list[Kind]:
        """The artifacts of the given dates; None: of all dates."""
        artifacts = (self.find(date) for date in (self.dates if dates is None else dates))
        return [artifact for artifact in artifacts if artifact is not None]

    @property
    def last(self) -> Kind | None:
        """The artifact of the latest date; None if there are no artifacts."""
        return self.find(self.dates[-1]) if self.dates else None


def dates_in(folder: Path) -> list[dt.date]:
    """The dates that are names of subfolders (or of links to existing folders), oldest first."""
    if not folder.is_dir():
        return []
    dated = (path for path in folder.iterdir() if DATE.fullmatch(path.name) and path.exists())
    return sorted(dt.date.fromisoformat(path.name) for path in dated)

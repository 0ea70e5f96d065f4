"""What every kind of artifact shares: a folder that is whole or absent, with a manifest."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from holdfast.files import MANIFEST, Manifest, matches, read_finished, read_json, write_bytes, write_json

PAGES = "pages.json"  # what was rendered from an artifact, beside it
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Root(NamedTuple):
    """The folder that everything is written below, and the name of the one source that it serves."""

    path: Path
    source: str

    @property
    def data(self) -> Path:
        """Everything but models."""
        return self.path / "data"


class Key(NamedTuple):
    """By what an artifact finds its place.

    Attributes:
        day: its as-of date; None where it has none.
        fingerprint: of all that it is made from.
        label: a further name, such as the list that outcomes are about.
    """

    day: dt.date | None
    fingerprint: str
    label: str = ""


@dataclasses.dataclass(frozen=True)
class Artifact:
    """A finished folder and its manifest.

    The manifest holds the fingerprint of all that the artifact is made from, and the SHA-256 of every file.
    """

    folder: Path
    manifest: Manifest

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        """Where the artifact of a key lies."""
        raise NotImplementedError

    @classmethod
    def open(cls, folder: Path) -> Self | None:
        """The artifact in a folder; None where none was finished."""
        folder = folder.resolve()
        manifest = read_json(folder / MANIFEST)
        return None if manifest is None else cls(folder, manifest)

    @classmethod
    def finished(cls, folder: Path, fingerprint: str) -> Self | None:
        """The artifact in a folder if it is made from just this and every byte is there; else None."""
        manifest = read_finished(folder, fingerprint)
        return None if manifest is None else cls(folder, manifest)

    @property
    def as_of(self) -> dt.date:
        """The day before which everything was known that it is made from; not every kind has one."""
        return dt.date.fromisoformat(self.manifest["as_of"])

    @property
    def fingerprint(self) -> str:
        """Of all that it is made from."""
        return str(self.manifest["fingerprint"])

    def hashes(self, *beginnings: str) -> dict[str, str]:
        """The SHA-256 of the files whose relative path starts with one of `beginnings`; of none: of all."""
        files: Mapping[str, str] = self.manifest["files"]
        return {name: digest for name, digest in files.items() if name.startswith(beginnings or "")}

    def digest(self) -> Any:
        """What of this artifact decides a result that is made from it."""
        return self.hashes()

    def intact(self, *files: str) -> bool:
        """Whether these files (relative paths) are there, to the byte."""
        return matches(self.folder, {name: self.manifest["files"][name] for name in files})

    def has_pages(self, fingerprint: str) -> bool:
        """Whether the pages of this fingerprint are there, to the byte."""
        kept = read_json(self.folder / PAGES)
        return kept is not None and kept["fingerprint"] == fingerprint and matches(self.folder, kept["files"])

    def write_pages(self, fingerprint: str, pages: Mapping[str, bytes]) -> None:
        """Write pages and plots (relative path → content), which follow from the artifact, beside it."""
        from holdfast.files import sha256_file

        for name, content in pages.items():
            write_bytes(self.folder / name, content)
        files = {name: sha256_file(self.folder / name) for name in pages}
        write_json(self.folder / PAGES, {"fingerprint": fingerprint, "files": files})

    def pages(self) -> list[str]:
        """The relative paths of the pages and plots beside it."""
        kept = read_json(self.folder / PAGES)
        return [] if kept is None else sorted(kept["files"])


def dates_in(folder: Path) -> list[dt.date]:
    """The as-of dates that a folder has a folder of (or a link to one) for, oldest first."""
    if not folder.is_dir():
        return []
    named = (path for path in folder.iterdir() if DATE.fullmatch(path.name) and path.exists())
    return sorted(dt.date.fromisoformat(path.name) for path in named)


def before(dates: Iterable[dt.date], day: dt.date) -> list[dt.date]:
    """Those of some dates before a day, in their order."""
    return [date for date in dates if date < day]

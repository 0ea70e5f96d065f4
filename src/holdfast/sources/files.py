"""The raw files of a table: one file, a glob, a folder of them, or a list of these."""

import glob
import gzip
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from holdfast.errors import DataRefused

Kind = Literal["csv", "parquet", "xlsx", "json"]
KINDS: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".csv.gz": "csv", ".tsv.gz": "csv", ".txt.gz": "csv",
    ".json": "json", ".jsonl": "json", ".ndjson": "json", ".json.gz": "json", ".jsonl.gz": "json",
    ".ndjson.gz": "json", ".parquet": "parquet", ".pq": "parquet", ".xlsx": "xlsx", ".xlsm": "xlsx",
}  # fmt: skip
READABLE = "csv, tsv, txt, json or jsonl (each also .gz), parquet, xlsx"
SHOWN = 8


@dataclass(frozen=True)
class RawFile:
    """One raw file.

    Attributes:
        name: its path below the common folder of the table's files; rejected rows name it.
        address: the address of a remote file that is not copied yet; None: the file is at `path`.
        version: changes with the content of a remote file; None: the file is local.
    """

    path: Path
    name: str
    kind: Kind
    address: str | None = None
    version: str | None = None

    @property
    def place(self) -> str:
        """Its address, or its path."""
        return self.address or self.path.as_posix()


def find_local_files(patterns: Sequence[str], where: str) -> list[RawFile]:
    """The files that `patterns` match, each once, in the order of their paths; others are refused.

    Args:
        where: the setting of the patterns, for messages.
    """
    paths = find_paths(patterns, where)
    shared = Path(os.path.commonpath([path.parent for path in paths]))
    return [RawFile(path, path.relative_to(shared).as_posix(), kind_of_file(path, where)) for path in paths]


def find_paths(patterns: Sequence[str], where: str) -> list[Path]:
    """The paths that `patterns` match, each once, in order; a pattern without a file is refused."""
    return sorted({path for pattern in patterns for path in _match(pattern, where)}, key=Path.as_posix)


def kind_of(path: Path) -> Kind | None:
    """The kind of a file by the end of its name; None: it cannot be read."""
    name = path.name.lower()
    return next((kind for suffix, kind in KINDS.items() if name.endswith(suffix)), None)


def _match(pattern: str, where: str) -> list[Path]:
    path = Path(pattern).expanduser().absolute()
    if path.is_file():
        return [path]
    if path.is_dir():
        files = [file for file in path.rglob("*") if file.is_file() and kind_of(file) and is_data(file)]
        expected = f"files in it: {READABLE}"
    else:
        matches = (Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207 — also **, and absolute
        files = [file for file in matches if file.is_file() and is_data(file)]
        expected = "a file, a folder or a glob that matches files"
    if not files:
        raise DataRefused(
            f"no raw file at {pattern}",
            where=where,
            found=_describe_folder(path),
            expected=expected,
            next_step=f"put the files there, or change {where}",
        )
    return files


def is_data(file: Path) -> bool:
    """Whether a file is data: not hidden, and no lock file or marker of a spreadsheet program or Spark."""
    return not file.name.startswith((".", "_", "~$"))


def kind_of_file(path: Path, where: str) -> Kind:
    """The kind of a file; a file that cannot be read is refused."""
    kind = kind_of(path)
    if kind is None:
        raise DataRefused(
            f"{path.name} is of a kind that cannot be read",
            where=where,
            found=path.suffix or "no suffix",
            expected=READABLE,
            next_step="save it as CSV or Parquet, or leave it out of the glob",
        )
    return kind


def _describe_folder(path: Path) -> str:
    """The nearest folder that exists and the first names in it."""
    folder = path
    while not folder.is_dir():
        folder = folder.parent
    names = sorted(entry.name + ("/" if entry.is_dir() else "") for entry in folder.iterdir())
    if not names:
        return f"{folder} is empty"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"in {folder}: " + ", ".join(names[:SHOWN]) + more


def unreadable(file: RawFile, where: str, found: str) -> DataRefused:
    """The refusal of a file that is damaged, or not what its name says."""
    return DataRefused(
        f"{file.name} cannot be read: it is damaged, or not what its name says",
        where=where,
        found=found,
        expected=f"a whole {file.kind} file",
        next_step="export or copy the file again",
    )


def check_whole(file: RawFile, where: str) -> None:
    """Refuse a damaged or truncated gzip file: the engine would silently read it up to the damage."""
    if file.path.suffix.lower() != ".gz":
        return
    try:
        with gzip.open(file.path, "rb") as content:
            while content.read(1 << 20):
                pass
    except EOFError:
        raise unreadable(file, where, "its compressed content ends too early") from None
    except (gzip.BadGzipFile, zlib.error):
        raise unreadable(file, where, "its compressed content is damaged") from None

"""Files that are whole or absent: atomic writes, fingerprints, stage folders, links, the lock.

A stage writes into a hidden folder beside its final place and moves it in when complete. Its
`manifest.json` carries the fingerprint of all that went in (inputs, settings, code), so that a later
run sees whether the folder still stands.
"""

import contextlib
import functools
import hashlib
import importlib.metadata
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from holdfast.errors import LockHeld, SettingError

MANIFEST = "manifest.json"
COMPUTING = ("duckdb", "ibis-framework", "lightgbm", "numba", "numpy", "pandas", "pyarrow", "scikit-learn")


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_folder(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below `folder` but its manifest, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}


def fingerprint(parts: Any) -> str:
    """A stable SHA-256 of anything that JSON can hold (dates and paths as text)."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@functools.cache
def code_fingerprint() -> str:
    """The SHA-256 of Holdfast's own files and of the versions that it computes with.

    Results made by other code are made again.
    """
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if not path.is_file() or path.suffix in (".pyc", ".nbi", ".nbc"):
            continue
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    for library in COMPUTING:
        digest.update(f"{library} {importlib.metadata.version(library)}".encode())
    return digest.hexdigest()


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that replaces it when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text in one step: the old file stays until the new one is whole."""
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, content: Any) -> None:
    """Write JSON in one step, with sorted keys, so that the same content is the same bytes."""
    text = json.dumps(content, sort_keys=True, indent=2, default=str, ensure_ascii=False)
    write_text(path, text + "\n")


def read_json(path: Path) -> Any:
    """What `write_json` wrote; None where there is no such file."""
    if not path.is_file():
        return None
    return json.loads(path.read_text(encoding="utf-8"))


@contextlib.contextmanager
def building(folder: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A hidden folder that takes `folder`'s place when the block ends well.

    Yields the folder to write into and its manifest, to which the block may add. The manifest is
    written last: a folder without one was never finished. When the same bytes come out again (`files`,
    of the same `fingerprint`), the folder stays as it is.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    sweep(folder.parent)
    token = uuid.uuid4().hex[:8]
    temporary = folder.with_name(f".{folder.name}.{token}.tmp")
    temporary.mkdir()
    content = dict(manifest)
    try:
        yield temporary, content
        before = standing(folder, content["fingerprint"]) if "files" in content else None
        if before is not None and before["files"] == content["files"]:
            return  # made again with the same bytes: what links point at is not moved, even for a moment
        write_json(temporary / MANIFEST, content)
        replaced = folder.with_name(f".{folder.name}.{token}.old.tmp")
        if folder.exists():
            os.replace(folder, replaced)
        os.replace(temporary, folder)
        shutil.rmtree(replaced, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what killed runs left half-written in `folder` (call it with the lock held).

    A folder that was moved aside for one that never took its place is put back.
    """
    for leftover in folder.glob(".*.tmp"):
        name, _, aside = leftover.name[1:].removesuffix(".tmp").rpartition(".")
        name = name.rpartition(".")[0]
        if aside == "old" and name and not (folder / name).exists():
            os.replace(leftover, folder / name)
        elif leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def carry_over(file: Path, place: Path) -> None:
    """Let `place` be the same file as `file`, whose bytes never change; a copy where there are no links."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, place)
    except OSError:
        shutil.copyfile(file, place)


def whole(folder: Path, files: Mapping[str, str]) -> bool:
    """Whether every one of `files` (relative path → SHA-256) lies in `folder`, to the byte."""
    return all((folder / name).is_file() and sha256_file(folder / name) == files[name] for name in files)


def standing(folder: Path, expected: str) -> dict[str, Any] | None:
    """The manifest of `folder` if it was finished from the same inputs, settings and code, and is whole."""
    manifest: dict[str, Any] | None = read_json(folder / MANIFEST)
    if manifest is None or manifest.get("fingerprint") != expected:
        return None
    return manifest if whole(folder, manifest.get("files", {})) else None


def point(link: Path, target: Path) -> None:
    """Point the relative link `link` at `target` in one step."""
    link.parent.mkdir(parents=True, exist_ok=True)
    temporary = link.with_name(f".{link.name}.{uuid.uuid4().hex[:8]}.tmp")
    temporary.symlink_to(os.path.relpath(target, link.parent))
    os.replace(temporary, link)


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the lock of everything below `root`.

    Raises:
        LockHeld: another run is writing there; nothing was changed.
        SettingError: nothing can be written there.
    """
    lock = FileLock(root / ".holdfast.lock")
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise LockHeld(
            "another run is writing below the same root",
            where=f"{root}/.holdfast.lock",
            next_step="wait until it ends, or give this run a paths.root of its own",
        ) from None
    except OSError as error:
        raise SettingError(
            "nothing can be written below this root",
            where=f"paths.root={root}",
            found=error.strerror or str(error),
            expected="a folder that may be written to, or the place for one",
            next_step="choose another paths.root, or give this user the right to write there",
        ) from None
    try:
        yield
    finally:
        lock.release()

"""Files that are whole or absent: atomic writes, hashes, folders that appear when complete, links.

A folder is written under a hidden name beside its final place and moved there when complete. Its
`manifest.json` is written last: a folder without one was never finished.
"""

import contextlib
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
Manifest = dict[str, Any]


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_folder(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below `folder` but its manifest, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}


def hash_json(content: Any) -> str:
    """The SHA-256 of anything that JSON can hold; dates and paths as text, keys in any order."""
    text = json.dumps(content, sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that replaces it when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file in one step: the old one stays until the new one is whole."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text in one step."""
    write_bytes(path, text.encode())


def write_json(path: Path, content: Any) -> None:
    """Write JSON in one step, with sorted keys, so that the same content is the same bytes."""
    text = json.dumps(content, sort_keys=True, indent=2, default=str, ensure_ascii=False)
    write_text(path, text + "\n")


def read_files(folder: Path) -> dict[str, bytes]:
    """The content of every file of a folder by its name, sorted."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()}


def read_json(path: Path) -> Any:
    """What `write_json` wrote; None where there is no such file."""
    if not path.is_file():
        return None
    return json.loads(path.read_text(encoding="utf-8"))


@contextlib.contextmanager
def replacing_folder(folder: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[Path, Manifest]]:
    """A hidden folder that takes the place of `folder` when the block ends without an error.

    When the same fingerprint and the same bytes are there already, `folder` stays untouched.

    Args:
        manifest: the beginning of the manifest, with the `fingerprint` of what the folder is made from.

    Yields:
        The folder to write into, and the manifest, to which the block may add. The hashes of all files
        are added at the end, as `files`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    sweep_leftovers(folder.parent)
    token = uuid.uuid4().hex[:8]
    temporary = folder.with_name(f".{folder.name}.{token}.tmp")
    temporary.mkdir()
    content = dict(manifest)
    try:
        yield temporary, content
        content["files"] = hash_folder(temporary)
        before = read_finished(folder, content["fingerprint"])
        same = ("files", "remote")
        if before is not None and all(before.get(part) == content.get(part) for part in same):
            return  # links that point at the folder stay valid at every moment
        write_json(temporary / MANIFEST, content)
        replaced = folder.with_name(f".{folder.name}.{token}.old.tmp")
        if folder.exists():
            os.replace(folder, replaced)
        os.replace(temporary, folder)
        shutil.rmtree(replaced, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_finished(folder: Path, fingerprint: str) -> Manifest | None:
    """The manifest of a folder that was finished with this fingerprint and has all its bytes; else None."""
    manifest: Manifest | None = read_json(folder / MANIFEST)
    if manifest is None or manifest.get("fingerprint") != fingerprint:
        return None
    return manifest if matches(folder, manifest.get("files", {})) else None


def matches(folder: Path, files: Mapping[str, str]) -> bool:
    """Whether every one of `files` (relative path → SHA-256) lies in `folder`, unchanged."""
    return all((folder / name).is_file() and sha256_file(folder / name) == files[name] for name in files)


def sweep_leftovers(folder: Path) -> None:
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


def sweep_below(root: Path) -> None:
    """Remove what killed runs left half-written below a root, raw data left alone (with the lock held)."""
    for top in (root / "data", root / "models"):
        for place, folders, files in os.walk(top):
            folder = Path(place)
            if any(name.startswith(".") and name.endswith(".tmp") for name in (*folders, *files)):
                sweep_leftovers(folder)
            folders[:] = [
                name for name in folders if not name.endswith(".tmp") and folder / name != top / "raw"
            ]
    shutil.rmtree(root / ".cache" / "holdfast", ignore_errors=True)


def link_or_copy(file: Path, place: Path) -> None:
    """Make `place` the same file as `file`, whose bytes never change; a copy where links are not possible."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, place)
    except OSError:
        shutil.copyfile(file, place)


def point_link(link: Path, target: Path) -> None:
    """Point the relative link `link` at `target` in one step."""
    link.parent.mkdir(parents=True, exist_ok=True)
    temporary = link.with_name(f".{link.name}.{uuid.uuid4().hex[:8]}.tmp")
    temporary.symlink_to(os.path.relpath(target, link.parent))
    os.replace(temporary, link)


def make_private(root: Path) -> list[str]:
    """Close Holdfast's folders below a root to other users (0700), not the user's `data/raw`.

    Returns:
        The folders that others could enter before, below the root.
    """
    data = root / "data"
    folders = [*data.glob("*"), root / "models"] if data.is_dir() else [root / "models"]
    opened = []
    for folder in sorted(folders):
        if folder.name == "raw" or folder.is_symlink() or not folder.is_dir():
            continue
        if folder.stat().st_mode & 0o077:
            with contextlib.suppress(PermissionError):  # another user's
                folder.chmod(0o700)
                opened.append(folder.relative_to(root).as_posix())
    return opened

"""Files that are complete or absent: atomic writes, hashes, complete folders, links.

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
    """Relative path → SHA-256 of every file below `folder` except its manifest."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}


def hash_json(content: Any) -> str:
    """The SHA-256 of a JSON value; dates and paths as text, whatever the order of keys."""
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
    """Write a file in one step: the old file stays until the new one is complete."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text in one step."""
    write_bytes(path, text.encode())


def write_json(path: Path, content: Any) -> None:
    """Write JSON in one step, with sorted keys, so that the same content gives the same bytes."""
    text = json.dumps(content, sort_keys=True, indent=2, default=str, ensure_ascii=False)
    write_text(path, text + "\n")


def read_files(folder: Path) -> dict[str, bytes]:
    """The content of every file of a folder by its name, sorted."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()}


def read_json(path: Path) -> Any:
    """The content of a JSON file; None: there is no such file."""
    if not path.is_file():
        return None
    return json.loads(path.read_text(encoding="utf-8"))


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """The entries of a file with one JSON object a line; none where there is no such file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def append_json_line(path: Path, entry: Mapping[str, Any]) -> None:
    """Append an entry to a file with one JSON object a line, in one step."""
    earlier = path.read_text(encoding="utf-8") if path.exists() else ""
    write_text(path, earlier + json.dumps(entry, sort_keys=True) + "\n")


@contextlib.contextmanager
def replacing_folder(folder: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[Path, Manifest]]:
    """A hidden folder that replaces `folder` when the block ends without an error.

    If `folder` has the same fingerprint and the same bytes, it is left unchanged.

    Args:
        manifest: the first entries of the manifest, with the `fingerprint` of the folder's inputs.

    Yields:
        The folder to write into, and the manifest, to which the block may add entries. The hashes of all
        files are added at the end, as `files`.
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
            return  # links to the folder stay valid at every moment
        write_json(temporary / MANIFEST, content)
        replaced = folder.with_name(f".{folder.name}.{token}.old.tmp")
        if folder.exists():
            os.replace(folder, replaced)
        os.replace(temporary, folder)
        shutil.rmtree(replaced, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_finished(folder: Path, fingerprint: str) -> Manifest | None:
    """The manifest of a finished and unchanged folder with this fingerprint; else None."""
    manifest: Manifest | None = read_json(folder / MANIFEST)
    if manifest is None or manifest.get("fingerprint") != fingerprint:
        return None
    return manifest if matches(folder, manifest.get("files", {})) else None


def matches(folder: Path, files: Mapping[str, str]) -> bool:
    """Whether all `files` (relative path → SHA-256) are in `folder`, unchanged."""
    return all((folder / name).is_file() and sha256_file(folder / name) == files[name] for name in files)


def sweep_leftovers(folder: Path) -> None:
    """Remove half-written files and folders of killed runs from `folder` (call it with the lock held).

    A folder that was moved aside and not replaced is put back.
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
    """Remove half-written files of killed runs below a root, except raw data (with the lock held)."""
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
    """Make `place` a hard link to `file`, whose bytes never change, or a copy if links are impossible."""
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
    """Make Holdfast's folders below a root private (0700), except the user's `data/raw`.

    Returns:
        The folders that other users could enter before, below the root.
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

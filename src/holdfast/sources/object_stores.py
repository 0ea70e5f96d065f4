"""Raw files in an object store (`s3://`, `gs://`, `az://`): copied, then read like local files.

Credentials come from the places that the store's tools use (environment, profile, role of the machine).
"""

import dataclasses
import posixpath
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from holdfast.errors import DataRefused, SettingError, first_line
from holdfast.files import hash_json
from holdfast.sources.files import RawFile, is_data, kind_of, kind_of_file

ADDRESS = re.compile(r"^(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<rest>.*?)(?P<options>\?[^/]*=.*)?$")
SCHEMES = {"az": "abfs", "gcs": "gs"}  # other names of a scheme → its name in the library
STORES = ("s3", "gs", "gcs", "az", "abfs", "abfss", "file")
GLOB = re.compile(r"[*?\[]")
COPY_BYTES = 1 << 22


def is_address(pattern: str) -> bool:
    """Whether a pattern of `read` is an address rather than a path."""
    return ADDRESS.match(pattern) is not None


def find_remote_files(patterns: Sequence[str], where: str) -> list[RawFile]:
    """The files at some addresses, each once, in the order of their names. Their content is not read."""
    entries = {path: entry for pattern in patterns for path, entry in _list(pattern, where).items()}
    paths = sorted(entries)
    shared = posixpath.commonpath([posixpath.dirname(path) for path in paths])
    return [
        RawFile(
            Path(path), path[len(shared) :].lstrip("/"), kind_of_file(Path(path), where),
            address=entries[path][0], version=entries[path][1],
        )
        for path in paths
    ]  # fmt: skip


def fetch(file: RawFile, folder: Path, where: str) -> RawFile:
    """Copy a remote file below a folder; a local file is returned unchanged."""
    if file.address is None:
        return file
    target = folder / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    store, path = _open_store(file.address, where)
    try:
        with store.open_input_stream(path) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, COPY_BYTES)
    except OSError as error:
        raise _unanswered(file.address, where, error) from None
    return dataclasses.replace(file, path=target, address=None)


def _list(pattern: str, where: str) -> dict[str, tuple[str, str]]:
    """The files that an address or a glob names: path in the store → address and version."""
    import pyarrow.fs as pafs

    match = ADDRESS.match(pattern)
    assert match is not None
    address, options = f"{match['scheme']}://{match['rest']}", match["options"] or ""
    fixed = GLOB.split(address, maxsplit=1)[0]
    has_glob = fixed != address
    start = fixed.rpartition("/")[0] if has_glob else address.rstrip("/")
    store, base = _open_store(start + options, where)
    try:
        entry = store.get_file_info(base)
        if entry.type == pafs.FileType.File:
            entries = [entry]
        else:
            entries = store.get_file_info(pafs.FileSelector(base, recursive=True, allow_not_found=True))
    except OSError as error:
        raise _unanswered(pattern, where, error) from None
    tail = re.compile(_as_regex(address[len(start) :])) if has_glob else None
    matching = {
        entry.path: (f"{start}{entry.path[len(base) :]}{options}", hash_json([entry.size, entry.mtime_ns]))
        for entry in entries
        if entry.type == pafs.FileType.File
        and is_data(Path(entry.path))
        and (
            entry.path == base
            or (tail.fullmatch(entry.path[len(base) :]) if tail else kind_of(Path(entry.path)))
        )
    }
    if not matching:
        raise DataRefused(
            f"no raw file at {pattern.partition('?')[0]}",
            where=where,
            found=f"{len(entries):,} entries below {start}, none of which match",
            expected="a file, a folder or a glob that matches files",
            next_step=f"put the files there, or change {where}",
        )
    return matching


def _open_store(address: str, where: str) -> tuple[Any, str]:
    import pyarrow as pa
    import pyarrow.fs as pafs

    match = ADDRESS.match(address)
    assert match is not None
    scheme, netloc = match["scheme"], match["rest"].partition("/")[0]
    if scheme not in STORES:
        raise SettingError(
            f"no object store is addressed by {scheme}://",
            where=where,
            expected=", ".join(f"{name}://" for name in STORES),
            next_step="a database is given as database:, a web address as a file that was downloaded",
        )
    if ":" in netloc.rpartition("@")[0] or "key=" in (match["options"] or ""):
        raise SettingError(
            "the address of an object store holds a password, which would be written into manifests",
            where=where,
            next_step="take it out; credentials come from the environment, such as AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY",
        )
    try:
        store, path = pafs.FileSystem.from_uri(SCHEMES.get(scheme, scheme) + address[len(scheme) :])
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SettingError(
            f"the address {address.partition('?')[0]} cannot be used", where=where, found=first_line(error)
        ) from None
    return store, path


def _as_regex(glob: str) -> str:
    """A glob as a regular expression: `**` any folders, `*`, `?` and `[…]` within a name."""
    marks = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]/]+\])", glob)
    sets = {piece: piece.replace("[!", "[^", 1) for piece in pieces if piece.startswith("[")}
    return "".join({**marks, **sets}.get(piece, re.escape(piece)) for piece in pieces)


def _unanswered(address: str, where: str, error: Exception) -> DataRefused:
    return DataRefused(
        f"the object store of {address.partition('?')[0]} refused, or does not answer",
        where=where,
        found=first_line(error),
        expected="a store that answers, and credentials that may list and read the files",
        next_step="check the address, the network, and the credentials in the environment (AWS_PROFILE, "
        "GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_…)",
    )

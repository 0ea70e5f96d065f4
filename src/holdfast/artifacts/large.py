"""The large files of an artifact at the root's address, where nothing can be renamed in one step.

<root>/data/<artifact>/<run>/…   what one run of a stage wrote
<root>/data/owner                which paths.local the address belongs to

A run writes into a folder of its own. The manifest below `paths.local`, written last, names its files and
those of earlier runs that it keeps. Nobody reads the folder of a run that no manifest names; the next
run of the stage removes it.
"""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.artifacts.artifact import Artifact, Root
from holdfast.errors import SettingError
from holdfast.files import write_text
from holdfast.storage import Location, RemotePath

OWNER = "owner"


def store_of(root: Root, kind: type[Artifact], folder: Path) -> RemotePath | None:
    """The folder of an artifact's large files at the root's address; None: they lie in its own folder."""
    if root.remote is None or not kind.is_large:
        return None
    return root.remote / folder.relative_to(root.path).as_posix()


def describe_run(store: RemotePath, large: RemotePath, kept: Mapping[str, str]) -> dict[str, Any]:
    """The manifest entry `remote`: what a run wrote into `large`, and what it keeps of earlier runs."""
    written = {f"{large.name}/{name}": version for name, version in large.files().items()}
    return {"store": str(store), "run": large.name, "files": {**kept, **written}}


def remove_unnamed(store: RemotePath, named: Mapping[str, str]) -> None:
    """Remove the files below a store that its manifest does not name (with the lock held)."""
    runs = {name.partition("/")[0] for name in named}
    unnamed = store.files().keys() - named.keys()
    for run in sorted({name.partition("/")[0] for name in unnamed} - runs):
        (store / run).remove()
    for name in sorted(name for name in unnamed if name.partition("/")[0] in runs):
        (store / name).remove()


def is_owner(root: Root, remote: RemotePath) -> bool:
    """Whether the address belongs to this `paths.local`; False: it belongs to nobody yet.

    Raises:
        SettingError: it belongs to another one, whose files would be removed as unnamed.
    """
    theirs = _read_owner(remote / "data" / OWNER)
    if theirs is not None and theirs != _read_owner(root.data / OWNER):
        raise SettingError(
            "another paths.local has its large files at this address", where=f"paths.root={remote}",
            found=f"paths.local={root.path}", expected="one paths.local for each address",
            next_step="name the paths.local that the address belongs to, or another address; if that "
            "paths.local is lost, remove data/owner at the address: its files are then made again",
        )  # fmt: skip
    return theirs is not None


def make_owner(root: Root, remote: RemotePath) -> None:
    """Give the address to this `paths.local`."""
    owner = _read_owner(root.data / OWNER) or uuid.uuid4().hex
    write_text(root.data / OWNER, owner)
    (remote / "data" / OWNER).copy_from(root.data / OWNER)


def _read_owner(file: Location) -> str | None:
    if not file.is_file():
        return None
    with file.open("rb") if isinstance(file, Path) else file.open_input() as content:
        return bytes(content.read()).decode()

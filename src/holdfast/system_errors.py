"""What the operating system refused, in words: a full disk, a limit, no permission; what, where, what to do.

Libraries wrap such errors in their own; the errno, or the system's phrase for it, is looked for in the chain.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from holdfast.errors import HoldfastError


class Trouble(NamedTuple):
    """One kind of refusal by the system."""

    what: str
    next_step: str


SPACE = "free some space there, or give another paths.root; what stood stands, so the same call goes on"
RIGHTS = "give this user the right to read and write there, or another paths.root"
FILES = "raise the limit (ulimit -n), or set threads=1 and engine.buckets lower"
TROUBLES = {
    errno.ENOSPC: Trouble("the disk is full", SPACE),
    errno.EDQUOT: Trouble("this user's share of the disk is used up", SPACE),
    errno.EFBIG: Trouble(
        "a file grew beyond the limit for one file", "raise the limit (ulimit -f), then call again"
    ),
    errno.EACCES: Trouble("this user may not read or write there", RIGHTS),
    errno.EPERM: Trouble("this user may not read or write there", RIGHTS),
    errno.EROFS: Trouble("the disk can only be read", RIGHTS),
    errno.EMFILE: Trouble("too many files are open in this process", FILES),
    errno.ENFILE: Trouble("too many files are open on this machine", FILES),
    errno.EIO: Trouble("the disk reported an error", "check the disk, then call again"),
    errno.ENOMEM: Trouble(
        "there is not enough memory", "set engine.memory_limit or threads lower, or use a larger machine"
    ),
}  # fmt: skip
PHRASES = {os.strerror(code).lower(): code for code in TROUBLES} | {
    "database or disk is full": errno.ENOSPC,
    "no space left": errno.ENOSPC,
    "too many open files": errno.EMFILE,
    "disk i/o error": errno.EIO,
    "attempt to write a readonly database": errno.EACCES,
    "out of memory": errno.ENOMEM,
}


def explain(error: BaseException) -> HoldfastError | None:
    """The refusal as a short block with exit code 1; None: the error is of another kind."""
    for one in chain(error):
        code = code_of(one)
        if code is not None:
            return block(code, getattr(one, "filename", None))
    return None


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that led to it."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def code_of(error: BaseException) -> int | None:
    """Which of `TROUBLES` an error is; None: none of them."""
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if isinstance(error, OSError) and error.errno in TROUBLES:
        return error.errno
    text = str(error).lower()
    return next((code for phrase, code in PHRASES.items() if phrase in text), None)


def block(code: int, place: object) -> HoldfastError:
    """What, where and what to do; of a full disk also how much is free and how much there is already."""
    trouble, where = TROUBLES[code], place if isinstance(place, str | Path) else None
    found = os.strerror(code)
    expected = None
    if code in (errno.ENOSPC, errno.EDQUOT):
        disk = shutil.disk_usage(existing(Path(where) if where else Path.cwd()))
        found += f"; {size(disk.free)} free of {size(disk.total)}"
        expected = "as much free space as data/ and models/ below paths.root take, once more"
    return HoldfastError(
        trouble.what,
        where=None if where is None else str(where),
        found=found,
        expected=expected,
        next_step=trouble.next_step,
    )


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next((one for one in (path, *path.parents) if one.exists()), Path.cwd())


def size(count: float) -> str:
    """Bytes for people."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"

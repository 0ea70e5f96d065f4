"""Explain errors of the operating system: a full disk, a limit, a missing permission.

Libraries wrap such errors, so the whole chain is searched for an errno or the system's phrase for it.
"""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from holdfast.errors import HoldfastError


class Explanation(NamedTuple):
    """The meaning of a system error, and the next step."""

    what: str
    next_step: str


SPACE = "free some space there, or give another paths.root; nothing is lost: then run the same command again"
RIGHTS = "give this user the right to read and write there, or another paths.root"
FILES = "raise the limit (ulimit -n), or set threads=1 and engine.buckets lower"
EXPLANATIONS = {
    errno.ENOSPC: Explanation("the disk is full", SPACE),
    errno.EDQUOT: Explanation("this user's share of the disk is used up", SPACE),
    errno.EFBIG: Explanation(
        "a file grew beyond the limit for one file", "raise the limit (ulimit -f), then call again"
    ),
    errno.EACCES: Explanation("this user may not read or write there", RIGHTS),
    errno.EPERM: Explanation("this user may not read or write there", RIGHTS),
    errno.EROFS: Explanation("the disk can only be read", RIGHTS),
    errno.EMFILE: Explanation("too many files are open in this process", FILES),
    errno.ENFILE: Explanation("too many files are open on this machine", FILES),
    errno.EIO: Explanation("the disk reported an error", "check the disk, then call again"),
    errno.ENOMEM: Explanation(
        "there is not enough memory", "set engine.memory or threads lower, or use a larger machine"
    ),
}
QUOTED = re.compile(r"""['"](/[^'"\n]+)['"]""")  # a path within a library's message
PHRASES = {os.strerror(code).lower(): code for code in EXPLANATIONS} | {
    "database or disk is full": errno.ENOSPC,
    "no space left": errno.ENOSPC,
    "too many open files": errno.EMFILE,
    "disk i/o error": errno.EIO,
    "attempt to write a readonly database": errno.EACCES,
    "out of memory": errno.ENOMEM,
}


def explain(error: BaseException, below: Path | None = None) -> HoldfastError | None:
    """The system error as a short block with exit code 1; None: it is no system error.

    Args:
        below: a folder that holds the file; stated if the error names none.
    """
    for link in chain(error):
        code = errno_of(link)
        if code is not None:
            quoted = QUOTED.search(str(link))
            path = getattr(link, "filename", None) or (quoted[1] if quoted else None)
            return describe(code, path, below)
    return None


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error and its causes."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def errno_of(error: BaseException) -> int | None:
    """The errno of an error in `EXPLANATIONS`; None: it has none."""
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if isinstance(error, OSError) and error.errno in EXPLANATIONS:
        return error.errno
    text = str(error).lower()
    return next((code for phrase, code in PHRASES.items() if phrase in text), None)


def describe(code: int, path: object, below: Path | None = None) -> HoldfastError:
    """The error block; for a full disk with the free space."""
    explanation, where = EXPLANATIONS[code], path if isinstance(path, str | Path) else None
    folder = Path(where) if where else below or Path.cwd()
    found = os.strerror(code)
    expected = None
    if code in (errno.ENOSPC, errno.EDQUOT):
        disk = shutil.disk_usage(existing(folder))
        found += f"; {size(disk.free)} free of {size(disk.total)}"
        expected = "as much free space as data/ and models/ below paths.root take, once more"
    return HoldfastError(
        explanation.what,
        where=str(where) if where is not None else None if below is None else f"a file below {below}",
        found=found,
        expected=expected,
        next_step=explanation.next_step,
    )


def existing(path: Path) -> Path:
    """The path or its nearest existing parent."""
    return next((folder for folder in (path, *path.parents) if folder.exists()), Path.cwd())


def size(count: float) -> str:
    """A number of bytes with its unit."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"

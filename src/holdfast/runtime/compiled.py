"""The folder that keeps functions compiled by Numba, for all roots and later runs on this machine."""

import functools
import hashlib
import os
import shutil
import sys
import time
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
PACKAGES = ("demo", "features", "metrics", "snapshots", "streams", "text")  # those with compiled functions
UNUSED_DAYS = 30  # folders of earlier code that no run has used for so long are deleted
DAY = 86_400


@functools.cache
def code_state() -> str:
    """A hash of the code of the packages with compiled functions.

    Numba compiles a function again only if its own file has changed, and misses changes of functions that it
    calls. So each state of the code gets a folder of its own.
    """
    digest = hashlib.sha256()
    for file in sorted(file for name in PACKAGES for file in (PACKAGE / name).rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def keep_compiled(fallback: Path) -> None:
    """Make Numba keep compiled functions, unless NUMBA_CACHE_DIR names a folder already.

    Args:
        fallback: the parent folder to use if the user's cache folder cannot be written.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    folder = next(
        (place for parent in (user_cache(), fallback) if parent and (place := _made(parent / code_state()))),
        None,
    )
    if folder is None:
        return
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    if "numba" in sys.modules:
        sys.modules["numba"].config.reload_config()  # read at its import otherwise


def user_cache() -> Path | None:
    """`$XDG_CACHE_HOME/holdfast/numba`, by default in `~/.cache`; None: there is no home folder."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return cache / "holdfast" / "numba"


def _made(folder: Path) -> Path | None:
    """The folder, made and marked as used now; None: it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.utime(folder)
        for other in folder.parent.iterdir():
            if other.stat().st_mtime < time.time() - UNUSED_DAYS * DAY:
                shutil.rmtree(other, ignore_errors=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None

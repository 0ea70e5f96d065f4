"""The lock of everything below one root: one run writes at a time."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from holdfast.errors import LockHeld, SettingError

LOCK = ".holdfast.lock"


@contextlib.contextmanager
def locked(root: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of everything below `root`.

    Args:
        wait: wait until another run ends, as jobs of one sweep do.

    Raises:
        LockHeld: another run is writing there; nothing was changed.
        SettingError: nothing can be written there.
    """
    lock = FileLock(root / LOCK)
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise LockHeld(
            "another run is writing below the same root",
            where=str(root / LOCK),
            next_step="wait until it ends, or give this run another root",
        ) from None
    except OSError as error:
        raise SettingError(
            "nothing can be written below this root",
            where=str(root),
            found=error.strerror or str(error),
            expected="a folder that this user can write to",
            next_step="choose another paths.root or paths.local, or give this user the right to write",
        ) from None
    try:
        yield
    finally:
        lock.release()

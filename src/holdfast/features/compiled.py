"""A generated window scan as a function: compiled by Numba where that pays, else plain Python.

Both give the same bits. Compiled scans are kept in Numba's cache folder under the hash of their source, so
that the next run loads them. A handful of facts is scanned without compiling, which takes seconds.
"""

import functools
import hashlib
import importlib.util
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numba

from holdfast.files import write_text

# `_nrt`: it allocates nothing, so references to arrays need no counting, which takes longer than the work
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
MIN_WORK = 3_000_000  # facts × measures: a second in plain Python; compiling takes several

lock = threading.Lock()
work_done: Counter[str] = Counter()  # by source, what this process has scanned so far


def load_scan(source: str, work: int) -> Callable[..., None]:
    """The function `scan` of a source: compiled if it was before, or once there is enough to do.

    Args:
        work: about how many facts × measures it will be given.
    """
    with lock:
        work_done[source] += work
        path = cache_path(source)
        if work_done[source] > MIN_WORK or (path and path.is_file()):
            return _compiled(source)
        return _plain(source)


def cache_path(source: str) -> Path | None:
    """Where a source is kept for Numba; None: nowhere."""
    cache = os.environ.get("NUMBA_CACHE_DIR")
    return Path(cache) / f"scan_{hashlib.sha256(source.encode()).hexdigest()[:16]}.py" if cache else None


@functools.cache
def _plain(source: str) -> Callable[..., None]:
    names: dict[str, Callable[..., None]] = {}
    exec(compile(source, "<scan>", "exec"), names)
    return names["scan"]


@functools.cache
def _compiled(source: str) -> Callable[..., None]:
    path = cache_path(source)
    if path is None:
        function: Callable[..., None] = numba.njit(**OPTIONS)(_plain(source))
        return function
    if not path.is_file() or path.read_text(encoding="utf-8") != source:
        write_text(path, source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # where Numba looks for it when it loads what was compiled
    spec.loader.exec_module(module)
    function = numba.njit(cache=True, **OPTIONS)(module.scan)
    return function

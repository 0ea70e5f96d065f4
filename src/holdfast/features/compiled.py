"""Load a generated window scan as a function: compiled by Numba if that pays, else plain Python.

Both give identical results. Compiled scans are kept in Numba's cache folder under the hash of their source,
so that the next run loads them. Small data is scanned without compiling, which takes seconds.
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

# `_nrt=False`: no reference counting of arrays, which would take longer than the scan; it allocates nothing
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
MIN_WORK = 200_000  # facts × measures: half a second in plain Python; compiling takes a second

lock = threading.Lock()
work_done: Counter[str] = Counter()  # source → facts × measures scanned by this process so far


def load_scan(source: str, work: int) -> Callable[..., None]:
    """The function `scan` of a source: compiled if it is cached or the work exceeds MIN_WORK.

    Args:
        work: the approximate number of facts × measures to scan.
    """
    with lock:
        work_done[source] += work
        path = cache_path(source)
        if work_done[source] > MIN_WORK or (path and path.is_file()):
            return _compiled(source)
        return _plain(source)


def cache_path(source: str) -> Path | None:
    """The file of a source for Numba's cache; None: there is no cache."""
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
    sys.modules[path.stem] = module  # Numba looks it up there when it loads from the cache
    spec.loader.exec_module(module)
    function = numba.njit(cache=True, **OPTIONS)(module.scan)
    return function

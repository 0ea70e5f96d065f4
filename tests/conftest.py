"""What all tests share: a quiet, bare, repeatable environment, and folders built once for all of them."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from holdfast.runtime.compiled import code_state

# One thread for each worker: many small models on a busy machine are far slower with more.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["MPLBACKEND"] = "Agg"
# Many tests start a process: one of them compiles the package, the others load what it kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Compiled functions are kept between runs, a folder for each state of the code: Numba sees changes of a
# function's own file only, not of those it calls.
os.environ["NUMBA_CACHE_DIR"] = str(Path(__file__).parents[1] / ".cache" / "numba" / code_state())
# Settings of the developer's shell that Holdfast or its libraries would take up, and the width of a terminal.
OURS = ("MLFLOW_", "HOLDFAST_", "HYDRA_", "COLUMNS", "NO_COLOR")
for name in [n for n in os.environ if n.startswith(OURS)]:
    del os.environ[name]

settings.register_profile(
    "holdfast",
    deadline=None,  # a compiled walk takes its time on the first example
    derandomize=True,  # the same examples for everyone
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("holdfast")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests go first: begun last, a long one keeps one worker busy while the others idle.

    Of those that use the company, one begins and builds it; the others come after all other slow files, so
    that nobody waits for it.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    company = [item.path for item in items if "company" in getattr(item, "fixturenames", ())]

    def place(item: pytest.Item) -> int:
        if item.path in company:
            return 0 if item.path == company[0] else 2 if item.path in slow else 3
        return 1 if item.path in slow else 3

    items.sort(key=place)


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """`built_once(name, build)`: the folder that `build(folder)` filled, once for all workers.

    For what is costly and only read: a simulated company, a trained model. A test that changes such a
    folder copies it first.
    """
    base = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent  # the workers' common folder

    def folder(name: str, build: Callable[[Path], object]) -> Path:
        place = base / f"built-{name}"
        done = base / f"built-{name}.done"
        with FileLock(base / f"built-{name}.lock"):
            if not done.exists():
                place.mkdir()
                build(place)
                done.touch()
        return place

    return folder


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        self.lines.append(record.getMessage())


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What Holdfast logs, line by line, whatever a command before has set up."""
    logger, handler = logging.getLogger("holdfast"), Lines()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.lines
    logger.removeHandler(handler)
    logger.setLevel(level)

"""The company of docs/tutorial.md, made by its commands: it has a page of every kind."""

import contextlib
import io
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.documents import DOCS

from holdfast.cli import main

TEXT = (DOCS / "tutorial.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```console\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
]
SMALL = ("demo.truth_weeks=16", "demo.truth_draws=1")  # the reader's company, with less to know about it


def run(words: list[str]) -> None:
    """Run a command, which must succeed."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
        code = main([*words, "tracking=off"])
    assert code == 0, f"{' '.join(words)}\n{errors.getvalue()}"


def follow_tutorial(folder: Path) -> None:
    """Run the commands of the tutorial, in its order, with `folder` as the folder that it calls `try`."""
    ((root, settings),) = re.findall(r'make simulate ROOT=(\w+) ARGS="(.+)"', TEXT)
    place = f"paths.root={root}"
    assert all(place in line for line in COMMANDS)
    run(["simulate", f"paths.root={folder}", *settings.split(), *SMALL])
    for line in COMMANDS:
        run([word.replace(place, f"paths.root={folder}") for word in shlex.split(line)[1:]])


@pytest.fixture(scope="session")
def tutorial(built_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The root of the tutorial's company: only read it."""
    return built_once("tutorial", follow_tutorial)

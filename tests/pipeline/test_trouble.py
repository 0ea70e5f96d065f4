"""Trouble with a night's input, from outside: a small part of `benchmarks/nights` on one root."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.nights.__main__ import run_trouble
from benchmarks.nights.company import LAST_DAY, holdfast, make_orders, write_company, write_night
from benchmarks.nights.troubles import TROUBLES

pytestmark = pytest.mark.slow


def build_nights(folder: Path) -> None:
    """A trained model, one list, and tonight's files."""
    root, first = folder / "before", LAST_DAY - dt.timedelta(days=1)
    write_company(root, first)
    for command, day in (("train", first - dt.timedelta(days=14)), ("score", LAST_DAY)):
        called = holdfast(root, command, day)
        assert called.code == 0, called.said
    write_night(root, LAST_DAY, make_orders())


@pytest.fixture
def folder(built_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Path:
    """A copy of the root before tonight's run."""
    shutil.copytree(built_once("nights", build_nights), tmp_path / "nights", symlinks=True)
    return tmp_path / "nights"


SOME = (
    "amounts zero, tonight", "consent all yes", "customers: a tenth missing", "tonight: every row rejected",
    "tonight: header only", "tonight: ids with a prefix", "hold-outs unreadable",
)  # fmt: skip


@pytest.mark.parametrize("name", SOME)
def test_trouble_is_refused_or_named(folder: Path, name: str) -> None:
    (trouble,) = (one for one in TROUBLES if one.name == name)
    result = run_trouble(folder, trouble)
    assert result.verdict in ("refused", "named"), result
    assert result.opted_out == 0

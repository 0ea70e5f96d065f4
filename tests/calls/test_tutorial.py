"""docs/tutorial.md: its commands run, in its order, and leave what the page names."""

import re
from pathlib import Path

import pytest
from tests.tutorial import COMMANDS, TEXT, tutorial

__all__ = ["tutorial"]  # the fixture


@pytest.mark.slow
def test_the_commands_leave_the_pages_that_are_named(tutorial: Path) -> None:
    named = re.findall(r"`try/([\w/.]+\.html)`", TEXT)
    assert len(named) == 3
    assert [name for name in named if not (tutorial / name).is_file()] == []
    outcomes = (tutorial / "data/outcomes/2026-04-06/report.html").read_text(encoding="utf-8")
    assert "The list was not worked" in outcomes  # as the page says


def test_a_dozen_commands() -> None:
    assert 7 <= len(COMMANDS) <= 12

"""Every command that the documentation names is one: its options, groups, keys and values are accepted.

docs/howto.md is run as well (tests/calls/test_howto.py); these are parsed, composed and checked.
"""

import re
import shlex
from pathlib import Path

import pytest
from tests.documents import DOCS

from holdfast.calls import parse
from holdfast.commands import COMMANDS, TOOLS
from holdfast.composing import compose_settings
from holdfast.config import check_settings
from holdfast.helping import EXAMPLES

PAGES = [DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))]
COMMAND = re.compile(rf"(?:^|`)(?:\.venv/bin/)?(holdfast (?:{'|'.join((*COMMANDS, *TOOLS))})\b[^`\n]*)", re.M)
PLACEHOLDERS = {
    "DIR": "docs", "NAME": "config", "YYYY-MM-DD": "2026-07-06", "<as_of>": "2026-07-06",
    "outreach.export=[ours]": "seed=1",
}  # fmt: skip
OF_THE_READER = re.compile(r"\bsource=(?!demo|online_retail|complete_journey)\S+")


def commands() -> list[tuple[str, str]]:
    """Page and command of each mention; a remark behind the command is left out."""
    found = [(page.name, match[1]) for page in PAGES for match in COMMAND.finditer(page.read_text("utf-8"))]
    found += [
        ("--help", match[0].strip()) for match in re.finditer(r"holdfast \w+.*?(?=  |$)", EXAMPLES, re.M)
    ]
    return list(
        dict.fromkeys((page, re.split(r"\s+#|  |[;|]", command)[0].strip()) for page, command in found)
    )


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_documented_command_is_accepted(
    page: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "…" in command:
        pytest.skip(f"{page} shortens it")
    monkeypatch.setenv("HOLDFAST_LIST_URL", "postgresql://ann@host/lists")
    for placeholder, value in PLACEHOLDERS.items():
        command = command.replace(placeholder, value)
    subscribers = "churn=cancellation" in command
    source = "source=demo_subscriptions" if subscribers else "source=demo"
    command = OF_THE_READER.sub(source, command) + (f" {source}" if "source=" not in command else "")
    own = f"paths.local={tmp_path}" if "paths.local=" in command else f"paths.root={tmp_path}"
    call = parse([*shlex.split(command)[1:], own])
    if call.command not in TOOLS and not call.multirun:
        composition = compose_settings(call.overrides)
        if "churn=provided" not in call.overrides:  # of the reader's own source
            check_settings(composition)


def test_the_commands_are_found() -> None:
    assert len(commands()) > 40

"""Completion in bash, zsh and fish, as a person at a prompt has it: a line is typed, and Tab is pressed."""

import contextlib
import os
import pty
import select
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pipeline.conftest import run_command

RULES = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(holdfast --shell-completion install=bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'eval "$(holdfast --shell-completion install=zsh)"'),
    "fish": (["fish", "--no-config", "-i"], "holdfast --shell-completion install=fish | source"),
}


class Prompt:
    """A shell on a terminal of its own."""

    def __init__(self, terminal: int) -> None:
        self.terminal = terminal

    def read(self, until: str, seconds: float = 60) -> str:
        """What the shell shows, until something is in it."""
        shown, end = b"", time.monotonic() + seconds
        while time.monotonic() < end and until.encode() not in shown:
            if select.select([self.terminal], [], [], 0.1)[0]:
                shown += os.read(self.terminal, 65536)
        return shown.decode(errors="replace")

    def type(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())


@pytest.fixture(params=RULES)
def prompt(request, tmp_path) -> Iterator[Prompt]:
    """A prompt at which completion was installed as `holdfast --help` says."""
    words, rule = RULES[request.param]
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed here; on Debian: apt install {words[0]}")
    command = tmp_path / "holdfast"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m holdfast "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(PATH=path, HOME=str(tmp_path), TERM="dumb", COLUMNS="200")
        os.chdir(tmp_path)
        os.execvp(words[0], words)
    shell = Prompt(terminal)
    shell.type(f"{rule}\necho rea''dy\n")
    assert "ready" in shell.read("ready")
    yield shell
    shell.type("\x03exit\n")
    os.close(terminal)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, 0)


def test_commands_groups_keys_and_values_are_completed(prompt):
    """In zsh and bash with one Tab, as each line has one answer."""
    for begun, completed in [
        ("holdfast out", "outcomes"),
        ("holdfast train model.n_", "model.n_bags="),
        ("holdfast train experiment=q", "experiment=quick"),
        ("holdfast score seed=1 churn=prov", "churn=provided"),
        ("holdfast train --multi", "--multirun"),
    ]:
        prompt.type(f"{begun}\t")
        assert completed in prompt.read(completed, seconds=30), begun
        prompt.type("\x15")  # Ctrl-U: an empty line


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("holdfast tr", ["train"]),
        ("holdfast train model.n_", ["model.n_bags="]),
        ("holdfast train experiment=", ["experiment=quick", "experiment=thorough"]),
        ("holdfast score -m chur", ["churn.", "churn="]),
        ("holdfast score --conf", ["--config-dir", "--config-name"]),
    ],
)
def test_what_a_line_is_completed_to(line, answers, monkeypatch):
    monkeypatch.setenv("COMP_LINE", line)
    assert run_command("--shell-completion", "query=bash").out.split() == answers


def test_files_of_ones_own_are_completed(tmp_path: Path, monkeypatch):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "shop.yaml").write_text("currency: EUR\n", encoding="utf-8")
    monkeypatch.setenv("COMP_LINE", f"holdfast train --config-dir {tmp_path} source=sh")
    assert run_command("--shell-completion", "query=bash").out.split() == ["source=shop"]


@pytest.mark.parametrize("words", [[], ["install=tcsh"], ["install=bash", "install=fish"]])
def test_a_shell_must_be_named(words):
    called = run_command("--shell-completion", *words)
    assert called.code == 2
    assert "install=bash" in called.block

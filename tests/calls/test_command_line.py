"""The command line itself: help, version, completion, quick answers, quiet ends."""

import os
import subprocess
import sys

import pytest
from tests.pipeline.conftest import run_command

from holdfast import __version__
from holdfast.commands import COMMANDS, SECTIONS, TOOLS

HOLDFAST = [sys.executable, "-m", "holdfast"]


def test_version():
    assert run_command("--version").out == f"holdfast {__version__}\n"


def test_help_names_every_command_once_and_fits_into_80_columns():
    out = run_command("--help").out
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted([*COMMANDS, *TOOLS])
    assert all(out.count(f"\n  {name:<10}") == 1 for name in (*COMMANDS, *TOOLS))
    long = [
        line
        for line in out.splitlines()
        if len(line) > 80 and not line.startswith(("usage", "  train", "completion"))
    ]
    assert long == []


def test_help_is_answered_at_once():
    """Within 0.4 seconds of processor time: nothing heavy is imported."""
    before = os.times()
    subprocess.run([*HOLDFAST, "--help"], check=True, capture_output=True)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < 0.4
    code = (
        "import sys, holdfast.cli; holdfast.cli.main(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stderr
    heavy = ("hydra", "pandas", "mlflow", "rich", "pydantic", "omegaconf")
    assert [name for name in heavy if f"'{name}'" in loaded] == []


def test_help_of_a_stage_shows_what_people_change_and_all_the_rest_on_demand():
    short, every = run_command("score", "--help").out, run_command("score", "--help-all").out
    assert "outreach.capacity=200" in short
    assert "customers on one list" in short
    assert "demo.customers" not in short  # no setting of this stage
    assert "model.n_bags" not in short
    assert len(short.splitlines()) < 45
    assert "feature_fraction: 0.25" in every
    assert "demo.customers=20000" in run_command("simulate", "--help").out


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("holdfast tr", ["train"]),
        ("holdfast train model.n_", ["model.n_bags="]),
        ("holdfast train experiment=", ["experiment=quick", "experiment=thorough"]),
        ("holdfast score -m chur", ["churn.", "churn="]),
    ],
)
def test_completion(line, answers, monkeypatch):
    monkeypatch.setenv("COMP_LINE", line)
    assert run_command("--shell-completion", "query=bash").out.split() == answers


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed(shell):
    called = run_command("-sc", f"install={shell}")
    assert called.code == 0
    assert "holdfast" in called.out


def test_a_closed_pipe_ends_quietly():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*HOLDFAST, "config"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_ui_of_a_root_without_runs_is_refused(tmp_path):
    called = run_command("ui", f"paths.root={tmp_path}")
    assert called.code == 2
    assert "there are no runs yet" in called.block

"""What a command with nothing to do imports: no engine, no model library, no plots, no tracking."""

import json
import os
import subprocess
import sys
import time

import pytest
from tests.pipeline.conftest import SCORED, TRAINED

from holdfast import pipeline
from holdfast.errors import LockHeld
from holdfast.runtime.stage import deferred

HEAVY = ("duckdb", "ibis", "lightgbm", "matplotlib", "mlflow", "numba", "optuna", "scipy", "shap", "sklearn")
SCRIPT = """
import json, sys
from holdfast.cli import main
code = main(json.loads(sys.argv[1]))
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def imported_by(*words: object) -> set[str]:
    """The libraries that a successful command has imported at its end."""
    given = json.dumps([str(word) for word in words])
    called = [sys.executable, "-c", SCRIPT, given]
    for _ in range(60):  # another test may run below the same root
        done = subprocess.run(called, check=True, capture_output=True, text=True)
        code, modules = json.loads(done.stdout.splitlines()[-1])
        if code != LockHeld.exit_code:
            break
        time.sleep(1)
    assert code == 0, done.stderr
    return set(modules)


@pytest.mark.parametrize(
    "words",
    [
        ("validate",), ("features", f"as_of={TRAINED}"), ("train", f"as_of={TRAINED}"),
        ("score", f"as_of={SCORED[1]}"),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_a_stage_with_nothing_to_do_imports_no_heavy_library(company, words):
    loaded = imported_by(*words, f"paths.root={company}")
    assert loaded & set(HEAVY) == set()
    assert "pydantic" in loaded  # the names are those of modules


@pytest.mark.parametrize("words", [("--help",), ("train", "--help"), ("config",), ("train", "--cfg", "job")])
def test_help_and_settings_import_no_heavy_library(words):
    assert imported_by(*words) & {*HEAVY, "pandas", "pyarrow"} == set()


def test_a_stage_with_nothing_to_do_is_quick(company):
    """1.5 seconds of processor time on an idle machine; a busy one takes up to twice as long."""
    words = ["train", f"as_of={TRAINED}", f"paths.root={company}"]
    code = LockHeld.exit_code
    while code == LockHeld.exit_code:  # another test may run below the same root
        before = os.times()
        called = [sys.executable, "-m", "holdfast", *words]
        code = subprocess.run(called, check=False, capture_output=True).returncode
        after = os.times()
    assert code == 0
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < 3


def test_deferred_functions_exist_and_are_named_for_what_they_are():
    for stage in pipeline.STAGES:
        for function in filter(None, (stage.run, stage.pages)):
            assert isinstance(function, deferred)
            assert function.__wrapped__.__module__ == function.__module__
            assert function.__wrapped__.__name__ == function.__name__

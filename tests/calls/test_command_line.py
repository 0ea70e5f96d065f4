"""The command line itself: help, version, completion, quick answers, quiet ends."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.pipeline.conftest import run_command
from tests.webhdfs import webhdfs_server

from holdfast import __version__
from holdfast.artifacts.artifact import Root
from holdfast.artifacts.large import make_owner
from holdfast.commands import COMMANDS, SECTIONS, TOOLS
from holdfast.storage import RemotePath

HOLDFAST = [sys.executable, "-m", "holdfast"]


def test_version():
    assert run_command("--version").out == f"holdfast {__version__}\n"


def test_help_names_every_command_once_and_fits_into_80_columns():
    out = run_command("--help").out
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted([*COMMANDS, *TOOLS])
    assert all(out.count(f"\n  {name:<10}") == 1 for name in (*COMMANDS, *TOOLS))
    long = [line for line in out.splitlines() if len(line) > 80 and not line.startswith(("usage", "  train"))]
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


def test_help_of_a_stage_shows_what_people_change_and_all_the_rest_on_demand(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)  # a line for each setting
    short, every = run_command("score", "--help").out, run_command("score", "--help-all").out
    assert "outreach.capacity=200" in short
    assert "customers on one list" in short
    assert "demo.customers" not in short  # no setting of this stage
    assert "model.n_bags" not in short
    assert len(short.splitlines()) < 45
    assert "feature_fraction: 0.1" in every
    assert "demo.customers=4000" in run_command("simulate", "--help").out


def test_ui_of_a_root_without_runs_is_refused(tmp_path):
    called = run_command("ui", f"paths.root={tmp_path}")
    assert called.code == 2
    assert "there are no runs yet" in called.block


# --- doctor -------------------------------------------------------------------------------------------


def lines_of(out: str) -> dict[str, str]:
    """Name → the last line of a finding, with its mark."""
    return {line.split()[1]: line for line in out.splitlines() if line.startswith(("ok ", "NOT"))}


def test_doctor_finds_all_that_a_run_needs(tmp_path):
    orders = tmp_path / "orders.csv"
    orders.write_text("who,no,at,paid\n1,1,2026-01-01,5\n", encoding="utf-8")
    folder = source_file(tmp_path, f"read: {orders}")
    called = run_command("doctor", "source=mine", f"paths.root={tmp_path}", "--config-dir", folder)
    assert called.code == 0, called.out
    found = lines_of(called.out)
    assert set(found) == {
        "holdfast", "libraries", "OpenMP", "settings", "folder", "space", "tracking", "source",
    }  # fmt: skip
    assert "transactions: 1 file" in found["source"]
    assert not (tmp_path / "mlflow.db").exists()  # it only looks


def test_doctor_says_of_each_trouble_what_to_do_next(tmp_path):
    started = time.monotonic()
    folder = source_file(tmp_path, "database: postgresql://me:s3cret@127.0.0.1:9/shop, table: t")
    called = run_command(
        "doctor", "source=mine", f"paths.root={tmp_path}", "tracking.uri=http://127.0.0.1:9",
        "--config-dir", folder,
    )  # fmt: skip
    assert called.code == 2
    assert time.monotonic() - started < 60
    troubles = [line for line in called.out.splitlines() if line.startswith("NOT")]
    assert [line.split()[1] for line in troubles] == ["tracking", "source"]
    assert called.out.count("next: ") == 2
    assert "s3cret" not in called.out


def test_doctor_names_a_wrong_setting_and_a_demo_that_was_not_made(tmp_path):
    called = run_command("doctor", "source=nope", f"paths.root={tmp_path}")
    assert (called.code, lines_of(called.out)["settings"][:3]) == (2, "NOT")
    called = run_command("doctor", f"paths.root={tmp_path}")
    assert called.code == 2
    assert "next: holdfast simulate" in called.out


def test_doctor_asks_the_address_of_the_root(tmp_path):
    orders = tmp_path / "orders.csv"
    orders.write_text("who,no,at,paid\n1,1,2026-01-01,5\n", encoding="utf-8")
    folder, store = source_file(tmp_path, f"read: file://{orders}"), tmp_path / "store"

    def doctor(address: str, local: str) -> tuple[int, dict[str, str], str]:
        called = run_command(
            "doctor", "source=mine", "engine=spark", "tracking=off", f"paths.root={address}",
            f"paths.local={tmp_path / local}", "--config-dir", folder,
        )  # fmt: skip
        return called.code, lines_of(called.out), called.out

    with webhdfs_server(store) as server:
        code, found, _ = doctor(f"{server}/churn", "mine")
        assert (code, found["address"][:3]) == (0, "ok ")
        assert "can be read and written, and belongs to nobody yet" in found["address"]
        assert "transactions: 1 file" in found["source"]  # at an address, too
        assert not [path for path in store.rglob("*") if path.is_file()]  # it only looks
        remote = RemotePath(f"{server}/churn")
        make_owner(Root(tmp_path / "mine", "mine", remote), remote)
        assert "belongs to this paths.local" in doctor(f"{server}/churn", "mine")[1]["address"]
        code, found, out = doctor(f"{server}/churn", "other")
        assert (code, found["address"][:3]) == (2, "NOT")
        assert "next: name the paths.local that the address belongs to" in out
    assert doctor("webhdfs://127.0.0.1:9/churn", "mine")[1]["address"][:3] == "NOT"


def source_file(folder: Path, origin: str) -> Path:
    """A folder of settings with `source=mine`, whose transactions come from there."""
    columns = "{customer_id: who, transaction_id: 'no', occurred_at: at, amount: paid}"
    (folder / "conf" / "source").mkdir(parents=True)
    text = f"tables: {{transactions: {{{origin}, columns: {columns}}}}}\n"
    (folder / "conf" / "source" / "mine.yaml").write_text(text, encoding="utf-8")
    return folder / "conf"

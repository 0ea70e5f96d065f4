"""Tracking is no part of a result: what was made without it gets its runs when it is on."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.conftest import Called, Shop, mlflow_client, rhythmic_orders, run_command, run_of

QUESTION = (
    "churn.horizon_days=30", "churn.active_within_days=90", "timeline.snapshots=6", "model.n_bags=1",
    "model.num_boost_round=40", "features.windows_days=[30,90]", "as_of=2024-06-01",
)  # fmt: skip


class Root:
    """A shop's root, whose commands are tracked or not."""

    def __init__(self, folder: Path) -> None:
        self.shop = Shop(folder)
        self.shop.write(rhythmic_orders())
        self.root = self.shop.root

    def call(self, command: str, *words: str) -> Called:
        """One command, with tracking unless `words` say otherwise."""
        place = f"paths.root={self.root}"
        return run_command(command, "source=shop", place, *QUESTION, *words, "--config-dir", self.shop.conf)

    def done(self, command: str, *words: str) -> Called:
        """One command, which must succeed."""
        called = self.call(command, *words)
        assert called.code == 0, called.err
        return called

    def champion(self) -> Path:
        """The folder of the model in use."""
        return (self.root / "models/champion").resolve()

    def runs(self) -> dict[str, Any]:
        """The runs below that of a command, by stage; each once."""
        client = mlflow_client(self.root)
        experiment = client.get_experiment_by_name("holdfast")
        assert experiment is not None
        found = client.search_runs([experiment.experiment_id], max_results=200)
        nested = [run for run in found if "mlflow.parentRunId" in run.data.tags]
        by_stage = {run.data.tags["holdfast.stage"]: run for run in nested}
        assert len(by_stage) == len(nested)
        return by_stage


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Which file lies where since when, but for what is tracked."""
    folders = [root / "data", root / "models"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(root).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in files
        if path.name != "tracked.json"
    }


def test_a_model_that_stands_gets_its_run_and_is_registered(root):
    root.done("train", "tracking=off")
    assert not (root.root / "mlflow.db").exists()
    before = snapshot(root.root)
    called = root.done("train")
    assert snapshot(root.root) == before
    assert "reading" not in called.err
    assert "evaluating" not in called.err
    runs, version = root.runs(), root.champion().name
    assert set(runs) == {"validate", "streams", "features", "train"}
    train = runs["train"]
    grade, auc = train.data.tags["holdfast.grade"], train.data.metrics["auc"]
    assert train.info.run_name == f"train 2024-06-01 · grade {grade} · AUC {auc:.3f}"
    assert train.data.tags["mlflow.note.content"].startswith(f"Grade {grade}: ")
    assert train.info.run_id == run_of(root.root, root.champion())
    assert train.data.tags["holdfast.features_run"] == runs["features"].info.run_id
    card = json.loads((root.champion() / "card.json").read_text(encoding="utf-8"))
    assert auc == pytest.approx(card["metrics"]["test"]["auc"])
    client = mlflow_client(root.root)
    registered = client.get_model_version_by_alias("holdfast-churn", "champion")
    assert registered.description.startswith(f"Grade {grade}: ")
    assert "load_model" in client.get_registered_model("holdfast-churn").description
    assert (registered.run_id, registered.tags["holdfast.version"]) == (train.info.run_id, version)
    root.done("train")
    assert {name: run.info.run_id for name, run in root.runs().items()} == {
        name: run.info.run_id for name, run in runs.items()
    }


def test_a_second_store_gets_runs_of_its_own(root, tmp_path, monkeypatch):
    root.done("features")
    first = root.runs()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'other.db'}")
    root.done("features")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert {name: run.info.run_id for name, run in root.runs().items()} == {
        name: run.info.run_id for name, run in first.items()
    }
    kept = json.loads((root.root / "data/tracked.json").read_text(encoding="utf-8"))
    assert len(kept) == 2
    assert len({frozenset(store["runs"]) for store in kept.values()}) == 1  # the same artifacts
    assert "sqlite" not in json.dumps(kept)  # an address may hold a password


def test_what_a_refused_command_made_is_tracked_too(root):
    """The monitor refuses; what it found is there all the same, and its run with it."""
    root.done("train", "as_of=2024-04-01", "tracking=off")  # two outcome windows ago
    root.done("score", "tracking=off")
    old = ("monitor.age_watch=0.1", "monitor.age_retrain=0.5")
    called = root.call("monitor", "monitor.refuse=retrain", *old)
    assert called.code == 4, called.err
    assert "monitor.refuse=retrain" in called.block
    monitor = root.runs()["monitor"]
    assert monitor.info.run_id == run_of(root.root, root.root / "data/monitor/2024-06-01")
    assert monitor.data.tags["holdfast.verdict"] == "retrain"


def test_a_store_that_cannot_be_used_changes_no_exit_code(root, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "carrier-pigeon://coop")
    called = root.call("train", "as_of=2010-01-01")
    assert called.code == 3, called.err
    assert "no data before" in called.block
    assert "warning: the tracking store does not answer or cannot be used (carrier-pigeon" in called.err


def test_what_a_store_did_not_take_waits(root, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    root.done("validate")
    (store,) = json.loads((root.root / "data/tracked.json").read_text(encoding="utf-8")).values()
    (entry,) = store["waiting"]
    assert (entry["stage"], entry["folder"]) == ("validate", "data/validated/shop")

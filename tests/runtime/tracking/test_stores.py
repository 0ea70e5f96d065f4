"""Runs in real stores: SQLite below a root, a real server, and those that are down or unusable."""

import json
import sqlite3
import time
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from holdfast.config import TrackingSettings
from holdfast.errors import SettingError
from holdfast.runtime.tracking.runs import begin
from holdfast.runtime.tracking.stores import answering, connect
from holdfast.secrets import redact

LOCAL = TrackingSettings()


def log_everything(settings, root):
    """A run with all that can be logged; gives its id."""
    store = connect(settings, root)
    run = begin(
        store, "train", {"holdfast.features_run": "f1", "holdfast.none": None}, "2026-01-05T10:00:00Z"
    )
    run.params({"model": {"num_leaves": 7, "rate": None}, "seed": 1} | {f"p{i}": i for i in range(150)})
    run.params({"model": {"num_leaves": 7}})
    run.metrics({"test": {"auc": 0.75, "ece": None, "lift": float("nan")}, "rows": 10})
    for step, loss in enumerate((0.7, 0.6)):
        run.metrics({"fold_loss": loss}, step=step)
    run.describe("train · grade B", "**Grade B**")
    run.dict({"root": root, "seed": 1}, "config.json")
    file = root / "note.txt"
    file.write_text("a file", encoding="utf-8")
    run.artifact(file, "plots")
    file.unlink()
    columns = {"silence": "double", "mood": "string"}
    run.dataset("features", columns, rows=10, digest="ab" * 32, source=str(root / "data"))
    with run.child("trial 1", {"holdfast.state": "complete"}) as child:
        child.metrics({"auc": 0.7})
    return run.id


def look(store, run_id):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=store)
    return client, client.get_run(run_id)


def test_local_store_keeps_everything_below_the_root(tmp_path, capfd):
    root = tmp_path / "root with space é"
    root.mkdir()
    run_id = log_everything(LOCAL, root)

    assert capfd.readouterr() == ("", "")
    assert {path.name for path in root.iterdir()} == {"mlflow.db", "mlartifacts"}
    check_run(f"sqlite:///{root}/mlflow.db", run_id)


def check_run(store, run_id):
    """What `log_everything` logged."""
    client, run = look(store, run_id)
    assert (run.info.run_name, run.data.tags["mlflow.note.content"]) == ("train · grade B", "**Grade B**")
    assert run.info.start_time == 1767607200000
    assert run.data.params.items() >= {"model.num_leaves": "7", "model.rate": "None", "p149": "149"}.items()
    assert run.data.metrics == {"test/auc": 0.75, "rows": 10, "fold_loss": 0.6}
    assert [metric.value for metric in client.get_metric_history(run_id, "fold_loss")] == [0.7, 0.6]
    assert run.data.tags["holdfast.features_run"] == "f1"
    assert "holdfast.none" not in run.data.tags
    dataset = run.inputs.dataset_inputs[0].dataset
    assert (dataset.name, dataset.digest) == ("features", ("ab" * 32)[:32])
    assert json.loads(dataset.profile)["num_rows"] == 10
    assert json.loads(dataset.schema) == {
        "mlflow_colspec": [{"name": "silence", "type": "double"}, {"name": "mood", "type": "string"}]
    }
    assert {path.path for path in client.list_artifacts(run_id)} == {"config.json", "plots"}
    children = client.search_runs([run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run_id}'")
    assert [child.data.metrics for child in children] == [{"auc": 0.7}]
    assert children[0].data.tags["holdfast.state"] == "complete"


def test_server_named_by_the_environment_wins(server, root, monkeypatch, capfd):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    run_id = log_everything(TrackingSettings(uri=f"sqlite:///{root}/never.db"), root)

    assert capfd.readouterr() == ("", "")
    assert [path.name for path in root.iterdir()] == ["mlflow.db"]
    check_run(server, run_id)


def test_server_that_is_down_is_named_quickly(root, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://someone:secret@127.0.0.1:9")
    began = time.monotonic()

    with pytest.raises(SettingError) as refused:
        connect(LOCAL, root)

    assert time.monotonic() - began < 15
    assert "MLFLOW_TRACKING_URI" in refused.value.block()
    assert "127.0.0.1:9" in refused.value.block()
    assert "secret" not in refused.value.block()


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("postgresql://someone:secret@127.0.0.1:9/runs", "refused"),
        ("mysql+nosuchdriver://127.0.0.1/runs", "nosuchdriver"),
        ("./mlruns", "sqlite"),
        ("carrier-pigeon://coop", "carrier-pigeon"),
    ],
)
def test_store_that_cannot_be_used_is_one_clear_error(root, uri, words):
    began = time.monotonic()

    with pytest.raises(SettingError) as refused:
        connect(TrackingSettings(uri=uri), root)

    assert time.monotonic() - began < 15
    assert words in refused.value.block()
    assert "tracking.uri" in refused.value.block()
    assert "secret" not in refused.value.block()


def test_file_that_is_no_database_is_refused(root):
    (root / "mlflow.db").write_text("not a database, however long one makes it " * 10)

    with pytest.raises(SettingError, match="not a database"):
        connect(LOCAL, root)


def test_deleted_experiment_is_refused(root):
    store = connect(LOCAL, root)
    store.client.delete_experiment(store.experiment_id)

    with pytest.raises(SettingError, match="was deleted"):
        connect(LOCAL, root)


def test_settings_choose_the_folder_of_artifacts(root, tmp_path):
    store = connect(TrackingSettings(artifacts=str(tmp_path / "files")), root)

    location = store.client.get_experiment(store.experiment_id).artifact_location
    assert location == (tmp_path / "files").as_uri()
    with sqlite3.connect(root / "mlflow.db") as database:
        names = [row[0] for row in database.execute("select name from experiments")]
    database.close()
    assert "holdfast" in names


@pytest.mark.parametrize("name", ["local", "off"])
def test_conf_holds_every_setting_with_its_default(name):
    file = Path(__file__).parents[3] / "conf" / "tracking" / f"{name}.yaml"

    written = OmegaConf.to_container(OmegaConf.load(file))

    assert written == TrackingSettings(name=name).model_dump()


def test_address_is_shown_without_its_password():
    assert redact("http://me:pw@host:1/x") == "http://host:1/x"
    assert redact("sqlite:////a/b@c.db") == "sqlite:////a/b@c.db"


# --- databases of other versions of MLflow ------------------------------------------------------------


def database_of(path: Path, steps_back: int) -> str:
    """A database as an earlier MLflow left it, with one run: its schema lacks the last steps."""
    with answering("an old database"):
        import sqlalchemy
        from alembic import command
        from alembic.script import ScriptDirectory
        from mlflow.store.db.utils import _get_alembic_config
        from mlflow.store.tracking.dbmodels.initial_models import Base

        uri = f"sqlite:///{path}"
        engine = sqlalchemy.create_engine(uri)
        Base.metadata.create_all(engine)
        config = _get_alembic_config(uri)
        revision = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()][
            steps_back
        ]
        command.upgrade(config, revision)
        engine.dispose()
    with sqlite3.connect(path) as database:
        database.execute(
            "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage) "
            f"VALUES (1, 'holdfast', '{path.parent}', 'active')"
        )
        database.execute(
            "INSERT INTO runs "
            "(run_uuid, name, status, user_id, start_time, experiment_id, lifecycle_stage, artifact_uri) "
            f"VALUES ('0123', 'an old run', 'FINISHED', 'me', 1, 1, 'active', '{path.parent}')"
        )
    database.close()
    return revision


@pytest.mark.parametrize("steps_back", [5, 25])
def test_a_database_of_an_earlier_mlflow_is_upgraded_with_its_runs(tmp_path, steps_back, migrated):
    path = tmp_path / "mlflow.db"
    old = database_of(path, steps_back)
    store = connect(LOCAL, tmp_path)
    names = [run.info.run_name for run in store.client.search_runs([store.experiment_id])]
    assert names == ["an old run"]
    assert old != schema_of(path) == schema_of(migrated)


def schema_of(path: Path) -> str:
    with sqlite3.connect(path) as database:
        (schema,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    database.close()
    return str(schema)


def test_a_database_of_a_later_mlflow_is_refused_with_what_to_do(root):
    with sqlite3.connect(root / "mlflow.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    database.close()
    with pytest.raises(SettingError, match="another version of MLflow") as refused:
        connect(LOCAL, root)
    assert refused.value.lines["found"] == "schema ffffffffffff"
    assert "backup" in str(refused.value.lines["next"])

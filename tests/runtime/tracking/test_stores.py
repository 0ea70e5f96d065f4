"""Runs, models and the champion in real stores: SQLite below a root, a real server, none, and one down."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from holdfast.errors import SettingError
from holdfast.files import read_files
from holdfast.model.bundle import Bundle
from holdfast.runtime import tracking
from holdfast.runtime.tracking import TrackingSettings
from holdfast.runtime.tracking.stores import shown

LOCAL = TrackingSettings()
OFF = TrackingSettings(name="off")


PREDICT = """
import json, sys, warnings
warnings.simplefilter("ignore")
import mlflow, pandas
model = mlflow.pyfunc.load_model("models:/holdfast-churn@champion")
rows = pandas.DataFrame(json.load(sys.stdin)).astype({"silence": "float64"})
import holdfast.model.bundle
print(json.dumps([holdfast.model.bundle.__file__, model.predict(rows)["churn_probability"].tolist()]))
"""


def log_everything(settings, root, bundle, features, **tags):
    """A stage's run with all that can be logged; gives (run id, registered version)."""
    with tracking.run("train", settings, root, tags) as run:
        run.params({"model": {"num_leaves": 7, "rate": None}, "seed": 1} | {f"p{i}": i for i in range(150)})
        run.params({"model": {"num_leaves": 7}})
        run.metrics({"test": {"auc": 0.75, "ece": None, "lift": float("nan")}, "rows": 10})
        for step, loss in enumerate((0.7, 0.6)):
            run.metrics({"fold_loss": loss}, step=step)
        run.tags({"holdfast.grade": "B", "holdfast.none": None})
        run.dict({"root": root, "seed": 1}, "config.json")
        run.artifact(bundle / "bundle.json", "plots")
        columns = {"silence": "double", "mood": "string"}
        run.dataset("features", columns, rows=10, digest="ab" * 32, source=str(root / "data"))
        with run.child("trial 1", {"holdfast.state": "complete"}) as child:
            child.metrics({"auc": 0.7})
        version = run.register(bundle, features, tags={"holdfast.version": "v1"})
    return run.id, version


def look(store, run_id):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=store)
    return client, client.get_run(run_id)


def test_local_store_keeps_everything_below_the_root(tmp_path, bundle, features, load_model, capfd):
    root = tmp_path / "root with space é"
    run_id, version = log_everything(LOCAL, root, bundle, features, **{"holdfast.features_run": "f1"})
    tracking.set_champion(LOCAL, root, version)

    assert capfd.readouterr() == ("", "")
    assert {path.name for path in root.iterdir()} == {"mlflow.db", "mlartifacts"}
    store = f"sqlite:///{root}/mlflow.db"
    client, run = look(store, run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "train"
    assert run.data.params.items() >= {"model.num_leaves": "7", "model.rate": "None", "p149": "149"}.items()
    assert run.data.metrics == {"test.auc": 0.75, "rows": 10, "fold_loss": 0.6}
    assert [metric.value for metric in client.get_metric_history(run_id, "fold_loss")] == [0.7, 0.6]
    assert run.data.tags["holdfast.stage"] == "train"
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

    model = load_model(store, "models:/holdfast-churn@champion")
    check_predictions(model, bundle, features)
    assert not [path for path in root.rglob("*") if path.suffix in (".pkl", ".pickle")]


def check_predictions(model, bundle, features):
    """The registered model predicts what the bundle does, and refuses what its signature does not say."""
    plain = features.astype({"silence": "float64", "mood": object})

    for rows in (plain, plain.assign(mood=None)[["mood", "silence"]], plain.assign(mood="never seen")):
        predicted = model.predict(rows)

        assert list(predicted.columns) == ["churn_probability"]
        np.testing.assert_array_equal(
            predicted["churn_probability"], Bundle.from_files(read_files(bundle)).predict(rows)
        )
    assert model.metadata.signature.inputs.input_names() == ["silence", "mood"]
    with pytest.raises(Exception, match="missing inputs"):
        model.predict(plain[["silence"]])


def test_model_brings_the_code_that_reads_it(root, bundle, features):
    _, version = log_everything(LOCAL, root, bundle, features)
    tracking.set_champion(LOCAL, root, version)
    rows = [{"silence": -1.5, "mood": "calm"}, {"silence": None, "mood": None}]
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    done = subprocess.run(
        [sys.executable, "-c", PREDICT],
        input=json.dumps(rows),
        env=bare | {"MLFLOW_TRACKING_URI": f"sqlite:///{root}/mlflow.db"},
        capture_output=True,
        text=True,
        check=True,
    )

    code, predicted = json.loads(done.stdout)
    assert Path(code).is_relative_to(root / "mlartifacts")
    np.testing.assert_array_equal(
        predicted, Bundle.from_files(read_files(bundle)).predict(pd.DataFrame(rows))
    )


def test_second_run_makes_the_second_version(root, bundle, features):
    versions = [log_everything(LOCAL, root, bundle, features)[1] for _ in range(2)]

    assert versions == ["1", "2"]
    assert tracking.champion_version(LOCAL, root) is None
    tracking.set_champion(LOCAL, root, "2")
    tracking.set_champion(LOCAL, root, "1")
    assert tracking.champion_version(LOCAL, root) == "1"


def test_server_named_by_the_environment_wins(server, root, bundle, features, load_model, monkeypatch, capfd):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    elsewhere = TrackingSettings(uri=f"sqlite:///{root}/never.db")

    run_id, version = log_everything(elsewhere, root, bundle, features)
    tracking.set_champion(elsewhere, root, version)

    assert capfd.readouterr() == ("", "")
    assert [path.name for path in root.iterdir()] == ["mlflow.db"]
    client, run = look(server, run_id)
    assert run.data.metrics["test.auc"] == 0.75
    assert {path.path for path in client.list_artifacts(run_id)} == {"config.json", "plots"}
    check_predictions(load_model(server, "models:/holdfast-churn@champion"), bundle, features)


def test_off_keeps_nothing_and_answers_alike(root, bundle, features):
    run_id, version = log_everything(OFF, root, bundle, features)
    tracking.set_champion(OFF, root, version)

    assert (run_id, version, tracking.champion_version(OFF, root)) == (None, None, None)
    assert [path.name for path in root.iterdir()] == ["mlflow.db"]  # which was there before


def test_run_whose_block_raises_ends_as_failed_and_shows_the_blocks_error(root):
    with pytest.raises(ZeroDivisionError), tracking.run("train", LOCAL, root) as run:
        run.metrics({"auc": 1 / 0})

    assert run.id is not None
    assert look(f"sqlite:///{root}/mlflow.db", run.id)[1].info.status == "FAILED"


def test_server_that_is_down_is_named_before_the_block_and_quickly(root, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://someone:secret@127.0.0.1:9")
    began, entered = time.monotonic(), False

    with pytest.raises(SettingError) as refused, tracking.run("train", LOCAL, root):
        entered = True

    assert not entered
    assert time.monotonic() - began < 15
    assert refused.value.exit_code == 2
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
        tracking.connect(TrackingSettings(uri=uri), root)

    assert time.monotonic() - began < 15
    assert words in refused.value.block()
    assert "tracking.uri" in refused.value.block()
    assert "secret" not in refused.value.block()


def test_file_that_is_no_database_is_refused(root):
    (root / "mlflow.db").write_text("not a database, however long one makes it " * 10)

    with pytest.raises(SettingError, match="not a database"):
        tracking.connect(LOCAL, root)


def test_deleted_experiment_is_refused(root):
    store = tracking.connect(LOCAL, root)
    assert store is not None
    store.client.delete_experiment(store.experiment_id)

    with pytest.raises(SettingError, match="was deleted"):
        tracking.connect(LOCAL, root)


def test_settings_choose_the_folder_of_artifacts(root, tmp_path):
    store = tracking.connect(TrackingSettings(artifacts=str(tmp_path / "files")), root)

    assert store is not None
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
    assert shown("http://me:pw@host:1/x") == "http://…@host:1/x"
    assert shown("sqlite:////a/b@c.db") == "sqlite:////a/b@c.db"

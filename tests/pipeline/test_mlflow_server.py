"""What a user of MLflow does, against a real `mlflow server` with PostgreSQL behind it."""

import json
import os
import shutil
import sys
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from tests.pipeline.conftest import SCORED, TRAINED, run_command
from tests.servers import mlflow_process, mlflow_server, postgres_server

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.models import Model, read_champion

MODEL = "models:/holdfast-churn@champion"


class Tracked(NamedTuple):
    """A company whose runs lie on a server."""

    root: Path
    address: str
    client: Any
    runs: list[Any]

    @property
    def model(self) -> Model:
        return read_champion(Root(self.root, "demo"))

    def stage(self, name: str) -> Any:
        """The run of a stage's artifact."""
        (run,) = [run for run in self.runs if run.data.tags.get("holdfast.stage") == name]
        return run

    def rows(self) -> pd.DataFrame:
        """The model input of the list, as pandas reads it."""
        return pd.read_parquet(self.root / "data/scores" / SCORED[1] / "model_input")


@pytest.fixture(scope="module")
def tracked(company, tmp_path_factory) -> Iterator[Tracked]:
    """The company's results, sent to a fresh server by commands that had nothing else to do."""
    folder = tmp_path_factory.mktemp("mlflow")
    root = Path(shutil.copytree(company, folder / "root", symlinks=True))
    with (
        pytest.MonkeyPatch.context() as patched,
        warnings.catch_warnings(),
        postgres_server("secret") as port,
    ):
        warnings.simplefilter("ignore")  # of MLflow's own making
        store = f"postgresql+psycopg://ann:secret@127.0.0.1:{port}/postgres"
        with mlflow_server(folder, store) as address:
            patched.setenv("MLFLOW_TRACKING_URI", address)
            patched.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
            for words in (["train", f"as_of={TRAINED}"], ["score", f"as_of={SCORED[1]}"]):
                called = run_command(*words, f"paths.root={root}")
                assert called.code == 0, called.err
                assert "warning: the tracking" not in called.err
            from mlflow import MlflowClient

            client = MlflowClient(address)
            experiment = client.get_experiment_by_name("holdfast")
            assert experiment is not None
            runs = client.search_runs([experiment.experiment_id])
            yield Tracked(root, address, client, runs)


@pytest.fixture(autouse=True)
def quiet_mlflow():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_runs_are_nested_below_their_command_and_named_by_what_came_of_it(tracked):
    tops = {
        run.info.run_id: run.info.run_name
        for run in tracked.runs
        if "mlflow.parentRunId" not in run.data.tags
    }
    below = [run for run in tracked.runs if "holdfast.stage" in run.data.tags]
    assert len(below) == len(tracked.runs) - len(tops)
    assert {run.data.tags["mlflow.parentRunId"] for run in below} == set(tops)
    card, tops_named = tracked.model.card(), sorted(tops.values())
    assert len(tops_named) == 2
    assert tops_named[0].startswith(f"score {SCORED[1]} · ")
    assert (
        tops_named[1] == f"train {TRAINED} · grade {card['grade']} · AUC {card['metrics']['test']['auc']:.3f}"
    )
    assert {run.info.status for run in tracked.runs} == {"FINISHED"}
    assert not [run.info.run_name for run in below if " " not in run.info.run_name]  # each says what of
    (listed,) = [run for run in below if run.data.tags["holdfast.stage"] == "score"]
    counts = " eligible customers listed, by the model `"
    assert counts in listed.data.tags["mlflow.note.content"]
    experiment = tracked.client.get_experiment_by_name("holdfast")
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"


def test_the_run_of_a_list_is_found_by_its_tags(tracked):
    listed = pd.read_csv(tracked.root / "data/at_risk" / SCORED[1] / "at_risk.csv", dtype=str)
    experiment = tracked.client.get_experiment_by_name("holdfast").experiment_id
    query = f"tags.`holdfast.run_id` = '{listed['run_id'][0]}' AND tags.`holdfast.stage` = 'score'"
    (run,) = tracked.client.search_runs([experiment], query)
    assert run.data.tags["holdfast.as_of"] == SCORED[1]
    assert run.data.metrics["listed"] == len(listed)
    (model,) = tracked.client.search_runs(
        [experiment], "metrics.auc > 0.5 AND tags.`holdfast.stage` = 'train'"
    )
    assert model.data.tags["holdfast.version"] == listed["model_version"][0]


def test_the_champion_predicts_what_score_wrote(tracked):
    import mlflow.pyfunc

    rows = tracked.rows()
    scores = pd.read_parquet(tracked.root / "data/scores" / SCORED[1] / "scores.parquet")
    known = scores.set_index("customer_id").loc[rows["customer_id"], "churn_probability"]
    predicted = mlflow.pyfunc.load_model(MODEL).predict(rows)["churn_probability"]
    np.testing.assert_allclose(predicted, known, rtol=0, atol=1e-9)


def test_the_champion_is_evaluated_as_a_classifier(tracked, tmp_path, monkeypatch):
    import mlflow

    monkeypatch.chdir(tmp_path)
    rows = tracked.rows()
    scored = mlflow.pyfunc.load_model(MODEL).predict(rows)["churn_probability"]
    churned = (np.random.default_rng(1).random(len(scored)) < scored).astype(int)
    found = mlflow.models.evaluate(
        MODEL, rows.assign(churned=churned), targets="churned", model_type="classifier",
        evaluator_config={"log_model_explainability": False},
    ).metrics  # fmt: skip
    assert found["roc_auc"] == pytest.approx(roc_auc_score(churned, scored))


def test_it_is_served_as_the_docs_say(tracked, tmp_path):
    rows = tracked.rows().head(20)
    scores = pd.read_parquet(tracked.root / "data/scores" / SCORED[1] / "scores.parquet")
    known = scores.set_index("customer_id").loc[rows["customer_id"], "churn_probability"]
    words = ["models", "serve", "-m", MODEL, "--env-manager", "local"]
    body = '{"dataframe_split": ' + rows.to_json(orient="split", index=False) + "}"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # as in an activated environment
    with mlflow_process(words, tmp_path, "ping", MLFLOW_TRACKING_URI=tracked.address, PATH=path) as address:
        request = urllib.request.Request(
            f"{address}/invocations", body.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            predicted = [row["churn_probability"] for row in json.load(answer)["predictions"]]
    np.testing.assert_allclose(predicted, known, rtol=0, atol=1e-6)  # JSON keeps ten digits


def test_artifacts_are_downloaded(tracked, tmp_path):
    run = tracked.stage("train").info.run_id
    card = Path(tracked.client.download_artifacts(run, "card.json", str(tmp_path)))
    assert json.loads(card.read_text(encoding="utf-8")) == tracked.model.card()
    listed = {file.path for file in tracked.client.list_artifacts(run)}
    assert {"report.html", "plots", "config.json", "hashes.json"} <= listed
    plots = [file.path for file in tracked.client.list_artifacts(run, "plots")]
    assert plots
    assert all(path.endswith(".png") for path in plots)  # which MLflow's page shows
    personal = {"at_risk.csv", "at_risk.parquet", "scores.parquet", "test_predictions.parquet"}
    for each in tracked.runs:
        assert personal.isdisjoint(file.path for file in tracked.client.list_artifacts(each.info.run_id))


def test_runs_are_compared_by_few_families_of_metrics(tracked):
    import mlflow

    metrics = tracked.stage("train").data.metrics
    assert {name.partition("/")[0] for name in metrics if "/" in name} == {
        "auc_compared",
        "test",
        "rows",
    }
    compared = {name.partition("/")[2] for name in metrics if name.startswith("auc_compared/")}
    assert compared == {"this_model", *tracked.model.card()["baselines"]}
    assert metrics["auc_compared/this_model"] == metrics["auc"]
    assert {name for name in metrics if "/" not in name} == {"auc", "average_precision", "log_loss", "ece"}
    table = mlflow.search_runs(experiment_names=["holdfast"])
    assert table["metrics.auc"].notna().sum() == 2  # the command's run, and that of its model
    assert "params.model.num_leaves" in table


def test_the_models_page_says_what_it_is_and_how_to_load_it(tracked):
    registered = tracked.client.get_registered_model("holdfast-churn")
    assert f'load_model("{MODEL}")' in registered.description
    version = tracked.client.get_model_version_by_alias("holdfast-churn", "champion")
    card = tracked.model.card()
    assert version.description.startswith(f"Grade {card['grade']}: ")
    assert version.tags["holdfast.version"] == tracked.model.version
    assert version.tags["holdfast.as_of"] == TRAINED
    assert version.run_id == tracked.stage("train").info.run_id


def test_the_dataset_is_an_input_of_the_model_and_of_its_command(tracked):
    run = tracked.stage("train")
    parent = tracked.client.get_run(run.data.tags["mlflow.parentRunId"])
    for each in (run, parent):
        (dataset,) = [entry.dataset for entry in each.inputs.dataset_inputs]
        assert dataset.name == "model_input"
        assert json.loads(dataset.profile)["num_rows"] == tracked.model.card()["rows"]["refit"]

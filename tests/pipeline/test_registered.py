"""The registered model against the scores: whatever the columns' types and order."""

import datetime as dt
import json
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score
from tests.documents import DOCS
from tests.pipeline.conftest import TRAINED

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.models import read_champion
from holdfast.artifacts.scores import find_scores, probabilities

SAYS = """
import sys, warnings
warnings.simplefilter("ignore")
import mlflow, pandas
model = mlflow.pyfunc.load_model("models:/holdfast-churn@champion")
print(model.predict(pandas.read_parquet(sys.argv[1]))["churn_probability"].sum())
import holdfast.model.bundle, holdfast.artifacts.lists
print(holdfast.model.bundle.__file__)
"""


class Registered:
    """The champion as MLflow loads it, the model input as pandas reads it, and what `score` said of it."""

    def __init__(self, company: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # when it is first imported, MLflow warns of its own type hints
            import mlflow.pyfunc

            self.model: Any = mlflow.pyfunc.load_model("models:/holdfast-churn@champion")
        root = Root(company, "demo")
        scores = find_scores(root, dt.date.fromisoformat(TRAINED))
        assert scores is not None
        self.bundle, self.folder = read_champion(root).bundle(), scores.folder / "model_input"
        self.rows = pd.read_parquet(self.folder).head(60)
        self.texts = [name for name in map(str, self.rows) if name.startswith("text__")]
        known = probabilities(scores).set_index("customer_id")["churn_probability"]
        self.scored = known.loc[self.rows["customer_id"]].to_numpy()

    def check(self, rows: pd.DataFrame) -> None:
        predicted = self.model.predict(rows)
        assert list(predicted.columns) == ["churn_probability"]
        np.testing.assert_allclose(predicted["churn_probability"], self.scored, rtol=0, atol=1e-9)


@pytest.fixture
def registered(company, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{company / 'mlflow.db'}")
    monkeypatch.setattr(sys, "path", list(sys.path))  # loading puts the model's own code in front
    return Registered(company)


def test_it_takes_what_was_scored_and_says_what_the_scores_say(registered):
    rows = registered.rows
    registered.check(rows)  # as pandas reads it: categories, float32, the keys
    assert {str(kind) for kind in rows.dtypes} >= {"category", "float32", "str"}
    numbers = list(rows.select_dtypes("number").columns)
    whole = [name for name in numbers if rows[name].notna().all() and (rows[name] % 1 == 0).all()]
    assert whole
    registered.check(rows.astype(dict.fromkeys(whole, "int64")))
    registered.check(rows.astype(dict.fromkeys(whole, "Int64")))
    registered.check(rows.astype(dict.fromkeys(numbers, "float64")))
    registered.check(rows.astype(dict.fromkeys(rows.select_dtypes("category"), object)))
    registered.check(rows[rows.columns[::-1]])
    registered.check(rows.drop(columns=["customer_id", "as_of"]))


def test_texts_are_optional_and_all_else_is_not(registered):
    metadata, names = registered.model.metadata, registered.model.metadata.signature.inputs
    assert names.optional_input_names() == list(registered.bundle.text.names)
    assert f"{len(registered.bundle.text.names)} columns text__" in metadata.metadata["texts"]
    without = registered.rows.drop(columns=registered.texts)
    predicted = registered.model.predict(without)["churn_probability"]
    np.testing.assert_array_equal(predicted, registered.bundle.predict(without))
    assert (predicted != registered.scored).any()
    with pytest.raises(Exception, match="missing inputs"):
        registered.model.predict(without.drop(columns=[names.required_input_names()[0]]))


def test_mlflow_evaluates_it_as_a_classifier(registered, company, tmp_path, monkeypatch):
    import mlflow

    shutil.copy(company / "mlflow.db", tmp_path)  # the evaluation is a run of its own, in a copy of the store
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    churned = (np.random.default_rng(1).random(len(registered.scored)) < registered.scored).astype(int)
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mlflow.models.evaluate(
            registered.model,
            registered.rows.drop(columns=["customer_id", "as_of"]).assign(churned=churned),
            targets="churned",
            model_type="classifier",
            evaluator_config={"log_model_explainability": False},  # MLflow's own fails on pandas' categories
        ).metrics
    assert found["roc_auc"] == pytest.approx(roc_auc_score(churned, registered.scored))
    assert found["log_loss"] == pytest.approx(log_loss(churned, registered.scored))


def test_the_docs_way_gives_the_cards_own_figures(registered, company, tmp_path, monkeypatch):
    """The block of docs/tracking.md is run as it stands."""
    import mlflow

    del registered
    (code,) = (
        block
        for block in re.findall(r"```python\n(.*?)```", (DOCS / "tracking.md").read_text("utf-8"), re.S)
        if "make_metric" in block
    )
    (tmp_path / "models").symlink_to(company / "models")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"mlflow": mlflow, "pd": pd}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(code, "docs/tracking.md", "exec"), names)
    test = json.loads((company / "models/champion/card.json").read_text(encoding="utf-8"))["metrics"]["test"]
    assert names["found"]["auc"] == pytest.approx(test["auc"], abs=1e-12)
    assert names["found"]["log_loss"] == pytest.approx(test["log_loss"], abs=1e-12)


def test_it_is_evaluated_where_it_is_named(registered, company, tmp_path, monkeypatch):
    """By its address, with the columns as the model input holds them, keys and categories included."""
    import mlflow

    shutil.copy(company / "mlflow.db", tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)
    churned = (registered.scored > np.median(registered.scored)).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mlflow.models.evaluate(
            "models:/holdfast-churn@champion",
            registered.rows.assign(churned=churned),
            targets="churned",
            model_type="classifier",
            evaluator_config={"log_model_explainability": False},
        ).metrics
    assert found["log_loss"] == pytest.approx(log_loss(churned, registered.scored))


def test_an_array_in_the_order_of_its_inputs_is_taken_by_the_classifier(registered):
    """As scikit-learn's tools and explainers call it: without names."""
    classifier = registered.model._model_impl.sklearn_model
    required, texts = classifier.input_names()
    array = registered.rows[[*required, *texts]].astype(object).to_numpy()
    predicted = classifier.predict_proba(array)
    assert predicted.shape == (len(array), 2)
    np.testing.assert_allclose(predicted[:, 1], registered.scored, rtol=0, atol=1e-9)
    assert list(classifier.predict(array)) == [int(chance >= 0.5) for chance in registered.scored]


def test_it_brings_the_code_that_predicts_and_no_other(registered, company):
    """A process with nothing but the model's own code in front; an installed Holdfast completes it."""
    (code,) = (path for path in company.glob("mlartifacts/**/code") if path.is_dir())
    files = {path.relative_to(code).as_posix() for path in code.rglob("*.py")}
    assert "holdfast/model/classifier.py" in files
    assert not any(
        path.startswith(("holdfast/artifacts", "holdfast/stages", "holdfast/runtime")) for path in files
    )
    assert list(company.glob("mlartifacts/**/*.pkl")) == []
    called = [sys.executable, "-c", SAYS, str(registered.folder)]
    total, file = subprocess.run(called, check=True, capture_output=True, text=True).stdout.split()
    assert float(total) == pytest.approx(
        registered.model.predict(pd.read_parquet(registered.folder)).sum().item()
    )
    assert Path(file).is_relative_to(company / "mlartifacts")

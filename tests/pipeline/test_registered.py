"""The registered model against the scores: with what is made of texts, and without."""

import datetime as dt
import sys
import warnings

import numpy as np
from tests.pipeline.conftest import TRAINED

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.models import read_champion
from holdfast.artifacts.scores import find_scores, probabilities

KEYS = ["customer_id", "as_of"]


def test_it_takes_what_was_scored_and_says_what_the_scores_say(company, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # when it is first imported, MLflow warns of type hints of its own
        import mlflow.pyfunc

    root = Root(company, "demo")
    scores, bundle = find_scores(root, dt.date.fromisoformat(TRAINED)), read_champion(root).bundle()
    assert scores is not None
    rows = scores.model_input().slice(0, 100)
    full = rows.drop_columns(KEYS).to_pandas()
    numbers = full.select_dtypes("number").columns
    full = full.astype({name: "float64" if name in numbers else object for name in full.columns})
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{company / 'mlflow.db'}")
    monkeypatch.setattr(sys, "path", list(sys.path))  # loading puts the model's own code in front
    model = mlflow.pyfunc.load_model("models:/holdfast-churn@champion")
    assert bundle.text is not None
    texts = [name for name in full.columns if name.startswith("text__")]
    inputs = model.metadata.signature.inputs
    assert len(set(inputs.input_names())) == len(inputs.input_names())
    assert inputs.optional_input_names() == list(bundle.text.names)
    assert f"{len(bundle.text.names)} columns text__" in model.metadata.metadata["texts"]
    given = model.predict(full)["churn_probability"]
    scored = probabilities(scores).set_index("customer_id")["churn_probability"]
    np.testing.assert_array_equal(given, scored.loc[rows["customer_id"].to_pylist()])
    without = model.predict(full.drop(columns=texts))["churn_probability"]
    np.testing.assert_array_equal(without, bundle.predict(rows.drop_columns(texts)))
    assert (given != without).any()

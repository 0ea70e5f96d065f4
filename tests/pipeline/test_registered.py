"""The registered model against the bundle: with what is made of texts, and without."""

import json
import sys
import warnings

import numpy as np

from holdfast.engine.extract import read_features
from holdfast.job import Result
from holdfast.model.bundle import load
from holdfast.stages.texts import read_texts

KEYS = ["customer_id", "as_of", "churned"]


def test_texts_are_optional_inputs_and_unknown_where_they_are_left_out(company, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # when it is first imported, MLflow warns of type hints of its own
        import mlflow.pyfunc

    (folder, *_) = sorted((company / "data/features/demo").glob("score-*"))
    data = Result(folder, json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
    rows, bundle = read_features(folder).slice(0, 100), load(company / "models/champion/bundle")
    full = bundle.with_texts(rows, read_texts(data)).drop_columns(KEYS).to_pandas()
    numbers = full.select_dtypes("number").columns
    full = full.astype({name: "float64" if name in numbers else object for name in full.columns})
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{company / 'mlflow.db'}")
    monkeypatch.setattr(sys, "path", list(sys.path))  # loading puts the model's own code in front
    model = mlflow.pyfunc.load_model("models:/holdfast-churn@champion")
    assert bundle.text is not None
    texts = [name for name in full.columns if name.startswith("text__")]
    assert model.metadata.signature.inputs.optional_input_names() == list(bundle.text.names)
    assert f"{len(bundle.text.names)} columns text__" in model.metadata.metadata["texts"]
    given = model.predict(full)["churn_probability"]
    np.testing.assert_array_equal(given, bundle.predict(rows, read_texts(data)))
    without = model.predict(full.drop(columns=texts))["churn_probability"]
    np.testing.assert_array_equal(without, bundle.predict(rows))
    assert (given != without).any()

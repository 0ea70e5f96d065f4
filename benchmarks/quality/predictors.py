"""The ways to predict, each given the same rows and features: train on some, say probabilities of others."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.competition import PLACE, PROJECT
from benchmarks.quality.questions import Case
from lightgbm import LGBMClassifier
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from holdfast.config import load_config
from holdfast.model.baselines import predict_baselines
from holdfast.model.splits import Split

KEYS = ["customer_id", "as_of", "churned"]
PENALTY = 0.01  # scikit-learn's C: several hundred columns that say much the same

Floats = NDArray[np.float64]


def simple_rules(case: Case) -> dict[str, Floats]:
    """Holdfast's own baselines: recency, RFM logistic, expected purchases; by name."""
    both = pa.concat_tables([case.train, case.judge], promote_options="permissive")
    rows = np.arange(both.num_rows)
    split = Split(rows[: case.train.num_rows], rows[case.train.num_rows :])
    return predict_baselines(both, split, load_config(["tracking=off"]).model, horizon_days=case.horizon_days)


def logistic(case: Case) -> Floats:
    """A logistic regression on log-scaled numbers of all snapshots, as one would write it in scikit-learn."""
    train, judge = frames(case)
    numbers = [name for name in train if train[name].notna().any() and train[name].dtype.kind == "f"]
    model = make_pipeline(
        SimpleImputer(strategy="median"), FunctionTransformer(signed_log), StandardScaler(),
        LogisticRegression(C=PENALTY, max_iter=1000),
    )  # fmt: skip
    model.fit(train[numbers].to_numpy(), case.train["churned"].to_numpy())
    return np.asarray(model.predict_proba(judge[numbers].to_numpy())[:, 1])


def lightgbm(case: Case) -> Floats:
    """LightGBM as it comes."""
    train, judge = frames(case)
    model = LGBMClassifier(verbosity=-1, random_state=1)
    model.fit(train, case.train["churned"].to_numpy())
    return np.asarray(model.predict_proba(judge))[:, 1]


def automl(case: Case, seconds: int) -> Floats:
    """FLAML on the same features for so many seconds, in the benchmark's own environment."""
    folder = PLACE / "quality" / "automl"
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (("train", case.train), ("judge", case.judge)):
        pq.write_table(table, folder / f"{name}.parquet")
    python = PLACE / "venv" / "bin" / "python"
    task = json.dumps({"folder": str(folder), "seconds": seconds})
    command = [str(python), "-m", "benchmarks.peers.flaml_predictions", task]
    environment = {**os.environ, "OMP_NUM_THREADS": str(os.cpu_count() or 1)}
    subprocess.run(command, cwd=PROJECT, check=True, env=environment, stdout=subprocess.DEVNULL)
    return np.asarray(pq.read_table(folder / "predictions.parquet")["probability"].to_numpy())


def predictors(seconds: int) -> Mapping[str, Callable[[Case], Floats]]:
    """Those that are given all features, by title."""
    searched = {f"FLAML, {seconds} s": lambda case: automl(case, seconds)} if seconds else {}
    return {"logistic, many snapshots": logistic, "LightGBM as it comes": lightgbm, **searched}


def frames(case: Case) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The features alone: numbers as float32, texts as categories that both share."""
    train, judge = (table.drop_columns(KEYS).to_pandas() for table in (case.train, case.judge))
    for name in train.columns[[kind.kind != "f" for kind in train.dtypes]]:
        levels = pd.CategoricalDtype(sorted(train[name].dropna().astype(str).unique()))
        train[name] = train[name].astype("object").astype(levels)
        judge[name] = judge[name].astype("object").astype(levels)
    return train, judge[train.columns]


def signed_log(values: Floats) -> Floats:
    """Numbers on a log scale that keeps their sign."""
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))

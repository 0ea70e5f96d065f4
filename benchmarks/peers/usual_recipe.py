"""The usual recipe: pandas features, an MLflow pyfunc, `shap.TreeExplainer` on all, a CSV with reasons."""

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import lightgbm as lgb
import mlflow
import numpy as np
import pandas as pd
import shap
from benchmarks.peers.pandas_features import at_date, load
from benchmarks.peers.task import Task

HORIZON_DAYS = 30
REASONS = 3
MODEL: dict[str, Any] = {
    "n_estimators": 300,
    "learning_rate": 0.05,
    "num_leaves": 31,
    "verbosity": -1,
    "random_state": 1,
}


def features(task: Task, date: dt.date) -> tuple[pd.DataFrame, pd.DataFrame, "pd.Index[str]"]:
    """The features of the pandas peer at a date, all purchases, and the ids."""
    bought, refunds, ids = load(task)
    now = pd.Timestamp(date)
    visible = bought[(bought["moment"] < now) & (bought["known"] < now)]
    refunded = refunds[(refunds["moment"] < now) & (refunds["known"] < now)]
    return at_date(now, visible, refunded), bought, ids


def train(task: Task, folder: Path) -> None:
    """Fit on one date, and save the model as MLflow does."""
    date = task.dates[-1] - dt.timedelta(days=HORIZON_DAYS)
    rows, bought, _ = features(task, date)
    now, end = pd.Timestamp(date), pd.Timestamp(task.dates[-1])
    came_back = bought.loc[(bought["moment"] >= now) & (bought["moment"] < end), "customer"].unique()
    churned = ~rows.index.isin(came_back)
    mlflow.lightgbm.save_model(lgb.LGBMClassifier(**MODEL).fit(rows, churned).booster_, str(folder))


def score(task: Task, folder: Path) -> None:
    """From the log to a CSV of everybody, the most likely to leave first, with three reasons each."""
    rows, _, ids = features(task, task.dates[-1])
    model = mlflow.pyfunc.load_model(str(folder))
    probabilities = np.asarray(model.predict(rows))
    values = shap.TreeExplainer(model.get_raw_model())(rows).values
    strongest = np.argsort(-values, axis=1)[:, :REASONS]
    table = pd.DataFrame({"customer_id": ids.take(rows.index.to_numpy()), "probability": probabilities})
    names = rows.columns.to_numpy()
    for place in range(REASONS):
        table[f"reason_{place + 1}"] = names[strongest[:, place]]
    table.sort_values("probability", ascending=False).to_csv(task.out / "scores.csv", index=False)


if __name__ == "__main__":
    {"train": train, "score": score}[sys.argv[1]](Task.from_json(sys.argv[2]), Path(sys.argv[3]))

"""FLAML on a table of snapshots, in an environment of its own: the newest dates judge, log loss decides."""

import json
import sys
from pathlib import Path

import pandas as pd
from flaml import AutoML

KEYS = ["customer_id", "as_of", "churned"]


def main() -> None:
    """Read train.parquet and judge.parquet from the task's folder, write predictions.parquet there."""
    task = json.loads(sys.argv[1])
    folder = Path(task["folder"])
    train = pd.read_parquet(folder / "train.parquet").sort_values("as_of", kind="stable", ignore_index=True)
    judge = pd.read_parquet(folder / "judge.parquet")
    features = train.columns.difference(KEYS, sort=False)
    texts = [name for name in features if train[name].dtype.kind != "f"]
    for table in (train, judge):
        table[texts] = table[texts].astype("category")
    model = AutoML()
    model.fit(
        train[features], train["churned"].astype(int), task="classification", metric="log_loss",
        eval_method="holdout", split_type="time", time_budget=task["seconds"], seed=1, verbose=0,
    )  # fmt: skip
    probability = model.predict_proba(judge[features])[:, 1]
    pd.DataFrame({"probability": probability}).to_parquet(folder / "predictions.parquet")


if __name__ == "__main__":
    main()

"""A small trained model, a database with MLflow's tables, and a real MLflow server."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from holdfast.files import write_bytes
from holdfast.model.bundle import Bundle
from holdfast.model.calibration import Calibration
from holdfast.model.logistic import fit_logistic
from holdfast.model.matrix import encode, select_columns
from holdfast.model.trees import Trees
from holdfast.runtime.tracking.stores import answering


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    """No store of the developer's is touched, and nothing may be left in the working folder."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    working = tmp_path / "working folder"
    working.mkdir()
    monkeypatch.chdir(working)
    yield
    assert [path.name for path in working.iterdir()] == []


@pytest.fixture(scope="session")
def features():
    """Rows as training holds them: float32, text as categories, missing values of each."""
    random = np.random.default_rng(2)
    silence = random.normal(size=400).astype("float32")
    silence[::9] = np.nan
    mood = pd.Categorical(random.choice(np.array(["calm", "angry", None], dtype=object), 400))
    return pd.DataFrame({"silence": silence, "mood": mood})


@pytest.fixture(scope="session")
def bundle(features, tmp_path_factory):
    """The folder of a small trained model."""
    table = pa.Table.from_pandas(features, preserve_index=False)
    columns = select_columns(table, max_levels=10)
    matrix = encode(table, columns)
    churned = (np.nan_to_num(matrix[:, 0]) + (features["mood"] == "angry") > 0.3).to_numpy(dtype=float)
    params = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 1}
    booster = lgb.train(params, lgb.Dataset(matrix, churned, categorical_feature=[1]), num_boost_round=5)
    made = Bundle(
        columns=columns,
        trees=Trees((booster,)),
        logistic=fit_logistic(matrix, churned, columns, 1.0),
        logistic_weight=0.5,
        calibration=Calibration(slope=0.9, offset=-0.1),
        reasons=("LONG_SILENCE", "LOW_SATISFACTION"),
    )
    folder = tmp_path_factory.mktemp("model") / "bundle"
    for name, content in made.to_files().items():
        write_bytes(folder / name, content)
    return folder


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """An empty database with MLflow's tables: making them takes a second or more."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("migrated") / "mlflow.db"
    with answering("a new database"):
        assert MlflowClient(tracking_uri=f"sqlite:///{path}").get_experiment_by_name("holdfast") is None
    return path


@pytest.fixture
def root(tmp_path, migrated):
    """A root whose database has its tables already."""
    folder = tmp_path / "root"
    folder.mkdir()
    shutil.copyfile(migrated, folder / "mlflow.db")
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address of an `mlflow server` over SQLite on a free port."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        str(folder),
    ]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | quiet, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/health", process, folder / "log.txt")
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=1):
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.fixture
def load_model(monkeypatch):
    """Load a model by its MLflow address from a store, as any program would."""

    def load(store: str, address: str):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
        monkeypatch.setattr(sys, "path", list(sys.path))  # loading puts the model's own code in front
        with answering(store):
            import mlflow

            return mlflow.pyfunc.load_model(address)

    return load

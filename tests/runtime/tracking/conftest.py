"""A database with MLflow's tables, and a real MLflow server."""

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

import pytest

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
    for _ in range(1200):  # a minute and more on a busy machine
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=1):
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())

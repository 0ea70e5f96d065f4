"""A database with MLflow's tables, and a real MLflow server."""

import shutil

import pytest
from tests.servers import mlflow_server

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
    with mlflow_server(tmp_path_factory.mktemp("server")) as address:
        yield address

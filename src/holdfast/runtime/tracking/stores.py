"""Connect to the tracking store.

Only clients with an explicit store are used: `mlflow.set_tracking_uri` would overwrite the user's environment
variable, and MLflow's fluent functions keep one active run for the process.
"""

import contextlib
import os
import re
import ssl
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from holdfast.config import TrackingSettings
from holdfast.errors import SettingError, first_line
from holdfast.secrets import redact, remember

if TYPE_CHECKING:
    from mlflow import MlflowClient

VARIABLE = "MLFLOW_TRACKING_URI"
DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
CONNECT_SECONDS = 5
KIND = {"mlflow.experimentKind": "custom_model_development"}  # MLflow's pages show models, not agents
OTHER_SCHEMA = re.compile(r"out-of-date database schema \(found version (\w+), but expected (\w+)\)")

# Set before mlflow is first imported, unless the user has set them: no telemetry, no output but warnings, and
# short timeouts (a server that is down is noticed within seconds, not minutes).
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
    "PGCONNECT_TIMEOUT": "5",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


@dataclass(frozen=True)
class Store:
    """A store that answered, and the experiment in it."""

    client: "MlflowClient"
    uri: str
    experiment_id: str
    registered_model: str

    @property
    def missing(self) -> type[Exception]:
        """The exception that MLflow raises if something does not exist (any more)."""
        from mlflow.exceptions import MlflowException

        return MlflowException


def tracking_uri(settings: TrackingSettings, root: Path) -> str:
    """The store's address: MLFLOW_TRACKING_URI, else the setting, else SQLite below `root`."""
    local = f"sqlite:///{root.resolve() / 'mlflow.db'}"
    given = os.environ.get(VARIABLE)
    remember(given or "")
    return given or (local if settings.uri is None else settings.uri.get_secret_value())


def connect(settings: TrackingSettings, root: Path) -> Store:
    """Connect to the store within seconds, and create the experiment if needed.

    Raises:
        SettingError: the store cannot be reached or used.
    """
    for variable, value in QUIET.items():
        os.environ.setdefault(variable, value)
    uri = tracking_uri(settings, root)
    reach(uri)
    with answering(uri):
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=uri)
        experiment = client.get_experiment_by_name(settings.experiment)
        if experiment is not None and experiment.lifecycle_stage != "active":
            raise SettingError(
                "the tracking experiment was deleted in MLflow",
                where="tracking.experiment",
                found=settings.experiment,
                next_step="restore it with `mlflow experiments restore`, or name another",
            )
        if experiment is not None:
            experiment_id = experiment.experiment_id
        else:
            location = _artifact_location(settings, root, uri)
            experiment_id = client.create_experiment(settings.experiment, location, tags=KIND)
        return Store(client, uri, experiment_id, settings.registered_model)


def reach(uri: str) -> None:
    """Ask the store for one answer, within CONNECT_SECONDS.

    Raises:
        SettingError: it does not answer.
    """
    with answering(uri):
        scheme = urlsplit(uri).scheme
        if scheme.partition("+")[0] in DATABASES:
            _try_database(uri)
        elif scheme in ("http", "https"):
            _try_server(uri)


@contextlib.contextmanager
def answering(uri: str) -> Iterator[None]:
    """Turn the errors of a store that is down, refuses or disconnects into one SettingError.

    MLflow's warnings about its use of other libraries are suppressed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except SettingError:
        raise
    except Exception as error:
        if not _is_of_store(error):
            raise
        if schema := OTHER_SCHEMA.search(str(error)):
            raise SettingError(
                "the tracking database was written by another version of MLflow, and cannot be used as it is",
                where=redact(uri),
                found=f"schema {schema[1]}",
                expected=f"schema {schema[2]}, that of the installed MLflow {version('mlflow')}",
                next_step="take a backup, then: mlflow db upgrade ADDRESS; if the other MLflow is newer, "
                "install that one, or name another database in tracking.uri",
            ) from error
        raise SettingError(
            "the tracking store does not answer or cannot be used",
            where=VARIABLE if os.environ.get(VARIABLE) else "tracking.uri",
            found=f"{redact(uri)}: {_reason(error)}",
            expected="a running MLflow server (http://…) or a database (sqlite:////absolute/path.db)",
            next_step=f"start it, correct {VARIABLE}, or run with tracking=off",
        ) from error


def _is_of_store(error: Exception) -> bool:
    """Whether the store or the connection raised the error, and not Holdfast."""
    kinds = ("mlflow", "sqlalchemy", "sqlite3", "requests", "urllib3", "psycopg", "alembic")
    if isinstance(error, OSError | ModuleNotFoundError):  # the latter: a database's driver
        return True
    return type(error).__module__.partition(".")[0] in kinds


def _reason(error: Exception) -> str:
    """What went wrong, in a line without the password."""
    text = first_line(error).rpartition("Caused by ")[2]  # what requests wraps several times
    return redact(text)[:300]


def _try_server(uri: str) -> None:
    """Send one request: MLflow itself would retry for long if the server is down or hangs."""
    import urllib.error
    import urllib.request

    address = urlsplit(uri)
    bare = address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()
    try:
        urllib.request.urlopen(bare, timeout=CONNECT_SECONDS).close()
    except urllib.error.HTTPError as error:  # any answer will do
        error.close()
    except urllib.error.URLError as error:
        if not isinstance(error.reason, ssl.SSLError):  # MLflow has certificates of its own
            raise


def _try_database(uri: str) -> None:
    """Connect once: MLflow itself would try ten times over two minutes if the database does not answer."""
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.pool import NullPool

    url = make_url(uri)
    kind = url.get_backend_name()
    if kind == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    seconds = {"connect_timeout": CONNECT_SECONDS} if kind in ("postgresql", "mysql") else {}
    engine = create_engine(url, poolclass=NullPool, connect_args=seconds)
    with engine.connect() as connection:
        if kind == "sqlite":
            connection.exec_driver_sql("PRAGMA schema_version")


def _artifact_location(settings: TrackingSettings, root: Path, uri: str) -> str | None:
    """The folder of a new experiment's files; None: the server decides. MLflow's default is `./mlruns`."""
    if settings.artifacts is not None:
        location = settings.artifacts.get_secret_value()
        return location if "://" in location else Path(location).resolve().as_uri()
    if urlsplit(uri).scheme in ("http", "https", "databricks"):
        return None
    return (root.resolve() / "mlartifacts").as_uri()

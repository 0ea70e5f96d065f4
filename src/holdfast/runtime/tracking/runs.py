"""A run of MLflow, and what can be logged to it."""

import contextlib
import datetime as dt
import getpass
import json
import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from holdfast.runtime.tracking.stores import Store

PARAMS_A_CALL, METRICS_A_CALL = 100, 1000  # the limits of a server
LONGEST_PARAM = 6000  # characters; MLflow refuses longer ones
DIGEST_LENGTH = 32  # characters; MLflow refuses more than 36


class Run:
    """An open run."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store, self.id = store, run_id

    def params(self, values: Mapping[str, Any]) -> None:
        """Log settings; nested ones become `outer.inner`. MLflow refuses a second, other value of a key."""
        from mlflow.entities import Param

        params = [Param(key, str(value)[:LONGEST_PARAM]) for key, value in _flat(values)]
        for start in range(0, len(params), PARAMS_A_CALL):
            self.store.client.log_batch(self.id, params=params[start : start + PARAMS_A_CALL])

    def metrics(self, values: Mapping[str, Any], step: int | None = None) -> None:
        """Log numbers; nested ones become `outer/inner`: MLflow shows each family in a section of its own.

        None and values that are not finite are left out.
        """
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [
            Metric(key, float(value), now, step or 0)
            for key, value in _flat(values, between="/")
            if value is not None and math.isfinite(value)
        ]
        for start in range(0, len(metrics), METRICS_A_CALL):
            self.store.client.log_batch(self.id, metrics=metrics[start : start + METRICS_A_CALL])

    def tags(self, values: Mapping[str, Any]) -> None:
        """Set tags; None is left out, a later value replaces an earlier one."""
        from mlflow.entities import RunTag

        tags = [RunTag(key, value) for key, value in _texts(values).items()]
        self.store.client.log_batch(self.id, tags=tags)

    def describe(self, name: str, text: str) -> None:
        """Set the run's name and the description on its page."""
        self.tags({"mlflow.runName": name, "mlflow.note.content": text or None})

    def dict(self, content: Mapping[str, Any], file: str) -> None:
        """Log a mapping as a JSON or YAML file, by the ending of its name."""
        plain = json.loads(json.dumps(content, default=str))
        self.store.client.log_dict(self.id, plain, file)

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Log a file, or a folder with all in it, below `folder`."""
        self.store.client.log_artifact(self.id, str(path), folder)

    def dataset(
        self,
        name: str,
        columns: Mapping[str, str],
        *,
        rows: int,
        digest: str,
        source: str,
        context: str = "training",
    ) -> None:
        """Log a dataset that the run read; `columns`: name → MLflow's name of its type."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        typed = [{"name": name, "type": kind} for name, kind in columns.items()]
        dataset = Dataset(
            name=name,
            digest=digest[:DIGEST_LENGTH],
            source_type="http" if "://" in source else "local",
            source=json.dumps({"url" if "://" in source else "uri": source}),
            schema=json.dumps({"mlflow_colspec": typed}),
            profile=json.dumps({"num_rows": rows, "num_elements": rows * len(columns), "digest": digest}),
        )
        entry = DatasetInput(dataset, [InputTag("mlflow.data.context", context)])
        self.store.client.log_inputs(self.id, datasets=[entry])

    @contextlib.contextmanager
    def child(self, name: str, tags: Mapping[str, Any] | None = None) -> "Iterator[Run]":
        """A run below this one, e.g. a trial of a search."""
        made = begin(self.store, name, {"mlflow.parentRunId": self.id, **(tags or {})})
        yield made
        self.store.client.set_terminated(made.id)


def begin(store: Store, name: str, tags: Mapping[str, Any], at: str | None = None) -> Run:
    """Begin a run in the store; None among the tags is left out.

    Args:
        at: when it began, ISO 8601; None: now.
    """
    standard = {"mlflow.user": _user(), "mlflow.source.name": "holdfast", "mlflow.source.type": "LOCAL"}
    made = store.client.create_run(
        store.experiment_id, milliseconds(at), tags={**standard, **_texts(tags)}, run_name=name
    )
    return Run(store, made.info.run_id)


def milliseconds(at: str | None) -> int | None:
    """An ISO 8601 time in milliseconds since 1970."""
    return None if at is None else int(dt.datetime.fromisoformat(at).timestamp() * 1000)


def _flat(values: Mapping[str, Any], prefix: str = "", between: str = ".") -> Iterator[tuple[str, Any]]:
    """Nested mappings as pairs of a joined key and a value."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}{between}", between)
        else:
            yield f"{prefix}{key}", value


def _texts(values: Mapping[str, Any]) -> "dict[str, str]":
    return {key: str(value) for key, value in values.items() if value is not None}


def _user() -> str:
    """The user's name; a container may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"

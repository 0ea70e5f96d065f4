"""One run of MLflow for each stage, and the same interface when tracking is off."""

import contextlib
import getpass
import json
import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.runtime.tracking.stores import Store, answering, connect

if TYPE_CHECKING:
    import pandas as pd

    from holdfast.runtime.tracking.settings import TrackingSettings

PARAMS_A_CALL, METRICS_A_CALL = 100, 1000  # what a server takes at once
LONGEST_PARAM = 6000  # characters; MLflow refuses longer ones
DIGEST_LENGTH = 32  # characters; MLflow refuses more than 36


class Run:
    """A run that keeps nothing: the interface, and what `run` gives with tracking off."""

    id: str | None = None

    def params(self, values: Mapping[str, Any]) -> None:
        """Log settings; nested ones become `outer.inner`. MLflow refuses a second, other value of a key."""

    def metrics(self, values: Mapping[str, Any], step: int | None = None) -> None:
        """Log numbers; nested ones become `outer.inner`. What is None or not finite is left out."""

    def tags(self, values: Mapping[str, Any]) -> None:
        """Set tags; None is left out, a later value replaces an earlier one."""

    def dict(self, content: Mapping[str, Any], file: str) -> None:
        """Log a mapping as a JSON or YAML file, by the ending of its name."""

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Log a file, or a folder with all in it, below `folder`."""

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
        """Log what the run read: columns with MLflow's words for their types, count of rows, hash, place."""

    def register(
        self, bundle: Path, example: "pd.DataFrame", *, tags: Mapping[str, Any] | None = None
    ) -> str | None:
        """Log and register the model bundle in a folder; gives the registered version's number.

        Args:
            bundle: the folder that `holdfast.model.bundle.load` reads.
            example: a few rows of features as the model takes them (numbers and strings), no ids.
            tags: put on the registered version, e.g. the name of Holdfast's own version of the model.
        """

    @contextlib.contextmanager
    def child(
        self,
        name: str,  # noqa: ARG002 (kept in MLflow only)
        tags: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> "Iterator[Run]":
        """A run below this one, e.g. a stage of a command, or a trial of a search."""
        yield self


class StoredRun(Run):
    """A run in MLflow."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store = store
        self.id: str = run_id

    def params(self, values: Mapping[str, Any]) -> None:
        from mlflow.entities import Param

        params = [Param(key, str(value)[:LONGEST_PARAM]) for key, value in _flat(values)]
        for start in range(0, len(params), PARAMS_A_CALL):
            with answering(self.store.uri):
                self.store.client.log_batch(self.id, params=params[start : start + PARAMS_A_CALL])

    def metrics(self, values: Mapping[str, Any], step: int | None = None) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [
            Metric(key, float(value), now, step or 0)
            for key, value in _flat(values)
            if value is not None and math.isfinite(value)
        ]
        for start in range(0, len(metrics), METRICS_A_CALL):
            with answering(self.store.uri):
                self.store.client.log_batch(self.id, metrics=metrics[start : start + METRICS_A_CALL])

    def tags(self, values: Mapping[str, Any]) -> None:
        from mlflow.entities import RunTag

        tags = [RunTag(key, value) for key, value in _texts(values).items()]
        with answering(self.store.uri):
            self.store.client.log_batch(self.id, tags=tags)

    def dict(self, content: Mapping[str, Any], file: str) -> None:
        plain = json.loads(json.dumps(content, default=str))
        with answering(self.store.uri):
            self.store.client.log_dict(self.id, plain, file)

    def artifact(self, path: Path, folder: str | None = None) -> None:
        with answering(self.store.uri):
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
        with answering(self.store.uri):
            self.store.client.log_inputs(self.id, datasets=[entry])

    def register(
        self, bundle: Path, example: "pd.DataFrame", *, tags: Mapping[str, Any] | None = None
    ) -> str | None:
        from holdfast.runtime.tracking.registry import register_bundle

        with answering(self.store.uri):
            return register_bundle(self.store, self.id, bundle, example, _texts(tags or {}))

    @contextlib.contextmanager
    def child(self, name: str, tags: Mapping[str, Any] | None = None) -> Iterator[Run]:
        with _opened(self.store, name, {"mlflow.parentRunId": self.id, **(tags or {})}) as run:
            yield run


@contextlib.contextmanager
def run(
    stage: str, settings: "TrackingSettings", root: Path, tags: Mapping[str, Any] | None = None
) -> Iterator[Run]:
    """The run of one stage; it ends as failed when the block raises.

    Args:
        stage: names the run.
        root: everything is written below it; the local store lies there.
        tags: e.g. `holdfast.features_run`, the id of the run whose result this one reads. None is left
            out, so that the id of a run that tracking did not keep can be given.

    Raises:
        SettingError: the store does not answer; raised before the block is entered, or by the call in it
            during which the store went away.
    """
    store = connect(settings, root)
    if store is None:
        yield Run()
        return
    with _opened(store, stage, {"holdfast.stage": stage, **(tags or {})}) as stored:
        yield stored


@contextlib.contextmanager
def _opened(store: Store, name: str, tags: Mapping[str, Any]) -> Iterator[Run]:
    own = {"mlflow.user": _user(), "mlflow.source.name": "holdfast", "mlflow.source.type": "LOCAL"}
    with answering(store.uri):
        made = store.client.create_run(store.experiment_id, tags={**own, **_texts(tags)}, run_name=name)
    run_id = made.info.run_id
    try:
        yield StoredRun(store, run_id)
    except BaseException as error:
        status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
        with contextlib.suppress(Exception):  # the block's own error is the one to show
            store.client.set_terminated(run_id, status)
        raise
    with answering(store.uri):
        store.client.set_terminated(run_id)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested mappings as pairs of a dotted key and a value."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _texts(values: Mapping[str, Any]) -> "dict[str, str]":
    return {key: str(value) for key, value in values.items() if value is not None}


def _user() -> str:
    """Who runs it; a container may have no name for its user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"

"""Log the artifacts of a command that have no run yet, each as a run below that of the command."""

import logging
from typing import Any

import numpy as np
import pandas as pd

from holdfast.artifacts.models import Model, find_champion
from holdfast.artifacts.tracked import Tracked
from holdfast.runtime.context import Result, RunContext
from holdfast.runtime.tracking.records import Record, record_of
from holdfast.runtime.tracking.runs import Run, run
from holdfast.runtime.tracking.stores import tracking_uri

logger = logging.getLogger(__name__)


def log_results(context: RunContext, command: str) -> None:
    """Log every artifact that the command made or found standing and that has no run in the store.

    Raises:
        SettingError: the store does not answer.
    """
    settings = context.config.tracking
    if settings.name == "off":
        return
    tracked = Tracked(context.root, tracking_uri(settings, context.root.path))
    new = [
        (name, result)
        for name, result in context.results.items()
        if tracked.run_of(result.artifact.fingerprint) is None
    ]
    if new:
        with run(command, settings, context.root.path, {"holdfast.command": command}) as parent:
            for name, result in new:
                log_result(parent, name, result, tracked)
    follow_champion(context, tracked)


def log_result(parent: Run, name: str, result: Result, tracked: Tracked) -> None:
    """Log one artifact as a run, linked to those of the artifacts that it was made from."""
    sources = {
        f"holdfast.{source}_run": tracked.run_of(artifact.fingerprint)
        for source, artifact in result.inputs.items()
    }
    record, registered = record_of(result.artifact), None
    with parent.child(name, {"holdfast.stage": name, **sources}) as own:
        write_record(own, record)
        if record.model is not None:
            registered = register(own, record.model)
    if own.id is not None:
        tracked.keep(result.artifact.fingerprint, own.id, registered)


def write_record(own: Run, record: Record) -> None:
    """Log what a record holds."""
    own.params(record.params)
    own.metrics(record.metrics)
    own.tags(record.tags)
    for file, content in record.texts.items():
        own.dict(content, file)
    for path in record.files:
        own.artifact(path)
    for trial in record.trials:
        with own.child(f"trial {trial['number']}") as below:
            below.params(trial["params"])
            below.tags({"holdfast.state": trial["state"]})
            for fold, loss in enumerate(trial["losses"]):
                below.metrics({"fold_log_loss": loss}, step=fold)
            if trial["losses"]:
                below.metrics({"log_loss": float(np.mean(trial["losses"]))})


def register(own: Run, model: Model) -> str | None:
    """Log what a model was trained on, and register the model."""
    example = example_rows(model)
    own.dataset(
        "model_input",
        {name: "string" if example[name].dtype == object else "double" for name in example.columns},
        rows=model.card()["rows"]["refit"],
        digest=model.fingerprint,
        source=str(model.folder),
    )
    return own.register(model.folder / "bundle", example, tags={"holdfast.version": model.version})


def example_rows(model: Model) -> pd.DataFrame:
    """Customers who do not exist: the quartiles of every number, the most frequent level of every text."""
    drivers = model.drivers()
    columns: dict[str, Any] = {}
    for place, name in enumerate(drivers.names):
        values = drivers.matrix[:, place]
        known = values[np.isfinite(values)]
        if name in drivers.levels:
            codes = np.bincount(known.astype(np.intp)) if len(known) else np.array([])
            level = drivers.levels[name][int(codes.argmax())] if len(codes) else None
            columns[name] = pd.Series([level] * 3, dtype=object)
        else:
            columns[name] = np.quantile(known, [0.25, 0.5, 0.75]) if len(known) else np.full(3, np.nan)
    return pd.DataFrame(columns)


def follow_champion(context: RunContext, tracked: Tracked) -> None:
    """Let the registered model's alias follow the champion link, which decides."""
    from holdfast.runtime.tracking.registry import set_champion

    if not any(isinstance(result.artifact, Model) for result in context.results.values()):
        return
    champion = find_champion(context.root)
    version = None if champion is None else tracked.registered_version(champion.fingerprint)
    set_champion(context.config.tracking, context.root.path, version)

"""Send queued artifacts to a tracking store: a parent run for each command, a child run for each artifact."""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.artifacts.artifact import Artifact
from holdfast.artifacts.models import Model
from holdfast.artifacts.tracked import Tracked
from holdfast.runtime.tracking.records import Record, record_of
from holdfast.runtime.tracking.registry import register_model, set_champion
from holdfast.runtime.tracking.runs import Run, begin, milliseconds
from holdfast.runtime.tracking.stores import Store

ARTIFACT = "artifact"  # the kind of an artifact's run; the kind of a parent run is the id of its group


class Sender:
    """Sends to one store; records every step, so that the next command can resume."""

    def __init__(self, store: Store, tracked: Tracked) -> None:
        self.store, self.tracked = store, tracked

    def send(
        self, command: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], root: Path,
        kinds: Mapping[str, type[Artifact]],
    ) -> None:  # fmt: skip
        """Send the artifacts of one command; one that was replaced in the meantime is left out."""
        parent, record = None, Record()
        for entry in entries:
            artifact = kinds[entry["stage"]].open(root / entry["folder"])
            if artifact is None or artifact.fingerprint != entry["fingerprint"]:
                self.tracked.drop(entry["fingerprint"])
                continue
            parent = parent or self.open_group(command)
            record = record_of(artifact)
            self.send_artifact(parent, entry, record, artifact)
        if parent is not None:
            parent.describe(f"{command['name']} {record.name}".strip(), record.description)
            parent.params(record.params if command["within"] else {})
            parent.metrics(record.headline)
            parent.tags(record.tags)
            self.end(parent, entries[-1]["ended"])

    def open_group(self, wanted: Mapping[str, Any]) -> Run:
        """The run of a command or a sweep: the unfinished one, else a new one."""
        for run, kind in self.tracked.unfinished.items():
            if kind == wanted["id"]:
                return Run(self.store, run)
        above = None if wanted["within"] is None else self.open_group(wanted["within"]).id
        tags = {"mlflow.parentRunId": above, "holdfast.command": wanted["name"]}
        return self.begin(wanted["name"], tags, wanted["id"], wanted["started"])

    def send_artifact(
        self, parent: Run, entry: Mapping[str, Any], record: Record, artifact: Artifact
    ) -> None:
        """Send one artifact as a run with links to the runs of its inputs."""
        sources = {
            f"holdfast.{name}_run": self.tracked.run_of(source) for name, source in entry["inputs"].items()
        }
        tags = {"mlflow.parentRunId": parent.id, "holdfast.stage": entry["stage"], **sources}
        run = self.begin(f"{entry['stage']} {record.name}".strip(), tags, ARTIFACT, entry["began"])
        write_record(run, record)
        run.metrics({"system": entry.get("usage") or {}})
        registered = register_model(run, parent, artifact, record) if isinstance(artifact, Model) else None
        self.end(run, entry["ended"])
        self.tracked.keep(artifact.fingerprint, run.id, registered)

    def set_champion(self, version: str) -> None:
        """Point the alias `champion` at the version of the local champion link."""
        set_champion(self.store, version)
        self.tracked.follow(version)

    def begin(self, name: str, tags: Mapping[str, Any], kind: str, at: str) -> Run:
        """Start a run and record that."""
        run = begin(self.store, name, tags, at)
        self.tracked.begin(run.id, kind)
        return run

    def end(self, run: Run, at: str | None = None, status: str = "FINISHED") -> None:
        """End a run."""
        self.store.client.set_terminated(run.id, status, milliseconds(at))
        self.tracked.end(run.id)

    def remove_partial_runs(self) -> None:
        """Remove the unfinished runs of artifacts; these artifacts are sent again."""
        for run in [run for run, kind in self.tracked.unfinished.items() if kind == ARTIFACT]:
            below = self.store.client.search_runs(
                [self.store.experiment_id], f"tags.`mlflow.parentRunId` = '{run}'"
            )
            for each in (*(trial.info.run_id for trial in below), run):
                with contextlib.suppress(self.store.missing):
                    self.store.client.delete_run(each)
            self.tracked.end(run)

    def end_others(self, keep: str | None) -> None:
        """End the unfinished runs of commands and sweeps, except the running sweep."""
        for run in [run for run, kind in self.tracked.unfinished.items() if kind != keep]:
            with contextlib.suppress(self.store.missing):
                self.store.client.set_terminated(run)
            self.tracked.end(run)


def write_record(run: Run, record: Record) -> None:
    """Log the content of a record."""
    run.tags({"mlflow.note.content": record.description or None})
    run.params(record.params)
    run.metrics(record.headline)
    run.metrics(record.metrics)
    run.tags(record.tags)
    for file, content in record.texts.items():
        run.dict(content, file)
    for path in record.files:
        run.artifact(path)
    for trial in record.trials:
        with run.child(f"trial {trial['number']}") as below:
            below.params(trial["params"])
            below.tags({"holdfast.state": trial["state"]})
            for fold, loss in enumerate(trial["losses"]):
                below.metrics({"fold_log_loss": loss}, step=fold)
            if trial["losses"]:
                below.metrics({"log_loss": float(np.mean(trial["losses"]))})

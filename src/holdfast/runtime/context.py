"""The context of a command: settings, root folder, start time, engine, and the results so far."""

import contextlib
import dataclasses
import datetime as dt
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.artifacts.streams import Streams
from holdfast.config import Config
from holdfast.errors import HoldfastError
from holdfast.storage import Location, RemotePath

if TYPE_CHECKING:
    from holdfast.engine.duckdb import DuckDB
    from holdfast.engine.engine import Engine
    from holdfast.engine.parallel import Buckets
    from holdfast.sources.file_tasks import FileTasks


TEMPORARY = ".cache/holdfast"

logger = logging.getLogger("holdfast")


@dataclasses.dataclass(frozen=True)
class Result:
    """The artifact of a stage in this run.

    Attributes:
        made: whether it was made now; False: it was reused.
        inputs: parameter → input artifact.
        began, ended: when the stage ran (UTC).
        usage: what the stage took, under the names of MLflow's page of system metrics; empty: it was reused.
    """

    artifact: Artifact
    made: bool
    inputs: dict[str, Artifact]
    began: dt.datetime
    ended: dt.datetime
    usage: Mapping[str, float] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class RunContext:
    """One command.

    Attributes:
        config: all settings.
        root: the folder of all output.
        started: when the command began (UTC); later raw rows are rejected.
        results: by stage name, in the order of the runs.
    """

    config: Config
    root: Root
    started: dt.datetime
    results: dict[str, Result] = dataclasses.field(default_factory=dict)

    @property
    def question(self) -> dict[str, Any]:
        """The source and the churn definition of the command."""
        return {"source": self.config.source.name, "churn": self.config.churn.model_dump(mode="json")}

    @property
    def temporary(self) -> Path:
        """A folder to spill into; removed when the command ends."""
        return self.root.path / TEMPORARY

    @property
    def shared_temporary(self) -> Location:
        """The same for what the tasks of the engine write: at the root's address, if it has one."""
        return self.temporary if self.root.remote is None else self.root.remote / TEMPORARY

    def engine(self) -> "contextlib.AbstractContextManager[Engine]":
        """Open the engine that the settings name, until the block ends."""
        from holdfast.engine.opening import open_engine

        return open_engine(self.config.engine, self.shared_temporary, self.config.threads)

    def file_tasks(self) -> "FileTasks | None":
        """Where raw files are validated one by one; None: the engine validates all at once."""
        from holdfast.engine.opening import open_tasks
        from holdfast.sources.file_tasks import FileTasks

        shared = self.shared_temporary / "parts"
        run = open_tasks(self.config.engine, shared)
        return None if run is None else FileTasks(run, shared)

    def duckdb(self, raw_bytes: int | None) -> "contextlib.AbstractContextManager[DuckDB]":
        """Open the engine that reads raw files, whatever the settings name.

        Args:
            raw_bytes: the size of the raw files; None: unknown.
        """
        from holdfast.engine.duckdb import open_engine, threads_for

        threads = self.config.threads or threads_for(raw_bytes)
        return open_engine(self.config.engine, self.temporary, threads)

    @property
    def made_anything(self) -> bool:
        """Whether the command has made an artifact so far."""
        return any(result.made for result in self.results.values())

    def clear_temporary(self) -> None:
        """Remove spilled data."""
        shutil.rmtree(self.temporary, ignore_errors=True)
        if self.root.remote is not None:
            with contextlib.suppress(HoldfastError):  # the next command removes it
                (self.root.remote / TEMPORARY).remove()


@dataclasses.dataclass(frozen=True)
class StageRun:
    """The argument of a stage's function, beside its inputs.

    Attributes:
        settings: the declared settings; reading any other raises AttributeError.
        out: the folder to write into; it is moved to its final path when the function returns.
        store: the folder of this artifact at the root's address; None: the root is a folder.
        large: the folder for large files: `out`, or a new one below `store`.
        key: identifies the artifact: as-of date, fingerprint, label.
        previous: the artifact of an earlier run of the same code, whose files may be reused; None: none.
        declared: the declared settings by dotted name, as JSON holds them.
    """

    context: RunContext
    settings: Config
    out: Path
    store: RemotePath | None
    large: Location
    key: Key
    previous: Artifact | None
    declared: dict[str, Any]

    @property
    def day(self) -> dt.date:
        """The stage's as-of date."""
        assert self.key.day is not None, "a stage without a day has no as-of date"
        return self.key.day

    @property
    def threads(self) -> int | None:
        """The number of threads; None: all cores."""
        return self.context.config.threads

    @property
    def root(self) -> Root:
        """The folder of all output."""
        return self.context.root

    def engine(self) -> "contextlib.AbstractContextManager[Engine]":
        """Open the engine that the settings name, until the block ends."""
        return self.context.engine()

    def buckets(self, streams: Streams) -> "Buckets":
        """The facts of the streams, to be processed bucket by bucket."""
        return streams.in_buckets(self.context.config.engine, self.threads)

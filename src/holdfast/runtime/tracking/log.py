"""Send artifacts without a run to the tracking store; no command depends on it.

New artifacts are queued first (`artifacts.tracked`). If the store is down, hangs or refuses, a warning is
logged and the next command sends the rest.
"""

import contextlib
import datetime as dt
import itertools
import logging
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.artifacts.artifact import Artifact, Root
from holdfast.artifacts.models import find_champion
from holdfast.artifacts.tracked import Tracked
from holdfast.config import Config
from holdfast.errors import SettingError
from holdfast.runtime.context import Result, RunContext
from holdfast.runtime.tracking.stores import answering, connect, tracking_uri
from holdfast.secrets import redact

logger = logging.getLogger(__name__)

Kinds = Mapping[str, type[Artifact]]  # by the stage that writes them
Group = dict[str, Any]


def group(name: str, started: dt.datetime, within: Group | None = None) -> Group:
    """Describes a parent run: a command, or the sweep that the command is a job of."""
    return {"id": uuid.uuid4().hex[:12], "name": name, "started": started.isoformat(), "within": within}


def log_results(context: RunContext, command: str, kinds: Kinds, sweep: Group | None = None) -> None:
    """Send every artifact that the command made or reused and that has no run in the store.

    Args:
        kinds: stage → class of its artifact, for artifacts queued by earlier commands.
        sweep: the group of the sweep that the command is a job of.
    """
    settings = context.config.tracking
    if settings.name == "off":
        return
    uri = tracking_uri(settings, context.root.path)
    with surviving(uri):
        tracked = Tracked(context.root, uri)
        parent = group(command, context.started, sweep)
        tracked.expect(waiting(context, parent, *item) for item in context.results.items())
        if tracked.waiting or tracked.unfinished or _new_champion(context, tracked):
            _send(context, tracked, kinds, sweep)


def finish_sweep(config: Config, sweep: Group, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Log the table of a sweep's jobs to its run, and end the run."""
    root = Root(config.paths.local, config.source.name)
    uri = tracking_uri(config.tracking, root.path)
    if config.tracking.name == "off":
        return
    with surviving(uri):
        from holdfast.runtime.tracking.sender import Sender

        tracked = Tracked(root, uri)
        if sweep["id"] not in tracked.unfinished.values():
            return
        sender = Sender(connect(config.tracking, root.path), tracked)
        run = sender.open_group(sweep)
        table = {name: [row[index] for row in rows] for index, name in enumerate(columns)}
        sender.store.client.log_table(run.id, table, "jobs.json")
        run.describe(f"{sweep['name']} · {len(rows)} jobs", "")
        sender.end(run)


@contextlib.contextmanager
def surviving(uri: str) -> Iterator[None]:
    """Turn every error into a warning: tracking must not change an exit code."""
    try:
        with answering(uri):
            yield
    except Exception as error:
        what = error.what if isinstance(error, SettingError) else f"{type(error).__name__} while sending"
        reason = (error.lines["found"] if isinstance(error, SettingError) else None) or redact(uri)
        logger.debug("tracking", exc_info=True)
        logger.warning("%s (%s); the next command sends the MLflow runs that are missing", what, reason)


def waiting(context: RunContext, command: Group, stage: str, result: Result) -> dict[str, Any]:
    """The queue entry of an artifact."""
    return {
        "fingerprint": result.artifact.fingerprint,
        "stage": stage,
        "folder": result.artifact.folder.relative_to(context.root.path.resolve()).as_posix(),
        "inputs": {name: artifact.fingerprint for name, artifact in result.inputs.items()},
        "began": result.began.isoformat(),
        "ended": result.ended.isoformat(),
        "usage": result.usage,
        "command": command,
    }


def _send(context: RunContext, tracked: Tracked, kinds: Kinds, sweep: Group | None) -> None:
    from holdfast.runtime.tracking.sender import Sender

    root = context.root.path
    sender = Sender(connect(context.config.tracking, root), tracked)
    sender.remove_partial_runs()
    for command, entries in itertools.groupby(list(tracked.waiting), key=lambda entry: entry["command"]):
        sender.send(command, list(entries), root, kinds)
    if (version := _new_champion(context, tracked)) is not None:
        sender.set_champion(version)
    sender.end_others(keep=None if sweep is None else sweep["id"])


def _new_champion(context: RunContext, tracked: Tracked) -> str | None:
    """The registered version of the champion, if the store's alias still points elsewhere."""
    champion = find_champion(context.root)
    version = None if champion is None else tracked.registered_version(champion.fingerprint)
    return None if version == tracked.champion else version

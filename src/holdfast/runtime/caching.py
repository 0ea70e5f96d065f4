"""Run a stage, or reuse its artifact if inputs, settings and code are the same."""

import datetime as dt
import resource
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from holdfast.artifacts.artifact import Artifact, Key
from holdfast.artifacts.large import describe_run, remove_unnamed, store_of
from holdfast.files import hash_json, replacing_folder, sweep_leftovers
from holdfast.runtime.code import code_fingerprint
from holdfast.runtime.context import Result, RunContext, StageRun
from holdfast.runtime.settings import DeclaredSettings, declared_values, value_of
from holdfast.runtime.stage import Lookup, Made, Readable, Stage
from holdfast.storage import RemotePath

if TYPE_CHECKING:
    from holdfast.config import Config


def run_cached(context: RunContext, stage: Stage[Made]) -> Made:
    """The artifact of a stage, reused or made now. The stage's `after` steps run in both cases."""
    if stage.name not in context.results:
        result = _make_or_reuse(context, stage)
        context.results[stage.name] = result  # before the steps, so that it is kept if a step refuses
        for step in stage.after:
            step(context, cast("Made", result.artifact))
    return cast("Made", context.results[stage.name].artifact)


def _make_or_reuse(context: RunContext, stage: Stage[Made]) -> Result:
    """The artifact of a stage with its pages, reused or made now."""
    for step in stage.before:
        step(context)
    day = None if stage.day is None else stage.day.rule(context, **_artifacts(context, stage.day.stages))
    inputs = {name: _resolve(context, read, day) for name, read in stage.reads.items()}
    digests = {name: None if read is None else read.digest() for name, read in inputs.items()}
    uncacheable = any(digests[name] is None for name, read in inputs.items() if read is not None)
    origin: dict[str, Any] = {
        "stage": stage.name,
        "code": code_fingerprint(stage.run),
        "day": None if day is None else str(day),
        "reads": {name: digest if digest is None else hash_json(digest) for name, digest in digests.items()},
        "settings": declared_values(context.config, stage.settings),
    }
    if stage.writes.is_large and context.root.remote is not None:
        origin["root"] = str(context.root.remote)
    fingerprint = hash_json(origin)
    label = "" if stage.label is None else str(value_of(context.config, stage.label))
    key = Key(day, fingerprint, label)
    folder = stage.writes.folder_of(context.root, key)
    sweep_leftovers(folder.parent)
    began, processor = dt.datetime.now(dt.UTC), time.process_time()
    cached = None if context.config.force or uncacheable else stage.writes.finished(folder, fingerprint)
    artifact = _make(context, stage, key, origin, inputs) if cached is None else cached
    _render(stage, artifact)
    sources = {name: read for name, read in inputs.items() if isinstance(read, Artifact)}
    usage = {} if cached else measure_usage(processor)
    return Result(artifact, cached is None, sources, began, dt.datetime.now(dt.UTC), usage)


def _make(
    context: RunContext, stage: Stage[Made], key: Key, origin: Mapping[str, Any],
    inputs: Mapping[str, Artifact | Readable | None],
) -> Made:  # fmt: skip
    """Run the stage's function; its folder, and then its manifest, appear when it has returned."""
    folder = stage.writes.folder_of(context.root, key)
    compared = {name: _resolve(context, read, key.day) for name, read in stage.compared_with.items()}
    before = stage.writes.open(folder)
    same_code = before is not None and before.manifest.get("code") == origin["code"]
    previous = before if same_code and not context.config.force else None
    settings = cast("Config", DeclaredSettings(context.config, stage.settings, stage.name))
    store = store_of(context.root, stage.writes, folder)
    if store is not None:
        remove_unnamed(store, before.remote_files if before is not None and before.store == store else {})
    with replacing_folder(folder, {**origin, "fingerprint": key.fingerprint}) as (out, manifest):
        large = out if store is None else store / uuid.uuid4().hex[:12]
        run = StageRun(context, settings, out, store, large, key, previous, origin["settings"])
        manifest.update(stage.run(run, **inputs, **compared))
        kept = manifest.pop("kept", {})
        if store is not None and isinstance(large, RemotePath):
            manifest["remote"] = describe_run(store, large, kept)
    artifact = stage.writes.open(folder)
    assert artifact is not None, f"{stage.name} left no manifest in {folder}"
    if store is not None:
        remove_unnamed(store, artifact.remote_files)
    return artifact


def measure_usage(since: float) -> dict[str, float]:
    """The processor seconds of all threads since `since` (of `time.process_time`), and the largest memory.

    The memory is that of the whole process so far, with the stages before.
    """
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes; on macOS bytes
    megabytes = largest / (1e6 if sys.platform == "darwin" else 1e3)
    return {"cpu_seconds": time.process_time() - since, "peak_memory_megabytes": megabytes}


def _resolve(
    context: RunContext, read: "Stage[Any] | Lookup", day: dt.date | None
) -> Artifact | Readable | None:
    """The value of one input of a stage."""
    if isinstance(read, Stage):
        return cast("Artifact", run_cached(context, read))
    answer: Readable | None = read.answer(context, day, **_artifacts(context, read.stages))
    if answer is None and read.otherwise is not None:
        return cast("Artifact", run_cached(context, read.otherwise))
    return answer


def _artifacts(context: RunContext, stages: Mapping[str, Stage[Any]]) -> dict[str, Artifact]:
    return {name: run_cached(context, stage) for name, stage in stages.items()}


def _render(stage: Stage[Made], artifact: Made) -> None:
    """Write the pages of an artifact unless they are up to date. They have a fingerprint of their own."""
    if stage.pages is None:
        return
    render: Callable[[Made], Any] = stage.pages
    fingerprint = hash_json({"artifact": artifact.fingerprint, "code": code_fingerprint(stage.pages)})
    if not artifact.has_pages(fingerprint):
        artifact.write_pages(fingerprint, render(artifact))

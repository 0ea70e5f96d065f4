"""Run a stage, or take its artifact as it stands: the same inputs, settings and code give the same result."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from holdfast.artifacts.artifact import Artifact, Key
from holdfast.files import hash_json, replacing_folder, sweep_leftovers
from holdfast.runtime.code import code_fingerprint
from holdfast.runtime.context import Result, RunContext, StageRun
from holdfast.runtime.settings import DeclaredSettings, declared_values, value_of
from holdfast.runtime.stage import Lookup, Made, Readable, Stage

if TYPE_CHECKING:
    from holdfast.config import Config


def run_cached(context: RunContext, stage: Stage[Made]) -> Made:
    """The artifact of a stage, which is made unless it stands; then what is to be done after the stage."""
    if stage.name not in context.results:
        result = _make_or_reuse(context, stage)
        context.results[stage.name] = result  # kept first: what is refused afterwards is there all the same
        for step in stage.after:
            step(context, cast("Made", result.artifact))
    return cast("Made", context.results[stage.name].artifact)


def _make_or_reuse(context: RunContext, stage: Stage[Made]) -> Result:
    """The artifact of a stage with its pages, made unless it stands."""
    for step in stage.before:
        step(context)
    day = None if stage.day is None else stage.day.rule(context, **_artifacts(context, stage.day.stages))
    inputs = {name: _resolve(context, read, day) for name, read in stage.reads.items()}
    made_from, unknown = _describe(context, stage, inputs, day)
    fingerprint = hash_json(made_from)
    label = "" if stage.label is None else str(value_of(context.config, stage.label))
    key = Key(day, fingerprint, label)
    folder = stage.writes.folder_of(context.root, key)
    sweep_leftovers(folder.parent)
    began = dt.datetime.now(dt.UTC)
    standing = None if context.config.force or unknown else stage.writes.finished(folder, fingerprint)
    artifact = standing
    if artifact is None:
        given = {name: _resolve(context, read, day) for name, read in stage.compared_with.items()}
        previous = None if context.config.force else stage.writes.open(folder)
        same_code = previous is not None and previous.manifest.get("code") == made_from["code"]
        with replacing_folder(folder, _beginning(made_from, fingerprint)) as (out, manifest):
            run = StageRun(
                context, _declared(context, stage), out, key, previous if same_code else None,
                made_from["settings"],
            )  # fmt: skip
            manifest.update(stage.run(run, **inputs, **given))
        artifact = stage.writes.open(folder)
        assert artifact is not None, f"{stage.name} left no manifest in {folder}"
    _render(stage, artifact)
    sources = {name: one for name, one in inputs.items() if isinstance(one, Artifact)}
    return Result(artifact, standing is None, sources, began, dt.datetime.now(dt.UTC))


def _resolve(
    context: RunContext, read: "Stage[Any] | Lookup", day: dt.date | None
) -> Artifact | Readable | None:
    """What a stage reads under one name."""
    if isinstance(read, Stage):
        return _artifacts(context, {"it": read})["it"]
    answer: Readable | None = read.answer(context, day, **_artifacts(context, read.stages))
    if answer is None and read.otherwise is not None:
        return _artifacts(context, {"it": read.otherwise})["it"]
    return answer


def _artifacts(context: RunContext, stages: Mapping[str, Stage[Any]]) -> dict[str, Artifact]:
    return {name: run_cached(context, stage) for name, stage in stages.items()}


def _describe(
    context: RunContext, stage: Stage[Any], inputs: dict[str, Any], day: dt.date | None
) -> tuple[dict[str, Any], bool]:
    """All that decides the result of a stage, and whether some of it cannot be told."""
    digests = {name: None if one is None else one.digest() for name, one in inputs.items()}
    unknown = any(digests[name] is None for name, one in inputs.items() if one is not None)
    made_from = {
        "stage": stage.name,
        "code": code_fingerprint(stage.run),
        "day": None if day is None else str(day),
        "reads": {name: digest if digest is None else hash_json(digest) for name, digest in digests.items()},
        "settings": declared_values(context.config, stage.settings),
    }
    return made_from, unknown


def _beginning(made_from: dict[str, Any], fingerprint: str) -> dict[str, Any]:
    """What every manifest holds."""
    return {**made_from, "fingerprint": fingerprint}


def _declared(context: RunContext, stage: Stage[Any]) -> "Config":
    return cast("Config", DeclaredSettings(context.config, stage.settings, stage.name))


def _render(stage: Stage[Made], artifact: Made) -> None:
    """Write the pages of an artifact, unless they stand; their code is no part of the artifact's."""
    if stage.pages is None:
        return
    render: Callable[[Made], Any] = stage.pages
    fingerprint = hash_json({"artifact": artifact.fingerprint, "code": code_fingerprint(stage.pages)})
    if not artifact.has_pages(fingerprint):
        artifact.write_pages(fingerprint, render(artifact))

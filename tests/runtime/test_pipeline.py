"""The declared stages: complete, without loops, and what commands, summaries and pages say of them."""

import inspect

import pytest
from tests.documents import DOCS, docs_script

from holdfast import pipeline, summaries
from holdfast.commands import COMMANDS
from holdfast.config import load_config
from holdfast.runtime.settings import declared_values, value_of
from holdfast.runtime.stage import Lookup, Stage

STAGES = {stage.name: stage for stage in pipeline.STAGES}
stages = pytest.mark.parametrize("stage", pipeline.STAGES, ids=lambda stage: stage.name)


def names_of(function, given: int) -> set[str]:
    """The parameters of a function after the first ones."""
    return set(list(inspect.signature(function).parameters)[given:])


@stages
def test_a_stage_takes_what_it_declares(stage):
    assert names_of(stage.run, 1) == {*stage.reads, *stage.compared_with}
    if stage.day is not None:
        assert names_of(stage.day.rule, 1) == set(stage.day.stages)
    for read in (*stage.reads.values(), *stage.compared_with.values()):
        if isinstance(read, Lookup):
            assert names_of(read.answer, 2) == set(read.stages)


@pytest.mark.parametrize("source", ["demo", "online_retail"])
@stages
def test_every_declared_setting_exists(stage, source):
    config = load_config([f"source={source}"])
    assert set(declared_values(config, stage.settings)) == set(stage.settings)
    assert len(set(stage.settings)) == len(stage.settings)
    if stage.label is not None:
        assert stage.label in stage.settings
        value_of(config, stage.label)


@stages
def test_no_setting_is_declared_twice(stage):
    """`outreach` holds `outreach.margin`: naming both would say that one is not in the other."""
    whole = {name for name in stage.settings if "." not in name}
    assert [name for name in stage.settings if "." in name and name.partition(".")[0] in whole] == []


@stages
def test_what_a_stage_reads_comes_before_it(stage):
    order = list(pipeline.STAGES)
    assert [one.name for one in stage.upstream() if order.index(one) >= order.index(stage)] == []


def test_stages_are_told_apart():
    assert len(STAGES) == len(pipeline.STAGES)
    kinds = [stage.writes for stage in pipeline.STAGES]
    assert len(set(kinds)) == len(kinds)
    declared = {one for one in vars(pipeline).values() if isinstance(one, Stage)}
    assert declared == set(pipeline.STAGES)


def test_every_command_is_a_stage_with_its_line_and_its_summary():
    assert set(COMMANDS) - {"simulate"} <= set(STAGES)
    for name in set(COMMANDS) - {"simulate"}:
        assert STAGES[name].does == COMMANDS[name]
    for name in set(STAGES) - set(COMMANDS):
        assert "→" in STAGES[name].does, "a step on the way says what becomes of what"
    assert set(summaries.SUMMARIES) == set(COMMANDS)


# --- the page -------------------------------------------------------------------------------------


def test_the_page_of_stages_is_up_to_date():
    page = (DOCS / "pipeline.md").read_text(encoding="utf-8")
    assert page == docs_script("pipeline").page(), "run: python docs/pipeline.py"
    assert all(f"\n## {stage.name}\n" in page for stage in pipeline.STAGES)

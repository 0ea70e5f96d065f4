"""What a model is trained by: kept as JSON, and completed where it lacks newer settings."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from holdfast.config import load_config
from holdfast.model.training_spec import TrainingSpec, on_grid, read_spec


@pytest.fixture(scope="module")
def own() -> TrainingSpec:
    config = load_config()
    return TrainingSpec(
        config.model,
        config.timeline,
        config.features,
        {"text": config.text.model_dump(mode="json"), "words": {"en": {"leaving": ["cancel"]}}},
        {"transactions": {"columns": {"amount": "price"}, "where": None, "attributes": []}},
        ("spend__sum__30d",),
    )


def test_a_specification_is_read_as_it_was_written(own):
    content = json.loads(json.dumps(own.to_dict()))
    assert read_spec(content, own) == own
    changes: tuple[dict[str, Any], ...] = (
        {"texts": {**(own.texts or {}), "words": {}}},
        {"source": {"transactions": {"columns": {"amount": "price * pieces"}}}},
        {"columns": ()},
        {"timeline": own.timeline.model_copy(update={"contacted_policy": "drop"})},
    )
    for changed in changes:
        other = dataclasses.replace(own, **changed)
        assert read_spec(content, other) == own != other


def test_settings_that_are_newer_than_a_specification_are_completed(own):
    content = json.loads(json.dumps(own.to_dict()))
    del content["timeline"]["contacted_policy"]
    content["features"]["gone"] = True
    assert read_spec(content, own) == own


def test_a_specification_of_another_version_is_not_read(own):
    content = own.to_dict()
    assert read_spec({**content, "model": {**content["model"], "no_such_setting": 1}}, own) is None
    assert read_spec({**content, "texts": {"text": {"no_such_setting": 1}}}, own) is None
    assert read_spec({}, own) is None


@pytest.mark.parametrize(
    ("step", "count", "kept"),
    [
        (7, 99, [0, 7, 14, 21, 28]),  # all
        (7, 2, [21, 28]),
        (14, 99, [0, 14, 28]),
        (10, 99, [7, 21, 28]),  # 10 and 20 back: the nearest
        (30, 5, [28]),
    ],
)
def test_a_grid_takes_the_nearest_dates(step: int, count: int, kept: list[int]) -> None:
    days = np.datetime64("2024-01-01") + np.arange(0, 35, 7).repeat(2)
    chosen = days[on_grid(days, step, count)]
    assert sorted({int((day - np.datetime64("2024-01-01")).astype(int)) for day in chosen}) == kept

"""Declared settings: exactly those can be read, and their values are in the fingerprint as JSON."""

import json

import pytest

from holdfast.config import load_config
from holdfast.runtime.settings import DeclaredSettings, declared_values


@pytest.fixture(scope="module")
def config():
    return load_config(["outreach.database.url=postgresql://me:s3cret@host/db"])


def test_only_what_is_declared_can_be_read(config):
    settings = DeclaredSettings(config, ("churn", "timeline.folds", "timeline.snapshots"), "train")
    assert settings.churn is config.churn
    assert settings.timeline.folds == config.timeline.folds
    for wrong in ("seed", "outreach"):
        with pytest.raises(AttributeError, match=f"the stage train reads the setting {wrong}"):
            getattr(settings, wrong)
    with pytest.raises(AttributeError, match="the stage train reads the setting max_rows"):
        settings.timeline.max_rows  # noqa: B018 — reading it is what is refused


def test_a_setting_that_does_not_exist_cannot_be_declared(config):
    with pytest.raises(AttributeError):
        declared_values(config, ["timeline.foldz"])
    with pytest.raises(AttributeError):
        DeclaredSettings(config, ("foldz",), "train").foldz  # noqa: B018


def test_values_are_json_and_hide_secrets(config):
    values = declared_values(config, ["outreach", "outreach.database", "source.mapping", "paths", "seed"])
    text = json.dumps(values)
    assert "s3cret" not in text
    assert values["seed"] == config.seed

"""The settings and their file in conf/."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf
from pydantic import ValidationError

from holdfast.explain.figures import Statements
from holdfast.outreach.settings import OutreachSettings

CONF = Path(__file__).parents[2] / "conf" / "outreach" / "default.yaml"
NOTHING_TO_DO = {"NEW_CUSTOMER", "HABIT", "PROFILE", "TOPIC"}  # the next reason is acted on


def test_the_file_carries_every_setting_with_its_default():
    content = OmegaConf.to_container(OmegaConf.load(CONF))
    assert isinstance(content, dict)
    settings = OutreachSettings.model_validate(content)
    assert set(content) == set(OutreachSettings.model_fields)
    assert settings.model_copy(update={"playbook": {}}) == OutreachSettings()
    reasons = set(Statements([]).reasons) - NOTHING_TO_DO
    assert set(settings.playbook) == reasons, "give every reason a line in the playbook"


@pytest.mark.parametrize(
    "wrong",
    [
        {"margin": 1.5},
        {"capacity": -1},
        {"holdout_share": 2},
        {"holdout_days": 0},
        {"tiers": {"high": 0.7, "medium": 0.5}},
        {"channels": {"high": ""}},
        {"playbook": {"OPEN_TICKET": {"action": "x", "channel": {"huge": "call"}}}},
        {"playbook": {"open ticket": {"action": "x"}}},
        {"contact_costs": 1},
    ],
)
def test_a_wrong_setting_is_refused(wrong):
    with pytest.raises(ValidationError):
        OutreachSettings(**wrong)

"""The settings and their file in conf/."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf
from pydantic import ValidationError

from holdfast.outreach.settings import OutreachSettings

CONF = Path(__file__).parents[2] / "conf" / "outreach" / "default.yaml"
REASONS_TO_ACT_ON = {
    "LONG_SILENCE", "LONGER_GAPS", "FEWER_ORDERS", "SPEND_DOWN", "SMALLER_ORDERS", "LESS_VARIETY",
    "MORE_REFUNDS", "DISCOUNT_HUNTING", "PRICE_UP", "SLOW_SUPPORT", "OPEN_TICKET", "MANY_TICKETS",
    "LOW_SATISFACTION", "RARELY_BUYS", "PLAN", "RENEWAL_NEAR", "CONTACT_FATIGUE", "TICKETS_STOPPED",
    "LOW_SURVEY_SCORE", "SURVEY_SILENCE", "USAGE_DOWN", "USES_WITHOUT_BUYING", "DOWNGRADED",
    "TALKS_OF_LEAVING", "TALKS_OF_PRICE", "TALKS_OF_COMPETITOR", "TONE",
}  # fmt: skip


def test_the_file_carries_every_setting_with_its_default():
    content = OmegaConf.to_container(OmegaConf.load(CONF))
    assert isinstance(content, dict)
    settings = OutreachSettings.model_validate(content)
    assert set(content) == set(OutreachSettings.model_fields)
    assert settings.model_copy(update={"playbook": {}}) == OutreachSettings()
    assert set(settings.playbook) == REASONS_TO_ACT_ON


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

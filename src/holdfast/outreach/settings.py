"""What a company decides about its outreach: money, limits, hold-out, playbook (`conf/outreach/`)."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from holdfast.settings import Settings

Tier = Literal["high", "medium", "low"]
Share = Annotated[float, Field(ge=0, le=1)]
Money = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
ReasonCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]


class Tiers(Settings):
    """Where `risk_tier` changes, as shares of the list's whole value at risk.

    `high` are the fewest customers who together hold the first share, `medium` those who hold the
    next one, `low` everybody else.
    """

    high: Share = 0.5
    medium: Share = 0.3

    @model_validator(mode="after")
    def _at_most_all(self) -> "Tiers":
        if self.high + self.medium > 1:
            msg = f"high + medium must not be above 1, found {self.high + self.medium:g}"
            raise ValueError(msg)
        return self


class Channels(Settings):
    """Through whom and how a customer is contacted, by risk tier."""

    high: Text = "dedicated manager call"
    medium: Text = "help desk call"
    low: Text = "help desk e-mail"


class Play(Settings):
    """What to do about one reason; `channel` replaces the general channel of the tiers that it names."""

    action: Text
    channel: dict[Tier, Text] = Field(default_factory=dict)


class OutreachSettings(Settings):
    """All of `conf/outreach/`. Money is in the source's currency; shares are in [0, 1]."""

    margin: Share = 0.3
    value_days: Annotated[float, Field(gt=0)] = 365
    accept_share: Share = 0.3
    offer_cost: Money = 0
    offer_taken_share: Share = 1
    contact_cost: Money = 1

    capacity: Count | None = 200
    capacity_share: Share | None = None
    capacity_per_owner: Count | None = None

    consent_required: bool = False
    cool_down_days: Count = 30
    do_not_contact: Path | None = None

    holdout_share: Share = 0.1
    holdout_days: Annotated[int, Field(ge=1)] = 90
    holdout_salt: Text = "holdfast"

    status_change: Share = 0.05
    tiers: Tiers = Tiers()
    channels: Channels = Channels()
    default_action: Text = "Ask how things are going and what would make it worth their while to stay"
    playbook: dict[ReasonCode, Play] = Field(default_factory=dict)

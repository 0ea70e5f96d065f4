"""Settings of outreach: money, limits, hold-out and playbook (`conf/outreach/`)."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints, model_validator

from holdfast.errors import nearest
from holdfast.scoring.settings import LapsedSettings
from holdfast.settings import Settings

Tier = Literal["high", "medium", "low"]
Known = Literal["products", "categories", "subscription", "usage", "next_attempt"]
Share = Annotated[float, Field(ge=0, le=1)]
Money = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]  # of a table, unquoted
ReasonCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]


class Tiers(Settings):
    """The boundaries of `risk_tier`, as shares of the list's total value at risk.

    `high`: the fewest customers who hold the first share. `medium`: those who hold the next share. `low`: all
    others.
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


class When(Settings):
    """The conditions of a variant of a play; an omitted condition is always met.

    Attributes:
        tier: the customer's risk tier is one of these.
        renewal_within_days: the next known renewal is at most so many days after `as_of`.
        reasons: one of these is among the customer's other reasons.
        known: all of these data exist for the customer, such as the products they bought.
    """

    tier: tuple[Tier, ...] | None = None
    renewal_within_days: Count | None = None
    reasons: tuple[ReasonCode, ...] = ()
    known: tuple[Known, ...] = ()

    @model_validator(mode="after")
    def _something(self) -> "When":
        if not (self.tier or self.reasons or self.known) and self.renewal_within_days is None:
            raise ValueError("give tier: [high, …], renewal_within_days: …, reasons: […] or known: […]")
        return self


class Variant(Settings):
    """An alternative to a play under conditions; an omitted field keeps the play's value."""

    when: When
    action: Text | None = None
    channel: dict[Tier, Text] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> "Variant":
        if self.action is None and not self.channel:
            raise ValueError("give an action, a channel, or both: as it stands, it changes nothing")
        return self


class Play(Settings):
    """The response to one reason.

    Attributes:
        action: a code with a text in `conf/outreach/actions/`, or a text; None: the reason's code.
        urgent: takes precedence over stronger reasons; of several urgent plays, the first in the playbook.
        channel: replaces the general channel for these tiers.
        variants: the first variant whose `when` is met replaces the play.
    """

    action: Text | None = None
    urgent: bool = False
    channel: dict[Tier, Text] = Field(default_factory=dict)
    variants: tuple[Variant, ...] = ()


class Database(Settings):
    """A PostgreSQL table to which every published list is also written, if `url` is set.

    Attributes:
        url: `postgresql://user:password@host/database`; from the environment, never shown or logged.
        table_schema: the schema, created if missing (`schema` in conf/).
    """

    url: SecretStr | None = None
    table: Name = "at_risk"
    table_schema: Name = Field(default="public", alias="schema")


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
    capacity_per_channel: dict[Text, Count] = Field(default_factory=dict)

    lapsed: LapsedSettings = LapsedSettings()
    consent_required: bool = False
    cool_down_days: Count = 30
    do_not_contact: Path | None = None

    holdout_share: Share = 0.1
    holdout_days: Annotated[int, Field(ge=1)] = 90
    holdout_salt: Text = "holdfast"

    status_change: Share = 0.05
    tiers: Tiers = Tiers()
    channels: Channels = Channels()
    default_action: Text = "DEFAULT"
    playbook: dict[ReasonCode, Play] = Field(default_factory=dict)

    win_back_days: Count = 90
    win_back_capacity: Count | None = 50
    win_back_return_share: Share = 0.05
    win_back_action: Text = "WIN_BACK"

    payment_recovery_days: Count = 60
    payment_recovery_consent: bool = False

    export: tuple[str, ...] = ()
    database: Database = Field(default=Database(), exclude=True)  # where a list goes does not change it

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Every channel that a tier, a play or a variant names."""
        named = list(self.channels.model_dump().values())
        for play in self.playbook.values():
            named += [*play.channel.values(), *(n for v in play.variants for n in v.channel.values())]
        return tuple(dict.fromkeys(named))

    @model_validator(mode="after")
    def _limits_name_channels(self) -> "OutreachSettings":
        for name in self.capacity_per_channel:
            if name not in self.channel_names:
                raise ValueError(
                    f"capacity_per_channel: no tier and no play uses a channel '{name}' "
                    f"({nearest(name, self.channel_names)})"
                )
        return self

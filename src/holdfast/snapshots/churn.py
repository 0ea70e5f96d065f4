"""What churn means: the settings of `conf/churn/`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from holdfast.settings import Settings
from holdfast.timeline.outcome import Outcome


class Question(Settings):
    """What every kind of churn has.

    Attributes:
        treated: what training makes of snapshots whose customer was contacted before the outcome was over:
            `keep` them as they are; `drop` them; `flag` them, so that what contacts did is told apart.
    """

    treated: Literal["keep", "drop", "flag"] = "keep"

    def asked(self) -> dict[str, Any]:
        """What decides who is eligible and what a label is; as JSON holds it."""
        return self.model_dump(mode="json", exclude={"treated"})


class Inactivity(Question):
    """Churned: no purchase occurred in the outcome window."""

    kind: Literal["inactivity"]
    horizon_days: int = Field(ge=1, le=3650)
    gap_days: int = Field(ge=0, le=3650)
    active_within_days: int = Field(ge=1, le=36500)
    min_history_days: int = Field(ge=0, le=36500)

    @property
    def stream(self) -> str:
        """The stream that eligibility and labels are read from."""
        return "transactions"

    @property
    def keys(self) -> tuple[str, ...]:
        """By which of the stream's keys its facts must be linked."""
        return ()

    def outcome(self, label_delay_days: int) -> Outcome:
        """The days that a label is about."""
        return Outcome(self.horizon_days, self.gap_days, 0, label_delay_days)


class Cancellation(Question):
    """Churned: the customer's last running subscription ends in the outcome window."""

    kind: Literal["cancellation"]
    horizon_days: int = Field(ge=1, le=3650)
    gap_days: int = Field(ge=0, le=3650)
    grace_days: int = Field(ge=0, le=3650)
    min_history_days: int = Field(ge=0, le=36500)

    @property
    def stream(self) -> str:
        """The stream that eligibility and labels are read from."""
        return "subscriptions"

    @property
    def keys(self) -> tuple[str, ...]:
        """By which of the stream's keys its facts must be linked."""
        return ("subscription",)

    def outcome(self, label_delay_days: int) -> Outcome:
        """The days that a label is about."""
        return Outcome(self.horizon_days, self.gap_days, self.grace_days, label_delay_days)


Churn = Annotated[Inactivity | Cancellation, Field(discriminator="kind")]

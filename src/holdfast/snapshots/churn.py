"""What churn means: the settings of `conf/churn/`."""

from typing import Annotated, Literal

from pydantic import Field

from holdfast.settings import Settings
from holdfast.timeline.outcome import Outcome


class Inactivity(Settings):
    """Churned: no purchase occurred in the outcome window."""

    kind: Literal["inactivity"]
    horizon_days: int = Field(ge=1)
    gap_days: int = Field(ge=0)
    active_within_days: int = Field(ge=1)
    min_history_days: int = Field(ge=0)

    @property
    def stream(self) -> str:
        """The stream that eligibility and labels are read from."""
        return "transactions"

    def outcome(self, label_delay_days: int) -> Outcome:
        """The days that a label is about."""
        return Outcome(self.horizon_days, self.gap_days, 0, label_delay_days)


class Cancellation(Settings):
    """Churned: the customer's last running subscription ends in the outcome window."""

    kind: Literal["cancellation"]
    horizon_days: int = Field(ge=1)
    gap_days: int = Field(ge=0)
    grace_days: int = Field(ge=0)
    min_history_days: int = Field(ge=0)

    @property
    def stream(self) -> str:
        """The stream that eligibility and labels are read from."""
        return "subscriptions"

    def outcome(self, label_delay_days: int) -> Outcome:
        """The days that a label is about."""
        return Outcome(self.horizon_days, self.gap_days, self.grace_days, label_delay_days)


Churn = Annotated[Inactivity | Cancellation, Field(discriminator="kind")]

"""The definition of churn (`conf/churn/`)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from holdfast.settings import Settings
from holdfast.timeline.outcome import Outcome


class Question(Settings):
    """The settings common to all kinds of churn."""

    renamed: ClassVar = {"treated": "timeline.contacted_policy"}
    stream: ClassVar[str]  # the stream that eligibility and labels are read from
    keys: ClassVar[tuple[str, ...]] = ()  # the keys by which facts of the stream must be linked
    gap_days: int = Field(ge=0, le=3650)

    @property
    def _after_gap(self) -> str:
        return f" (from {self.gap_days} days after the as-of date on)" if self.gap_days else ""


class Inactivity(Question):
    """Churned: no purchase occurred in the outcome window."""

    stream: ClassVar[str] = "transactions"
    kind: Literal["inactivity"]
    horizon_days: int = Field(ge=1, le=3650)
    active_within_days: int = Field(ge=1, le=36500)
    min_history_days: int = Field(ge=0, le=36500)

    @property
    def question(self) -> str:
        """The churn question in a sentence."""
        active = f"Who of those active within {self.active_within_days} days"
        return f"{active} buys nothing for {self.horizon_days} days{self._after_gap}?"

    def outcome(self, label_delay_days: int) -> Outcome:
        """The outcome window."""
        return Outcome(self.horizon_days, self.gap_days, 0, label_delay_days)


class Cancellation(Question):
    """Churned: the customer's last running subscription ends in the outcome window."""

    stream: ClassVar[str] = "subscriptions"
    keys: ClassVar[tuple[str, ...]] = ("subscription",)
    kind: Literal["cancellation"]
    horizon_days: int = Field(ge=1, le=3650)
    grace_days: int = Field(ge=0, le=3650)
    min_history_days: int = Field(ge=0, le=36500)

    @property
    def question(self) -> str:
        """The churn question in a sentence."""
        return f"Whose last subscription ends within {self.horizon_days} days{self._after_gap}?"

    def outcome(self, label_delay_days: int) -> Outcome:
        """The outcome window."""
        return Outcome(self.horizon_days, self.gap_days, self.grace_days, label_delay_days)


Churn = Annotated[Inactivity | Cancellation, Field(discriminator="kind")]

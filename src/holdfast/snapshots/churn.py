"""The definition of churn (`conf/churn/`)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from holdfast.settings import Settings
from holdfast.timeline.outcome import Outcome


class Question(Settings):
    """The settings common to all kinds of churn.

    Each kind has a `question`, the churn question in a sentence, and `churned_means`, which tells what those
    who left did, in words that follow "Churned means:".
    """

    renamed: ClassVar = {"treated": "timeline.contacted_policy"}
    horizon_days: int = Field(ge=1, le=3650)
    gap_days: int = Field(ge=0, le=3650)

    @property
    def stream(self) -> str:
        """The stream that eligibility is read from."""
        return "transactions"

    @property
    def streams(self) -> tuple[str, ...]:
        """All streams that eligibility and labels are read from."""
        return (self.stream,)

    @property
    def warm_up_days(self) -> int:
        """Days of history that a label needs before its as-of date."""
        return 0

    @property
    def silence(self) -> "Inactivity | None":
        """The inactivity question by which customers may lapse; None: nobody lapses."""
        return None

    def outcome(self, label_delay_days: int) -> Outcome:
        """The outcome window."""
        return Outcome(self.horizon_days, self.gap_days, 0, label_delay_days)

    @property
    def _within(self) -> str:
        after_gap = f" (from {self.gap_days} days after the as-of date on)" if self.gap_days else ""
        return f"within {self.horizon_days} days{after_gap}"


class Inactivity(Question):
    """Churned: no purchase occurred in the outcome window."""

    kind: Literal["inactivity"]
    active_within_days: int = Field(ge=1, le=36500)
    min_history_days: int = Field(ge=0, le=36500)

    @property
    def silence(self) -> "Inactivity":
        return self

    @property
    def churned_means(self) -> str:
        return "no purchase in the outcome window"

    @property
    def question(self) -> str:
        return f"Who of those active within {self.active_within_days} days buys nothing {self._within}?"


class SpendDrop(Question):
    """Churned: spend per day in the outcome window is below a share of that before the as-of date."""

    kind: Literal["spend_drop"]
    active_within_days: int = Field(ge=1, le=36500)
    min_history_days: int = Field(ge=0, le=36500)
    compare_days: int = Field(ge=1, le=3650)
    drop_to_share: float = Field(gt=0, le=1)

    @property
    def warm_up_days(self) -> int:
        return self.compare_days

    @property
    def silence(self) -> Inactivity:
        shared = self.model_dump(
            include={"horizon_days", "gap_days", "active_within_days", "min_history_days"}
        )
        return Inactivity(kind="inactivity", **shared)

    @property
    def churned_means(self) -> str:
        return (
            f"spent less than {self.drop_to_share:.0%} of what they spent a day in the {self.compare_days} "
            "days before"
        )

    @property
    def question(self) -> str:
        return (
            f"Who of those active within {self.active_within_days} days spends less than "
            f"{self.drop_to_share:.0%} of what they spent a day in the {self.compare_days} days before, "
            f"{self._within}?"
        )


class Cancellation(Question):
    """Churned: the customer's last running subscription ends in the outcome window."""

    kind: Literal["cancellation"]
    grace_days: int = Field(ge=0, le=3650)
    min_history_days: int = Field(ge=0, le=36500)

    @property
    def stream(self) -> str:
        return "subscriptions"

    @property
    def churned_means(self) -> str:
        return "their last running subscription ended in the outcome window"

    @property
    def question(self) -> str:
        return f"Whose last subscription ends {self._within}?"

    def outcome(self, label_delay_days: int) -> Outcome:
        return Outcome(self.horizon_days, self.gap_days, self.grace_days, label_delay_days)


class Provided(Question):
    """Churned: the company's own table `churned` has a row in the outcome window.

    Attributes:
        eligible_by: `purchases`: a purchase within `active_within_days`; `subscriptions`: a running
            subscription without notice. Whoever churned before is not eligible until they come back.
    """

    kind: Literal["provided"]
    eligible_by: Literal["purchases", "subscriptions"]
    active_within_days: int = Field(ge=1, le=36500)
    min_history_days: int = Field(ge=0, le=36500)

    @property
    def stream(self) -> str:
        return "transactions" if self.eligible_by == "purchases" else "subscriptions"

    @property
    def streams(self) -> tuple[str, ...]:
        return (self.stream, "churned")

    @property
    def churned_means(self) -> str:
        return "recorded in the table churned as having left in the outcome window"

    @property
    def question(self) -> str:
        bought = f"of those active within {self.active_within_days} days"
        who = bought if self.eligible_by == "purchases" else "of the subscribers"
        return f"Who {who} leaves, as the table churned records it, {self._within}?"


CHURN_KINDS: dict[str, type[Question]] = {
    "inactivity": Inactivity, "spend_drop": SpendDrop, "cancellation": Cancellation, "provided": Provided,
}  # fmt: skip
Churn = Annotated[Inactivity | SpendDrop | Cancellation | Provided, Field(discriminator="kind")]

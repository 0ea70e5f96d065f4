"""The log that a retention report is about, and the days on which it tells who is active."""

import dataclasses
import datetime as dt
from collections.abc import Mapping

from ibis import Table

from holdfast.snapshots.churn import Churn, Provided
from holdfast.timeline.outcome import Outcome

MAX_DATES = 6  # as-of dates whose labels complaints are compared at


@dataclasses.dataclass(frozen=True)
class Log:
    """The log that the report is about.

    Attributes:
        day: the as-of date; facts known at or after it are ignored.
        outcome: the outcome window of the labels.
        attributes: the columns of customers that are attributes.
        margin, value_days: the settings of `conf/outreach/` that a customer's value follows from.
    """

    tables: Mapping[str, Table]
    day: dt.date
    churn: Churn
    outcome: Outcome
    first_day: dt.date
    attributes: tuple[str, ...]
    margin: float
    value_days: float

    @property
    def buys(self) -> bool:
        """Whether purchases make a customer active."""
        return self.churn.stream == "transactions"

    @property
    def known_from(self) -> dt.date:
        """The first day on which all active customers are known: purchases before the log began count too."""
        return self.first_day + dt.timedelta(
            days=getattr(self.churn, "active_within_days", 0) if self.buys else 0
        )

    @property
    def known_until(self) -> dt.date:
        """The last midnight at which all active customers are known: rows arrive late, pauses may end."""
        return self.day - dt.timedelta(days=self.outcome.grace_days + self.outcome.label_delay_days)

    @property
    def active_means(self) -> str:
        """Who is active, in words."""
        means = "a subscription runs"
        if self.buys:
            means = f"a purchase within {getattr(self.churn, 'active_within_days', 0)} days"
        return means + (", no leaving recorded since" if isinstance(self.churn, Provided) else "")

    def label_dates(self) -> tuple[dt.date, ...]:
        """The latest dates with mature labels, a horizon apart, oldest first; may be empty."""
        last, step = self.day - dt.timedelta(days=self.outcome.maturity_days), self.outcome.horizon_days
        dates = (last - dt.timedelta(days=step * back) for back in range(MAX_DATES))
        return tuple(sorted(date for date in dates if date > self.known_from))

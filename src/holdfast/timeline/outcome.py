"""The outcome window of a label, and when the label is mature."""

import dataclasses
import datetime as dt


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The outcome window of each as-of date.

    The label of `as_of` tells what happened in `[as_of + gap, as_of + gap + horizon)`. It is mature when the
    window, the days of grace and the usual delay of the data are over.
    """

    horizon_days: int
    gap_days: int = 0
    grace_days: int = 0
    label_delay_days: int = 0

    @property
    def maturity_days(self) -> int:
        """Days from an as-of date to the first midnight at which its label is mature."""
        return self.gap_days + self.horizon_days + self.grace_days + self.label_delay_days

    def window(self, as_of: dt.date) -> tuple[dt.date, dt.date]:
        """First day of the outcome window, and the first day after it."""
        start = as_of + dt.timedelta(days=self.gap_days)
        return start, start + dt.timedelta(days=self.horizon_days)

    def mature_at(self, as_of: dt.date) -> dt.date:
        """The first midnight at which the label of `as_of` is mature."""
        return as_of + dt.timedelta(days=self.maturity_days)

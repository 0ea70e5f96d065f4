"""Build the snapshots of a bucket from its facts: eligible customers and labels at each as-of date."""

import dataclasses
import datetime as dt
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from holdfast.snapshots.churn import Cancellation, Churn, Provided, SpendDrop
from holdfast.snapshots.involuntary import involuntary
from holdfast.snapshots.moments import Decided, Moments
from holdfast.snapshots.provided import provided
from holdfast.snapshots.purchases import inactivity, spend_drop
from holdfast.snapshots.subscriptions import cancellation
from holdfast.streams.facts import Facts
from holdfast.timeline.outcome import Outcome

PAYMENTS = "payments"  # the stream that tells involuntary churn apart
KEYS = {"subscriptions": {"subscription"}, PAYMENTS: {"subscription"}}  # stream → keys that must be linked


@dataclasses.dataclass(frozen=True)
class Snapshots:
    """One row per eligible customer and as-of date.

    Attributes:
        customer: (rows,) index among the bucket's customers; rows are sorted by customer and as_of.
        as_of: (rows,) microseconds.
        churned: (rows,) 0 or 1; NaN for an immature label.
        involuntary: (rows,) of those who churned: 1 because a payment failed, else 0; NaN for all others.
            None: the source has no payments.
    """

    customer: NDArray[np.int64]
    as_of: NDArray[np.int64]
    churned: NDArray[np.float64]
    involuntary: NDArray[np.float64] | None = None

    def take(self, index: NDArray[np.intp]) -> "Snapshots":
        """The rows at some indices."""
        why = None if self.involuntary is None else self.involuntary[index]
        return Snapshots(self.customer[index], self.as_of[index], self.churned[index], why)


def take_snapshots(
    facts: Mapping[str, Facts], churn: Churn, outcome: Outcome, dates: tuple[dt.date, ...],
    known_before: dt.date,
) -> Snapshots:  # fmt: skip
    """The snapshots of one bucket at every date.

    Args:
        facts: the facts by stream: `churn.streams`, and PAYMENTS if the source has payments.
        outcome: the outcome window of the labels.
        dates: the as-of dates.
        known_before: labels ignore facts known at or after this day; labels not mature by then are null.
    """
    dates = tuple(sorted(dates))
    moments = Moments.at(dates, outcome, known_before)
    decided = decide(facts, churn, moments)
    mature = np.array([outcome.mature_at(date) <= known_before for date in dates], bool)
    labels = np.where(mature, decided.left, np.nan)
    customer, date = np.nonzero(decided.eligible)
    why = None
    if PAYMENTS in facts:
        terms_of = facts[churn.stream] if churn.stream == "subscriptions" else None
        failed = involuntary(facts[PAYMENTS], decided, moments, terms_of)
        why = np.where(mature & decided.left, failed, np.nan)[decided.eligible]
    return Snapshots(customer, moments.as_of[date], labels[decided.eligible], why)


def decide(facts: Mapping[str, Facts], churn: Churn, moments: Moments) -> Decided:
    """Who is eligible and who left, by the kind of churn."""
    leading = facts[churn.stream]
    if isinstance(churn, Cancellation):
        return cancellation(leading, churn, moments)
    if isinstance(churn, Provided):
        return provided(facts, churn, moments)
    if isinstance(churn, SpendDrop):
        return spend_drop(leading, churn, moments)
    return inactivity(leading, churn, moments)

"""Split the as-of dates into training, validation and test, in the order of time and with an embargo.

A date trains a fit for a later date only if its label was mature on or before that date. Otherwise the label
would hold days that the later date's features have not seen, and overfitting would be rewarded.
"""

import dataclasses
import datetime as dt

from holdfast.timeline.outcome import Outcome

MOST_TESTS = 2  # with more, the tested fit would be much older than the model in use


@dataclasses.dataclass(frozen=True)
class Split:
    """Training dates and later validation dates, each oldest first."""

    train: tuple[dt.date, ...]
    valid: tuple[dt.date, ...]


@dataclasses.dataclass(frozen=True)
class Plan:
    """The use of each date.

    Attributes:
        folds: choose settings and calibrate; oldest validation date first, may be empty on a short log.
        test: None: no date is old enough to train for the last one, so that the model can be tested only on
            other customers, not on a later date.
        refit: all mature dates.
    """

    folds: tuple[Split, ...]
    test: Split | None
    refit: tuple[dt.date, ...]


def divide(dates: tuple[dt.date, ...], outcome: Outcome, *, test_dates: int | None, folds: int) -> Plan:
    """Split mature as-of dates into folds, test and refit; by default the last two of twelve dates test."""
    wanted = test_dates or max(1, min(MOST_TESTS, len(dates) // 6))
    for size in range(min(wanted, len(dates)), 0, -1):
        valid = dates[-size:]
        train = trainable(dates, valid[0], outcome)
        if train:
            test = Split(train, valid)
            plan = Plan(expanding_folds(train, outcome, folds), test, dates)
            check(plan, outcome)
            return plan
    return Plan((), None, dates)


def trainable(dates: tuple[dt.date, ...], valid: dt.date, outcome: Outcome) -> tuple[dt.date, ...]:
    """The dates whose labels were mature on or before the day `valid`."""
    return tuple(date for date in dates if outcome.mature_at(date) <= valid)


def expanding_folds(dates: tuple[dt.date, ...], outcome: Outcome, folds: int) -> tuple[Split, ...]:
    """One fold for each of the last dates with training dates, fitted on all of these."""
    splits = [Split(trainable(dates, date, outcome), (date,)) for date in dates]
    return tuple(split for split in splits if split.train)[-folds:]


def check(plan: Plan, outcome: Outcome) -> None:
    """Assert the embargo, derived anew from the outcome windows."""
    splits = [*plan.folds, *([plan.test] if plan.test else [])]
    for split in splits:
        for date in split.train:
            _, over = outcome.window(date)
            mature = over + dt.timedelta(days=outcome.grace_days + outcome.label_delay_days)
            if any(mature > valid for valid in split.valid):
                raise AssertionError(f"the label of {date} was not mature at {split.valid[0]}")
    if plan.test:
        for fold in plan.folds:
            if any(outcome.mature_at(date) > plan.test.valid[0] for date in fold.valid):
                raise AssertionError("a label of a fold was not mature at the first test date")

"""Which as-of dates train, which validate, which test: always in the order of time, with an embargo.

A date may train for another only when its label was mature on or before that other date: otherwise the
label would hold days that the other's features have not seen, and overfitting would be rewarded.
"""

import dataclasses
import datetime as dt

from holdfast.timeline.outcome import Outcome

MOST_TESTS = 2  # more would only make the judged fit older than the one in use


@dataclasses.dataclass(frozen=True)
class Split:
    """Dates to fit on and the later dates to valid on (each oldest first)."""

    train: tuple[dt.date, ...]
    valid: tuple[dt.date, ...]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What each date is for.

    `folds` choose and calibrate (oldest valid date first; may be empty on a short log), `test` is opened
    once, `refit` is everything mature. `test` is None when no date is old enough to train for the newest:
    then the model can only be judged on other customers, not on a later time.
    """

    folds: tuple[Split, ...]
    test: Split | None
    refit: tuple[dt.date, ...]


def divide(dates: tuple[dt.date, ...], outcome: Outcome, *, test_dates: int | None, folds: int) -> Plan:
    """Divide mature as-of dates into folds, test and refit; by default the last two dates of twelve test."""
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
    """The newest dates that have something to train on, each judged by a fit on all before it."""
    splits = [Split(trainable(dates, date, outcome), (date,)) for date in dates]
    return tuple(split for split in splits if split.train)[-folds:]


def check(plan: Plan, outcome: Outcome) -> None:
    """Derive the embargo again, from the windows themselves.

    Raises:
        AssertionError: a training label holds a day that a later judgement starts from (a bug).
    """
    splits = [*plan.folds, *([plan.test] if plan.test else [])]
    for split in splits:
        for date in split.train:
            _, over = outcome.window(date)
            known = over + dt.timedelta(days=outcome.grace_days + outcome.label_delay_days)
            if any(known > valid for valid in split.valid):
                raise AssertionError(f"the label of {date} was not mature at {split.valid[0]}")
    if plan.test:
        for fold in plan.folds:
            if any(outcome.mature_at(date) > plan.test.valid[0] for date in fold.valid):
                raise AssertionError("a fold is judged on labels that the test's days overlap")

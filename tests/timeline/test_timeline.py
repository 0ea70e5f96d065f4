"""The timeline: outcome windows, the grid of as-of dates, and the embargo between what trains and judges."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.timeline.grid import default_step_days, mature_dates
from holdfast.timeline.outcome import Outcome
from holdfast.timeline.plan import Plan, Split, check, divide, expanding_folds, trainable

DAY = dt.timedelta(days=1)
MONDAY = dt.date(2024, 1, 1)

outcomes = st.builds(
    Outcome,
    horizon_days=st.integers(1, 120),
    gap_days=st.integers(0, 30),
    grace_days=st.integers(0, 30),
    label_delay_days=st.integers(0, 10),
)


def every(days: int, count: int) -> tuple[dt.date, ...]:
    return tuple(MONDAY + days * DAY * place for place in range(count))


# --- outcome -------------------------------------------------------------------------------------------


def test_outcome_window_is_half_open_and_begins_after_the_gap() -> None:
    outcome = Outcome(horizon_days=14, gap_days=3)
    assert outcome.window(dt.date(2024, 2, 1)) == (dt.date(2024, 2, 4), dt.date(2024, 2, 18))


@pytest.mark.parametrize(
    ("outcome", "mature"),
    [
        (Outcome(14), dt.date(2024, 1, 15)),
        (Outcome(14, gap_days=3), dt.date(2024, 1, 18)),
        (Outcome(14, gap_days=3, grace_days=7), dt.date(2024, 1, 25)),
        (Outcome(14, gap_days=3, grace_days=7, label_delay_days=2), dt.date(2024, 1, 27)),
    ],
)
def test_label_is_mature_when_window_grace_and_delay_are_over(outcome: Outcome, mature: dt.date) -> None:
    assert outcome.mature_at(MONDAY) == mature


# --- grid ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("horizon", "step"), [(1, 7), (14, 7), (28, 14), (30, 14), (60, 28), (90, 42), (365, 182)]
)
def test_default_step_is_half_the_horizon_in_whole_weeks(horizon: int, step: int) -> None:
    assert default_step_days(horizon) == step


def test_grid_counts_back_in_steps_from_the_newest_mature_date() -> None:
    dates = mature_dates(dt.date(2023, 1, 1), dt.date(2024, 1, 1), Outcome(28), step_days=14, snapshots=3)
    assert dates == (dt.date(2023, 11, 6), dt.date(2023, 11, 20), dt.date(2023, 12, 4))


def test_newest_date_keeps_the_weekday_of_scoring() -> None:
    # 30 days are not whole weeks: five weeks back, not 30 days
    (date,) = mature_dates(dt.date(2023, 1, 1), MONDAY, Outcome(30), step_days=14, snapshots=1)
    assert date == MONDAY - 35 * DAY
    assert date.weekday() == MONDAY.weekday()


def test_oldest_date_has_a_horizon_of_history() -> None:
    dates = mature_dates(dt.date(2023, 11, 1), MONDAY, Outcome(14), step_days=7, snapshots=99)
    assert dates[0] == dt.date(2023, 11, 20)  # the Monday before would see less than 14 days
    assert dates[-1] == dt.date(2023, 12, 18)


@pytest.mark.parametrize(
    ("days_of_log", "expected"),
    [
        (14, ()),  # mature nowhere: a label would need the whole log
        (15, (MONDAY - 14 * DAY,)),
        (20, (MONDAY - 14 * DAY,)),  # a single date may stand on less than a horizon of history
        (28, (MONDAY - 14 * DAY,)),
        (35, (MONDAY - 21 * DAY, MONDAY - 14 * DAY)),
    ],
)
def test_short_logs(days_of_log: int, expected: tuple[dt.date, ...]) -> None:
    assert mature_dates(MONDAY - days_of_log * DAY, MONDAY, Outcome(14), step_days=7, snapshots=9) == expected


def test_weekday_is_given_up_before_the_only_date_is() -> None:
    # whole weeks would go back to the log's first day, before which nothing can be seen
    dates = mature_dates(MONDAY - 14 * DAY, MONDAY, Outcome(10), step_days=7, snapshots=9)
    assert dates == (MONDAY - 10 * DAY,)


def test_steps_beyond_the_calendar_end_the_grid() -> None:
    dates = mature_dates(dt.date(2020, 1, 1), MONDAY, Outcome(14), step_days=10**6, snapshots=400)
    assert dates == (MONDAY - 14 * DAY,)


@given(
    log_days=st.integers(0, 800), outcome=outcomes, step_days=st.integers(1, 90), snapshots=st.integers(1, 30)
)
def test_every_date_is_mature_and_has_seen_something(
    log_days: int, outcome: Outcome, step_days: int, snapshots: int
) -> None:
    first = MONDAY - log_days * DAY
    dates = mature_dates(first, MONDAY, outcome, step_days=step_days, snapshots=snapshots)
    assert len(dates) <= snapshots
    assert all(outcome.mature_at(date) <= MONDAY and date > first for date in dates)
    assert all(later - earlier == step_days * DAY for earlier, later in itertools.pairwise(dates))
    assert bool(dates) == (log_days > outcome.maturity_days)


# --- plan ----------------------------------------------------------------------------------------------


def test_no_dates_and_one_date_have_no_test() -> None:
    assert divide((), Outcome(14), test_dates=None, folds=3) == Plan((), None, ())
    assert divide(every(7, 1), Outcome(14), test_dates=None, folds=3) == Plan((), None, every(7, 1))


def test_two_dates_a_horizon_apart_make_a_test_without_folds() -> None:
    old, new = every(14, 2)
    plan = divide((old, new), Outcome(14), test_dates=None, folds=3)
    assert plan == Plan((), Split((old,), (new,)), (old, new))


def test_two_dates_closer_than_the_horizon_have_no_test() -> None:
    assert divide(every(7, 2), Outcome(14), test_dates=None, folds=3).test is None


def test_three_dates_make_one_fold() -> None:
    first, second, third = dates = every(14, 3)
    plan = divide(dates, Outcome(14), test_dates=None, folds=3)
    assert plan.test == Split((first, second), (third,))
    assert plan.folds == (Split((first,), (second,)),)


def test_step_shorter_than_the_horizon_leaves_dates_out_as_embargo() -> None:
    dates = every(7, 6)
    plan = divide(dates, Outcome(14), test_dates=1, folds=2)
    assert plan.test == Split(dates[:4], dates[5:])  # the label of dates[4] is not over at dates[5]
    assert plan.folds == (Split(dates[:1], dates[2:3]), Split(dates[:2], dates[3:4]))
    assert plan.refit == dates


def test_several_test_dates_are_embargoed_from_the_first() -> None:
    dates = every(7, 8)
    plan = divide(dates, Outcome(14), test_dates=3, folds=2)
    assert plan.test == Split(dates[:4], dates[5:])


def test_fewer_test_dates_rather_than_none() -> None:
    first, second = dates = every(14, 2)
    assert divide(dates, Outcome(14), test_dates=5, folds=1).test == Split((first,), (second,))


def test_one_in_six_dates_is_the_test_by_default() -> None:
    test = divide(every(14, 12), Outcome(14), test_dates=None, folds=3).test
    assert test is not None
    assert len(test.valid) == 2


def test_folds_are_the_newest_and_expand() -> None:
    dates = every(14, 6)
    assert expanding_folds(dates, Outcome(14), 2) == (
        Split(dates[:4], dates[4:5]),
        Split(dates[:5], dates[5:6]),
    )


def test_label_mature_on_the_very_day_may_train() -> None:
    old, new = every(14, 2)
    assert trainable((old, new), new, Outcome(14)) == (old,)
    assert trainable((old, new), new, Outcome(14, label_delay_days=1)) == ()


@given(
    outcome=outcomes,
    step_days=st.integers(1, 60),
    count=st.integers(0, 25),
    test_dates=st.none() | st.integers(1, 6),
    folds=st.integers(1, 5),
)
def test_no_plan_lets_a_label_see_what_it_is_judged_on(
    outcome: Outcome, step_days: int, count: int, test_dates: int | None, folds: int
) -> None:
    plan = divide(every(step_days, count), outcome, test_dates=test_dates, folds=folds)
    label_days = {  # every day that a label needs, grace and delay included, one by one
        date: {date + day * DAY for day in range(outcome.maturity_days)} for date in plan.refit
    }
    for split in [*plan.folds, *([plan.test] if plan.test else [])]:
        assert split.train
        assert split.valid
        assert all(day < split.valid[0] for date in split.train for day in label_days[date])
    if plan.test:
        judged = [date for fold in plan.folds for date in fold.valid]
        assert all(day < plan.test.valid[0] for date in judged for day in label_days[date])
        assert len(plan.folds) <= folds
    else:
        assert plan.folds == ()
        assert not any(outcome.mature_at(date) <= plan.refit[-1] for date in plan.refit)


def test_check_raises_on_a_broken_embargo() -> None:
    old, new = every(13, 2)
    with pytest.raises(AssertionError, match="not mature"):
        check(Plan((), Split((old,), (new,)), (old, new)), Outcome(14))
    first, second, third = every(14, 3)
    early = Split((first,), (second,))
    with pytest.raises(AssertionError, match="fold"):
        check(Plan((early,), Split((first,), (third - DAY,)), ()), Outcome(14))

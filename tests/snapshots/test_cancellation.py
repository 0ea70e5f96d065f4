"""Churn by cancellation, against a slow reading of the definition.

What the design leaves open is decided so:

- A contract with notice given does not make its customer eligible, another one running without notice does.
- The last running contract's end is that of the unbroken time under contract that holds the as-of date: a
  term that begins before the end, at it, or in `[end, end + grace)` goes on from it.
- Who left in the gap did not leave in the outcome window: not churned, as the words say.
- A version that another of the same subscription follows ended when that one began, whatever its row says
  later. A future end counts when it has come, not when it was agreed.
- An end that became known only after the as-of date leaves the customer eligible there; if nothing ran at the
  as-of date after all, nothing ended in the outcome window either: not churned.
- `min_history_days` count from the first start that was known.

Days count from 2024-01-01.
"""

import datetime as dt
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.snapshots.churn import Cancellation
from holdfast.snapshots.cohorts import take_snapshots
from holdfast.snapshots.moments import micros
from holdfast.streams.definitions import define
from holdfast.streams.facts import arrange

FIRST = dt.date(2024, 1, 1)
LATE = 10_000
CUSTOMERS = ("a", "b")


class Version(NamedTuple):
    """A row of `subscriptions`, times in days."""

    started: float
    ended: float | None = None
    noticed: float | None = None
    subscription: str = "s"
    customer: str = "a"
    known: float | None = None  # None: when it started


def moment(number: float | None) -> dt.datetime | None:
    return None if number is None else dt.datetime(2024, 1, 1) + dt.timedelta(days=number)  # noqa: DTZ001


def known_at(row: Version) -> float:
    return row.started if row.known is None else row.known


def snapshots(
    rows: Sequence[Version], *dates: int, horizon: int = 10, gap: int = 0, grace: int = 0, history: int = 0,
    known_before: int = LATE,
) -> dict[tuple[str, int], float]:  # fmt: skip
    """(customer, as-of day) → churned, NaN where immature."""
    times: dict[str, list[float | None]] = {
        "started_at": [row.started for row in rows],
        "cancelled_at": [row.noticed for row in rows],
        "ended_at": [row.ended for row in rows],
        "known_at": [known_at(row) for row in rows],
    }
    table = pa.table(
        {
            "customer_id": pa.array([row.customer for row in rows], pa.string()),
            "subscription_id": pa.array([row.subscription for row in rows], pa.string()),
            **{
                name: pa.array([moment(day) for day in days], pa.timestamp("us"))
                for name, days in times.items()
            },
        }
    )
    stream = define({"subscriptions": ibis.memtable(table)})["subscriptions"]
    facts = arrange(stream.stream, CONNECTION.to_pyarrow(stream.facts), pa.array(CUSTOMERS))
    churn = Cancellation(
        kind="cancellation", horizon_days=horizon, gap_days=gap, grace_days=grace, min_history_days=history
    )
    days = tuple(FIRST + dt.timedelta(days=date) for date in dates)
    taken = take_snapshots(
        {churn.stream: facts}, churn, churn.outcome(0), days, FIRST + dt.timedelta(days=known_before)
    )
    at = [int(as_of - micros(FIRST)) // 86_400_000_000 for as_of in taken.as_of]
    keys = [(CUSTOMERS[who], one) for who, one in zip(taken.customer, at, strict=True)]
    return dict(zip(keys, taken.churned.tolist(), strict=True))


CONNECTION = ibis.duckdb.connect()
NOT_ELIGIBLE: dict[tuple[str, int], float] = {}
STAYED, CHURNED = {("a", 100): 0.0}, {("a", 100): 1.0}


# --- who is eligible -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "eligible"),
    [
        (Version(10), True),
        (Version(99.99), True),
        (Version(100), False),  # begins at as_of
        (Version(10, known=100), False),  # not yet known
        (Version(10, ended=99.99), False),
        (Version(10, ended=100), True),  # ends at as_of: nobody knows before
        (Version(10, ended=90, known=100), False),
        (Version(10, ended=200), True),  # an end to come is known when it comes
        (Version(10, noticed=99.99), False),
        (Version(10, noticed=100), True),
        (Version(10, noticed=5), False),  # notice before the beginning
    ],
)
def test_eligible_is_whose_subscription_ran_without_notice(row: Version, *, eligible: bool) -> None:
    assert bool(snapshots([row], 100)) == eligible


def test_a_second_subscription_without_notice_keeps_its_customer_eligible() -> None:
    assert snapshots([Version(10, noticed=50, ended=104), Version(20, subscription="t")], 100) == STAYED


def test_history_counts_from_the_first_start() -> None:
    rows = [Version(40, ended=60), Version(80)]
    assert snapshots(rows, 100, history=60) == STAYED
    assert snapshots(rows, 100, history=61) == NOT_ELIGIBLE


# --- who churned ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "churned"), [(100, 0), (102.99, 0), (103, 1), (112.99, 1), (113, 0), (None, 0)]
)
def test_churned_is_whose_subscription_ended_in_the_outcome_window(end: float | None, churned: float) -> None:
    assert snapshots([Version(10, ended=end)], 100, horizon=10, gap=3) == {("a", 100): churned}


def test_two_subscriptions_count_by_the_last_to_end() -> None:
    first, second = Version(10, ended=104), Version(20, ended=108, subscription="t")
    assert snapshots([first, second], 100) == CHURNED
    assert snapshots([first, second._replace(ended=150)], 100) == STAYED


@pytest.mark.parametrize(
    ("renewed", "grace", "expected"),
    [
        (105, 0, STAYED),  # at the very end: no day without a contract
        (105.01, 0, CHURNED),
        (111.99, 7, STAYED),
        (112, 7, CHURNED),  # as all windows, those of grace are half-open
        (103, 0, STAYED),  # before the end
    ],
)
def test_a_new_subscription_within_grace_means_they_stayed(
    renewed: float, grace: int, expected: dict[tuple[str, int], float]
) -> None:
    rows = [Version(10, ended=105), Version(renewed, subscription="t")]
    assert snapshots(rows, 100, grace=grace) == expected


def test_a_renewal_that_ends_in_the_window_as_well_is_no_stay() -> None:
    assert snapshots([Version(10, ended=102), Version(103, ended=107)], 100, grace=2) == CHURNED


def test_a_plan_change_is_no_end() -> None:
    assert snapshots([Version(10), Version(105)], 100) == STAYED
    assert snapshots([Version(10, ended=105), Version(105)], 100) == STAYED
    assert snapshots([Version(10), Version(90, ended=105)], 100) == CHURNED


def test_a_plan_change_takes_the_old_versions_notice_away() -> None:
    assert snapshots([Version(10, noticed=80), Version(90)], 100) == STAYED


def test_labels_use_only_ends_that_were_known() -> None:
    rows = [Version(10, ended=105), Version(105.5, known=120, subscription="t")]
    assert snapshots(rows, 100, grace=2, known_before=120) == CHURNED
    assert snapshots(rows, 100, grace=2, known_before=121) == STAYED


def test_an_end_before_the_as_of_date_that_was_learned_later_is_not_in_the_window() -> None:
    # the row became known on day 101, and with it its end on day 90; before, an older row was all there was
    rows = [Version(10), Version(80, ended=90, known=101)]
    assert snapshots(rows, 100) == STAYED


@pytest.mark.parametrize(("known_before", "mature"), [(119, False), (120, True)])
def test_immature_labels_are_null(known_before: int, *, mature: bool) -> None:
    found = snapshots([Version(10, ended=105)], 100, horizon=10, gap=3, grace=7, known_before=known_before)
    np.testing.assert_equal(found, CHURNED if mature else {("a", 100): math.nan})


def test_a_bucket_without_subscriptions() -> None:
    assert snapshots([], 100) == NOT_ELIGIBLE


# --- the whole definition, read slowly ---------------------------------------------------------------------


class Term(NamedTuple):
    """From when to when a version ran, and when notice was given; infinity where not known."""

    started: float
    ended: float
    noticed: float


def terms_known(rows: list[Version], before: float) -> list[Term]:
    """The versions as they were known before a moment."""
    seen = [row for row in rows if max(row.started, known_at(row)) < before]

    def if_known(time: float | None, row: Version) -> float:
        happened = math.inf if time is None else max(time, row.started)
        return happened if max(happened, known_at(row)) < before else math.inf

    return [
        Term(
            row.started,
            min(
                [if_known(row.ended, row)]
                + [
                    other.started
                    for other in seen
                    if other.subscription == row.subscription and other.started > row.started
                ]
            ),
            if_known(row.noticed, row),
        )
        for row in seen
    ]


def end_of_contract(terms: list[Term], as_of: float, grace: float) -> float:
    """When the unbroken time under contract that holds `as_of` ended."""
    end = max((term.ended for term in terms if term.started < as_of <= term.ended), default=math.inf)
    while True:
        following = [
            term.ended
            for term in terms
            if term.started >= as_of and (term.started <= end or term.started < end + grace)
        ]
        if max(following, default=end) <= end:
            return end
        end = max(following)


@st.composite
def versions(draw: st.DrawFn) -> list[Version]:
    """Up to three versions of up to three contracts a customer, by half days."""
    rows = []
    for customer, subscription in itertools.product(CUSTOMERS, "stu"):
        for start in draw(st.lists(st.integers(0, 60), max_size=3, unique=True)):
            ended = draw(st.none() | st.integers(0, 40))
            noticed = draw(st.none() | st.none() | st.integers(-4, 40))
            known = draw(st.sampled_from([0, 0, 0, -3, 2, 15]))
            rows.append(
                Version(
                    start / 2,
                    None if ended is None else (start + ended) / 2,
                    None if noticed is None else (start + noticed) / 2,
                    subscription + customer,
                    customer,
                    (start + known) / 2,
                )
            )
    return rows


@settings(max_examples=150)
@given(
    rows=versions(), as_of=st.integers(1, 30), horizon=st.integers(1, 12), gap=st.integers(0, 4),
    grace=st.integers(0, 6), history=st.integers(0, 10), known=st.integers(15, 70),
)  # fmt: skip
def test_snapshots_equal_a_reading_of_the_definition(
    rows: list[Version], as_of: int, horizon: int, gap: int, grace: int, history: int, known: int
) -> None:
    expected = {}
    for customer in CUSTOMERS:
        own = [row for row in rows if row.customer == customer]
        visible = terms_known(own, as_of)
        running = any(term.ended >= as_of and term.noticed >= as_of for term in visible)
        if running and min(term.started for term in visible) <= as_of - history:
            start, over = as_of + gap, as_of + gap + horizon
            end = end_of_contract(terms_known(own, known), as_of, grace)
            expected[customer, as_of] = float(start <= end < over) if over + grace <= known else math.nan
    found = snapshots(rows, as_of, horizon=horizon, gap=gap, grace=grace, history=history, known_before=known)
    np.testing.assert_equal(found, expected)

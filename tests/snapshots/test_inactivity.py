"""Churn by inactivity: who is eligible, who churned, and what labels may know. Days count from 2024-01-01."""

import datetime as dt
from collections.abc import Sequence

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.snapshots.churn import Inactivity
from holdfast.snapshots.cohorts import take_snapshots
from holdfast.snapshots.moments import micros
from holdfast.streams.definitions import define
from holdfast.streams.facts import Facts, arrange

FIRST = dt.date(2024, 1, 1)
LATE = 10_000  # a day on which everything is known
CUSTOMERS = ("a", "b")

Row = tuple[str, float, float, float]  # customer, day it occurred, day it was known, amount


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def moment(number: float) -> dt.datetime:
    return dt.datetime(2024, 1, 1) + dt.timedelta(days=number)  # noqa: DTZ001  # wall-clock


TABLE = ibis.table(
    {
        "customer_id": "string", "transaction_id": "string", "occurred_at": "timestamp(6)",
        "known_at": "timestamp(6)", "amount": "float64",
    },
    name="transactions",
)  # fmt: skip


def purchases(rows: Sequence[Row]) -> Facts:
    """The facts of rows, made as the stream's definition makes them (kinds: 0 purchase, 1 refund, 2 free)."""
    stream = define({"transactions": TABLE})["transactions"]
    table = pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "occurred_at": pa.array([moment(row[1]) for row in rows], pa.timestamp("us")),
            "known_at": pa.array([moment(row[2]) for row in rows], pa.timestamp("us")),
            "kind": pa.array([0 if row[3] > 0 else 1 if row[3] < 0 else 2 for row in rows], pa.int8()),
            "amount": pa.array([row[3] for row in rows], pa.float64()),
            "order_key": pa.array(range(len(rows)), pa.int64()),
        }
    )
    return arrange(stream.stream, table, pa.array(CUSTOMERS))


def snapshots(
    rows: Sequence[Row], *dates: int, horizon: int = 10, gap: int = 0, active: int = 30, history: int = 0,
    delay: int = 0, known_before: int = LATE,
) -> dict[tuple[str, int], float]:  # fmt: skip
    """(customer, as-of day) → churned, NaN where immature."""
    churn = Inactivity(
        kind="inactivity",
        horizon_days=horizon,
        gap_days=gap,
        active_within_days=active,
        min_history_days=history,
    )
    taken = take_snapshots(
        {"transactions": purchases(rows)},
        churn,
        churn.outcome(delay),
        tuple(day(date) for date in dates),
        day(known_before),
    )
    days = [int(as_of - micros(FIRST)) // 86_400_000_000 for as_of in taken.as_of]
    keys = [(CUSTOMERS[who], at) for who, at in zip(taken.customer, days, strict=True)]
    assert keys == sorted(keys)
    return dict(zip(keys, taken.churned.tolist(), strict=True))


def bought(on: float, known: float | None = None, amount: float = 1.0, customer: str = "a") -> Row:
    return (customer, on, on if known is None else known, amount)


@pytest.mark.parametrize(
    ("row", "eligible"),
    [
        (bought(99.99), True),
        (bought(100), False),  # at as_of: nobody knows yet
        (bought(70), True),  # the window's first moment belongs to it
        (bought(69.99), False),
        (bought(80, known=100), False),  # it happened, but arrived too late
        (bought(40, known=80), True),  # what counts is when it was known
        (bought(80, amount=-1.0), False),  # a refund is no purchase
        (bought(80, amount=0.0), False),
    ],
)
def test_eligible_is_who_was_known_to_buy_lately(row: Row, *, eligible: bool) -> None:
    assert bool(snapshots([row], 100, active=30)) == eligible


@pytest.mark.parametrize(("first", "eligible"), [(50, True), (50.01, False)])
def test_eligible_needs_history(first: float, *, eligible: bool) -> None:
    assert bool(snapshots([bought(first), bought(90)], 100, history=50)) == eligible


def test_history_begins_when_the_customer_was_first_known() -> None:
    assert snapshots([bought(10, known=60), bought(90)], 100, history=50) == {}


@pytest.mark.parametrize(
    ("row", "churned"),
    [
        (bought(103), 0),  # the first moment of the outcome window
        (bought(112.99), 0),
        (bought(102.99), 1),  # in the gap
        (bought(113), 1),  # after the window
        (bought(105, amount=-1.0), 1),
        (bought(105, amount=0.0), 1),
        (bought(105, known=200), 0),  # late, but it did occur in the window
    ],
)
def test_churned_is_who_bought_nothing_in_the_outcome_window(row: Row, churned: float) -> None:
    assert snapshots([bought(90), row], 100, horizon=10, gap=3) == {("a", 100): churned}


def test_labels_use_only_what_was_known() -> None:
    rows = [bought(90), bought(105, known=111)]
    assert snapshots(rows, 100, horizon=10, known_before=111) == {("a", 100): 1.0}
    assert snapshots(rows, 100, horizon=10, known_before=112) == {("a", 100): 0.0}


@pytest.mark.parametrize(("known_before", "mature"), [(114, False), (115, True)])
def test_immature_labels_are_null_even_of_those_who_bought(known_before: int, *, mature: bool) -> None:
    found = snapshots([bought(90), bought(104)], 100, horizon=10, gap=3, delay=2, known_before=known_before)
    np.testing.assert_equal(found, {("a", 100): 0.0 if mature else np.nan})


def test_one_row_a_customer_and_date() -> None:
    rows = [bought(90), bought(91), bought(104), bought(104, customer="b")]
    assert snapshots(rows, 110, 100) == {("a", 100): 0.0, ("a", 110): 1.0, ("b", 110): 1.0}


def test_nobody_eligible() -> None:
    assert snapshots([], 100) == {}


rows = st.lists(
    st.builds(
        lambda who, on, late, amount: (who, on / 2, (on + late) / 2, amount),
        st.sampled_from(CUSTOMERS),
        st.integers(0, 60),
        st.sampled_from([0, 0, 0, 1, 7, 30]),
        st.sampled_from([5.0, 5.0, -5.0, 0.0]),
    ),
    max_size=12,
)


@given(
    rows=rows, as_of=st.integers(1, 30), horizon=st.integers(1, 12), gap=st.integers(0, 4),
    active=st.integers(1, 25), history=st.integers(0, 15), delay=st.integers(0, 3), known=st.integers(10, 60),
)  # fmt: skip
def test_snapshots_equal_a_reading_of_the_definition(
    rows: list[Row], as_of: int, horizon: int, gap: int, active: int, history: int, delay: int, known: int
) -> None:
    expected = {}
    for customer in CUSTOMERS:
        purchases_of = [(on, seen) for who, on, seen, amount in rows if who == customer and amount > 0]
        recent = any(as_of - active <= seen < as_of for _, seen in purchases_of)
        old = any(seen <= as_of - history for _, seen in purchases_of)
        if recent and old:
            start, over = as_of + gap, as_of + gap + horizon
            again = any(start <= on < over for on, seen in purchases_of if seen < known)
            expected[customer, as_of] = float(not again) if over + delay <= known else np.nan
    found = snapshots(
        rows, as_of, horizon=horizon, gap=gap, active=active, history=history, delay=delay, known_before=known
    )
    np.testing.assert_equal(found, expected)

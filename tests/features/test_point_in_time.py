"""No feature sees the future: over random logs with late rows, for every family in the list."""

import datetime as dt
from typing import Any

import pandas as pd
from hypothesis import find, given, settings
from hypothesis import strategies as st
from tests.features.extra import EXTRA
from tests.features.logs import Row, day, features

from holdfast.contracts.tables import CONTRACTS
from holdfast.features.families import FAMILIES

DATES = (30, 61)
days = st.integers(0, 90).map(float) | st.floats(0, 90).map(lambda number: round(number, 3))
delays = st.sampled_from([0.0, 0.0, 0.0, 0.4, 7.0, 40.0])
some = st.sampled_from


@st.composite
def transactions(draw: st.DrawFn) -> Row:
    """A line, sometimes late, sometimes a refund."""
    at = draw(days)
    return {
        "customer_id": draw(some(["a", "b", "c"])),
        "transaction_id": draw(some(["1", "2", "3", "4"])),
        "occurred_at": day(at),
        "known_at": day(at + draw(delays)),
        "amount": draw(some([10.0, 2.5, 0.0, -4.0])),
        "quantity": draw(some([1.0, 3.0, None])),
        "discount": draw(some([0.0, 1.5])),
        "product_id": draw(some(["tea", "jam"])),
        "category": draw(some(["x", "y"])),
        "channel": draw(some(["web", "shop"])),
    }


@st.composite
def tickets(draw: st.DrawFn) -> Row:
    """A ticket whose later facts may or may not have come."""
    at = draw(days)

    def later() -> Any:
        return draw(st.none() | st.floats(0, 50).map(lambda more: day(at + round(more, 2))))

    return {
        "customer_id": draw(some(["a", "b"])),
        "ticket_id": str(draw(st.integers(0, 10**6))),
        "opened_at": day(at),
        "known_at": day(at + draw(delays)),
        "first_response_at": later(),
        "resolved_at": later(),
        "reopened_at": later(),
        "csat": draw(some([1.0, 4.0, None])),
        "csat_at": day(at + draw(some([1.0, 20.0]))),
        "category": draw(some(["late", "broken"])),
        "priority": draw(some(["high", "low", "odd"])),
        "channel": draw(some(["mail", "phone"])),
    }


@st.composite
def contacts(draw: st.DrawFn) -> Row:
    """A contact, with or without a response."""
    at = draw(days)
    response = draw(st.none() | st.just(day(at + 3)))
    who = draw(some(["a", "b"]))
    return {
        "customer_id": who,
        "contacted_at": day(at),
        "channel": draw(some(["call", "mail"])),
        "campaign": "c",
        "response_at": response,
    }


@st.composite
def subscriptions(draw: st.DrawFn) -> Row:
    """A plan version, with or without notice and end."""
    at = draw(days)
    return {
        "customer_id": draw(some(["a", "b"])),
        "subscription_id": draw(some(["s", "t"])),
        "started_at": day(at),
        "plan": draw(some(["small", "large"])),
        "monthly_value": draw(some([10.0, 20.0])),
        "renews_at": day(at + 60),
        "cancelled_at": draw(st.none() | st.just(day(at + 20))),
        "ended_at": draw(st.none() | st.just(day(at + 40))),
    }


@st.composite
def customers(draw: st.DrawFn) -> Row:
    """A description that holds from a day on."""
    at = draw(days)
    who = draw(some(["a", "b", "c"]))
    return {
        "customer_id": who,
        "signed_up_at": day(0),
        "valid_from": day(at),
        "segment": draw(some(["home", "office"])),
    }


@st.composite
def surveys(draw: st.DrawFn) -> Row:
    """An answer to one of three kinds of survey, sometimes known late."""
    at = draw(days)
    return {
        "customer_id": draw(some(["a", "b"])),
        "answered_at": day(at),
        "known_at": day(at + draw(delays)),
        "kind": draw(some(["nps", "csat", "ces"])),
        "score": draw(some([0.0, 3.0, 5.0])),
    }


@st.composite
def uses(draw: st.DrawFn) -> Row:
    """A use, once or several times, often known only later."""
    at = draw(days)
    return {
        "customer_id": draw(some(["a", "b"])),
        "occurred_at": day(at),
        "known_at": day(at + draw(delays)),
        "event": draw(some(["visit", "login"])),
        "quantity": draw(some([None, 1.0, 4.0])),
    }


@st.composite
def payments(draw: st.DrawFn) -> Row:
    """An attempt to charge, known at once or late; a failed one may be tried again."""
    at = draw(days)
    status = draw(some(["succeeded", "failed"]))
    return {
        "customer_id": draw(some(["a", "b"])),
        "payment_id": draw(some(["p", "q"])),
        "attempted_at": day(at),
        "known_at": day(at + draw(delays)),
        "status": status,
        "amount": draw(some([9.0, 29.0])),
        "failure_code": "expired" if status == "failed" else None,
        "subscription_id": draw(some(["s", "t"])),
        "next_attempt_at": day(at + 3) if status == "failed" and draw(st.booleans()) else None,
    }


def several(rows: st.SearchStrategy[Row], most: int) -> st.SearchStrategy[list[Row]]:
    """One to a few rows."""
    return st.lists(rows, min_size=1, max_size=most)


ROWS = {
    "transactions": (transactions(), 25),
    "tickets": (tickets(), 12),
    "contacts": (contacts(), 4),
    "subscriptions": (subscriptions(), 4),
    "customers": (customers(), 4),
    "surveys": (surveys(), 6),
    "usage": (uses(), 8),
    "payments": (payments(), 6),
}
logs = st.fixed_dictionaries({name: several(rows, most) for name, (rows, most) in ROWS.items()})
WINDOWS = (7, 30, 60)


def computed(log: dict[str, list[Row]], *dates: float) -> pd.DataFrame:
    """All features of a log."""
    families = (*FAMILIES, EXTRA)
    frame = features(log, *(dates or DATES), attributes=("segment",), windows=WINDOWS, families=families)
    texts = frame.select_dtypes("category").columns  # codes may differ, what they stand for may not
    return frame.assign(**{str(name): frame[name].astype(object) for name in texts})


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Bit-identical, for the customers and dates that both have."""
    index = left.index.intersection(right.index)
    assert len(index)
    pd.testing.assert_frame_equal(left.loc[index], right.loc[index], check_exact=True)


ATTEMPT = {"payment_id": "0", "status": "succeeded", "amount": 9.0}
LATER = (
    "first_response_at",
    "resolved_at",
    "reopened_at",
    "csat_at",
    "response_at",
    "cancelled_at",
    "ended_at",
)


def without_future(rows: list[Row], date: float) -> list[Row]:
    """What was known before a date: later rows gone, later facts of earlier rows blank."""
    now = day(date)
    event = ("known_at", *(contract.event for contract in CONTRACTS.values() if contract.event), "valid_from")
    kept = [row for row in rows if all(row[name] < now for name in event if row.get(name) is not None)]
    return [
        {
            name: None if name in LATER and value is not None and value >= now else value
            for name, value in row.items()
        }
        for row in kept
    ]


@settings(max_examples=15)
@given(logs)
def test_deleting_the_future_changes_nothing(log: dict[str, list[Row]]) -> None:
    date = DATES[0]
    # each customer and table keeps an anchor, so that both logs have the same customers, streams and columns
    anchors = {
        "transactions": [
            {"customer_id": who, "transaction_id": "0", "occurred_at": day(0), "amount": 1.0} for who in "abc"
        ],
        "tickets": [{"customer_id": "a", "ticket_id": "0", "opened_at": day(0)}],
        "contacts": [{"customer_id": "a", "contacted_at": day(0)}],
        "subscriptions": [{"customer_id": "a", "subscription_id": "0", "started_at": day(0)}],
        "customers": [{"customer_id": "a", "valid_from": day(0), "segment": "home"}],
        "surveys": [{"customer_id": "a", "answered_at": day(0), "kind": "nps", "score": 9.0}],
        "usage": [{"customer_id": "a", "occurred_at": day(0), "event": "visit"}],
        "payments": [{**ATTEMPT, "customer_id": "a", "attempted_at": day(0)}],
    }
    columns = {name: {column: None for row in rows for column in row} for name, rows in log.items()}
    whole = {name: [{**columns[name], **row} for row in anchors[name]] + rows for name, rows in log.items()}
    past = {
        name: [{**columns[name], **row} for row in anchors[name]] + without_future(rows, date)
        for name, rows in log.items()
    }
    same(computed(whole, date), computed(past, date))


@settings(max_examples=10)
@given(logs, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(log: dict[str, list[Row]], random: Any) -> None:
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in log.items()}
    same(computed(log), computed(shuffled))


@settings(max_examples=10)
@given(logs)
def test_other_customers_change_nothing(log: dict[str, list[Row]]) -> None:
    """A bucket of one customer gives what a bucket of all gives.

    Two things are the company's: the first day of each stream, and each product's first known price; an
    anchor of a fourth customer fixes both.
    """
    prices = [
        {
            "customer_id": "z",
            "transaction_id": product,
            "occurred_at": day(-1),
            "amount": 5.0,
            "quantity": 1.0,
            "product_id": product,
        }
        for product in ("tea", "jam")
    ]
    firsts: dict[str, list[Row]] = {
        "transactions": prices,
        "tickets": [{"customer_id": "z", "ticket_id": "z", "opened_at": day(-1)}],
        "contacts": [{"customer_id": "z", "contacted_at": day(-1)}],
        "subscriptions": [{"customer_id": "z", "subscription_id": "z", "started_at": day(-1)}],
        "customers": [{"customer_id": "z", "valid_from": day(-1), "signed_up_at": day(-1)}],
        "surveys": [{"customer_id": "z", "answered_at": day(-1), "kind": "nps", "score": 9.0}],
        "usage": [{"customer_id": "z", "occurred_at": day(-1), "event": "visit"}],
        "payments": [{**ATTEMPT, "customer_id": "z", "attempted_at": day(-1)}],
    }
    columns = {name: {column: None for row in rows for column in row} for name, rows in log.items()}

    def anchored(rows: list[Row], name: str) -> list[Row]:
        return [{**columns[name], **row} for row in firsts[name]] + rows

    whole = {name: anchored(rows, name) for name, rows in log.items()}
    alone = {
        name: anchored([row for row in rows if row["customer_id"] == "a"], name) for name, rows in log.items()
    }
    same(computed(whole), computed(alone))


def moved(log: dict[str, list[Row]], weeks: int) -> dict[str, list[Row]]:
    """The same log some weeks later, no two facts of a table at one moment.

    Facts of one moment are put in order by all their values, of which some are times: a shift may turn them.
    """
    return {
        name: [
            {
                column: value + dt.timedelta(weeks=weeks, seconds=place)
                if isinstance(value, dt.datetime)
                else value
                for column, value in row.items()
            }
            for place, row in enumerate(rows)
        ]
        for name, rows in log.items()
    }


@settings(max_examples=10)
@given(logs, st.integers(1, 60))
def test_whole_weeks_later_all_is_the_same(log: dict[str, list[Row]], weeks: int) -> None:
    """Bit for bit: ages, gaps and hours are differences of whole microseconds, which no shift rounds."""
    now, later = computed(moved(log, 0)), computed(moved(log, weeks), *(date + 7 * weeks for date in DATES))
    pd.testing.assert_frame_equal(now, later.set_axis(now.index), check_exact=True)


def test_every_family_is_among_what_is_computed() -> None:
    """The tests above would say nothing of a family that the random logs have no table or column for."""
    columns = computed({name: [find(rows, lambda _: True)] for name, (rows, _) in ROWS.items()}).columns
    for family in (*FAMILIES, EXTRA):
        wanted = {f"{family.name}__{feature.name}" for feature in family.features}
        assert wanted <= {column.rpartition("__")[0] for column in columns}

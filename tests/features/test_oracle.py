"""The generated scans against an independent one in plain Python: slow, obvious, and written from the words.

What it takes over is the order of facts of one moment, and which facts have an equal key; both have tests of
their own (`tests/streams/test_facts.py`).
"""

import datetime as dt
import functools
import math
import operator
import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.features.extra import EXTRA, TIMES
from tests.features.logs import Row, arranged, day, first_days, streams_of, values_of
from tests.features.test_point_in_time import (
    contacts,
    customers,
    subscriptions,
    surveys,
    tickets,
    transactions,
    uses,
)  # fmt: skip

from holdfast.engine.engine import Engine
from holdfast.features import compute
from holdfast.features.expressions import (
    ALL_HISTORY,
    Arithmetic,
    ByDays,
    Constant,
    Expression,
    Measure,
    OverWindow,
    PreviousWindow,
    Std,
    WindowDays,
)
from holdfast.features.families import FAMILIES
from holdfast.features.plan import Column, Plan, plan_features
from holdfast.features.selection import Condition, KeyRule, Selection
from holdfast.features.values import Operation, Read
from holdfast.snapshots.moments import micros
from holdfast.streams.clock import DAY
from holdfast.streams.facts import Facts

WINDOWS = (7, 30, 60)
NULL = math.nan
OPERATORS = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip

Floats = NDArray[np.float64]
FirstDays = dict[str, dict[int, int]]


class Fact:
    """One fact of one customer."""

    def __init__(self, facts: Facts, place: int) -> None:
        self.at, self.known = int(facts.occurred_at[place]), int(facts.known_at[place])
        self.moment = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=self.at)  # noqa: DTZ001  # wall-clock
        self.kind = facts.kinds[int(facts.kind[place]).bit_length() - 1]
        self.numbers: dict[str, float] = dict(
            zip(facts.number_names, facts.numbers[:, place].tolist(), strict=True)
        )
        self.values: dict[str, float | str] = self.numbers | {
            name: texts[int(self.numbers[name])]
            for name, texts in facts.levels.items()
            if not math.isnan(self.numbers[name])
        }
        self.keys: dict[str, Any] = {name: sharing(facts, name, place) for name in facts.key_names}
        self.keys |= {
            "day": self.moment.date(),
            "weekday": self.moment.isoweekday(),
            "hour": self.moment.hour,
        }


def sharing(facts: Facts, key: str, place: int) -> int | None:
    """A number that facts of an equal key share: the place of the oldest; None where the key is null."""
    older = facts.older[facts.key_names.index(key)]
    if older[place] < -1:
        return None
    while older[place] >= 0:
        place = older[place]
    return place


class Oracle:
    """What features mean, for the facts of all streams of one bucket.

    `observed_days`: for how many days before the as-of date the streams of a column were observed.
    """

    observed_days = 0.0

    def __init__(self, facts: dict[str, Facts]) -> None:
        self.facts = {
            kind: [
                [Fact(one, place) for place in range(one.start[customer], one.start[customer + 1])]
                for customer in range(len(one.start) - 1)
            ]
            for one in facts.values()
            for kind in one.kinds
        }
        self.taken = functools.cache(self.take)

    def visible(self, selection: Selection, customer: int, now: int) -> list[Fact]:
        """The facts of its kinds and conditions that were known before a moment, oldest first."""
        own = self.facts[selection.kinds[0]][customer]
        known = [one for one in own if one.at < now and one.known < now and one.kind in selection.kinds]
        return [one for one in known if all(fulfils(one, condition) for condition in selection.conditions)]

    def take(self, selection: Selection, customer: int, now: int) -> list[tuple[Fact, list[Fact]]]:
        """The visible facts that a selection takes, newest first, each with the older ones of its key."""
        visible = self.visible(selection, customer, now)
        since = -math.inf
        if selection.since is not None:
            since = max((one.at for one, _ in self.taken(selection.since, customer, now)), default=since)
        found = []
        for position, fact in enumerate(visible):
            ended = selection.until is not None and fact.numbers[selection.until] < now
            if ended or fact.at <= since:
                continue
            key = fact.keys[selection.key] if selection.key else None
            if selection.key_rule != KeyRule.NONE and key is None:
                continue
            before, after = (
                [one for one in some if selection.key and one.keys[selection.key] == key]
                for some in (visible[:position], visible[position + 1 :])
            )
            wanted = {
                KeyRule.NONE: True,
                KeyRule.DISTINCT: not after,
                KeyRule.FIRST: not before,
                KeyRule.REPEATED: bool(before) and fact.at - before[-1].at <= selection.within_days * DAY,
            }
            if wanted[selection.key_rule]:
                found.append((fact, before))
        return found[::-1]

    def read(self, measure: Measure, customer: int, now: int) -> list[tuple[float, float]]:
        """(age in days, value) of every taken fact whose value is not null, newest first."""
        taken = self.taken(measure.selection, customer, now)
        found = []
        for place, (fact, before) in enumerate(taken):
            newer = taken[place - 1][0] if place else None
            value = read(measure, fact, before, newer, now)
            if not math.isnan(value):
                found.append(((now - fact.at) / DAY, value))
        return found

    def within(self, measure: Measure, customer: int, now: int, days: int, skip: int = 0) -> list[float]:
        """The values aged over `skip` (0: from the newest on) up to `days` days; ALL_HISTORY: however old."""
        read = self.read(measure, customer, now)
        return [
            value for age, value in read if (days == ALL_HISTORY or age <= days) and (skip == 0 or age > skip)
        ]

    def value(  # noqa: PLR0911  # one return for each kind of expression
        self, expression: Expression, customer: int, now: int, days: int
    ) -> float:
        """The value of an expression over the last `days`."""
        match expression:
            case Constant():
                return expression.value
            case WindowDays():
                return min(float(days), self.observed_days)
            case Measure():
                return reduce(expression.operation, self.within(expression, customer, now, days))
            case Std():
                numbers = self.within(expression.count, customer, now, days)
                return statistics.stdev(numbers) if len(numbers) > 1 else NULL
            case PreviousWindow() if days == ALL_HISTORY:
                return NULL
            case PreviousWindow():
                earlier = self.within(expression.measure, customer, now, 2 * days, skip=days)
                return reduce(expression.measure.operation, earlier)
            case ByDays():
                return self.value(expression.make(days), customer, now, ALL_HISTORY)
            case OverWindow():
                return self.value(expression.value, customer, now, expression.days)
            case Arithmetic():
                left, right = (
                    self.value(part, customer, now, days) for part in (expression.left, expression.right)
                )
                return calculate(expression.operator, left, right)
        raise NotImplementedError(expression)


def read(measure: Measure, fact: Fact, before: list[Fact], newer: Fact | None, now: int) -> float:
    """The value that a measure takes from a fact, given the older ones of its key and the next one taken."""
    column = measure.value.column
    if column is None:
        moment = fact.moment
        gap = NULL if newer is None else (newer.at - fact.at) / DAY
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return {
            Read.ONE: 1.0,
            Read.AGE: (now - fact.at) / DAY,
            Read.GAP: gap,
            Read.GAP_BEYOND: gap - measure.value.days if gap > measure.value.days else 0.0,
            Read.HOUR: (moment - midnight) / dt.timedelta(hours=1),
            Read.WEEKDAY: float(moment.weekday()),
            Read.WEEKEND: float(moment.weekday() >= 5),
        }[measure.value.read]
    value = fact.numbers[column]
    if measure.value.read == Read.DAYS_SINCE:
        return (now - value) / DAY
    if measure.value.read == Read.RATIO:
        return calculate("/", value, before[-1].numbers[column])
    if measure.value.read == Read.PRICE_RATIO:
        ratio = calculate("/", value, before[-1].numbers[column])
        pieces = [one.numbers[str(measure.value.quantity)] for one in (before[-1], fact)]
        dearer_as_fewer = ratio > 1 and pieces[1] < pieces[0]
        cheaper_as_more = ratio < 1 and pieces[1] > pieces[0]
        return NULL if dearer_as_fewer or cheaper_as_more else ratio
    if measure.value.read == Read.TOTAL:
        together = [one.numbers[column] for one in (fact, *before)]
        return math.fsum(known for known in together if not math.isnan(known))
    return value


def fulfils(fact: Fact, condition: Condition) -> bool:
    """Whether a fact fulfils a condition; null fulfils none."""
    value = fact.values[condition.column]
    if value != value:
        return False
    return any(OPERATORS[condition.operator](value, constant) for constant in condition.constants)


def reduce(operation: Operation, numbers: list[float]) -> float:
    """What a measure makes of its values, newest first."""
    if operation == Operation.SUM:
        return math.fsum(numbers)
    if operation == Operation.COUNT:
        return float(len(numbers))
    if not numbers:
        return NULL
    extremes = {Operation.MAX: max(numbers), Operation.MIN: min(numbers)}
    return {**extremes, Operation.LAST: numbers[0], Operation.FIRST: numbers[-1]}[operation]


def calculate(sign: str, left: float, right: float) -> float:
    """Two numbers joined; nothing is divided by 0."""
    if sign == "/":
        return left / right if right else NULL
    if sign == ">":
        return NULL if math.isnan(left) or math.isnan(right) else float(left > right)
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


def exactly(plan: Plan, facts: dict[str, Facts], rows: compute.Rows, first: FirstDays) -> dict[str, Floats]:
    """What is computed of every column, before it is rounded to float32."""
    found: dict[str, Floats] = {}
    evaluate = compute.evaluate

    def noting(column: Column, *rest: Any) -> Floats:
        found[column.name] = np.broadcast_to(evaluate(column, *rest), len(rows.customer))
        return found[column.name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compute, "evaluate", noting)
        compute.compute(plan, facts, rows, first)
    return found


def check(
    tables: dict[str, list[Row]], numbers: tuple[int, ...] = (10, 45, 100), engine: Engine | None = None
) -> int:
    """Every column of every customer and date, on an engine; returns how many columns there are."""
    streams = streams_of(tables, ("segment",) if "customers" in tables else ())
    _, facts = arranged(streams, engine)
    dates = [day(number).date() for number in numbers]
    customers = len(next(iter(facts.values())).start) - 1
    now = np.array([micros(date) for date in dates], np.int64)
    rows = compute.Rows(np.repeat(np.arange(customers), len(dates)), np.tile(now, customers))
    plan = plan_features((*FAMILIES, EXTRA, TIMES), values_of(streams), WINDOWS, horizon_days=20)
    first, oracle = first_days(facts, dates), Oracle(facts)
    found = exactly(plan, facts, rows, first)
    for column in plan.columns:
        since = [first[stream] for stream in column.streams]
        wanted = []
        for customer, date in zip(rows.customer.tolist(), rows.as_of.tolist(), strict=True):
            oracle.observed_days = (date - max(days.get(date, date) for days in since)) / DAY
            value = oracle.value(column.value, customer, date, column.days)
            wanted.append(NULL if unseen(column, oracle.observed_days) else value)
        np.testing.assert_allclose(found[column.name], wanted, rtol=1e-9, atol=1e-9, err_msg=column.name)
    return len(plan.columns)


def unseen(column: Column, observed_days: float) -> bool:
    """Whether a window of the column ends before the first day of a stream that it reads."""
    return column.days != ALL_HISTORY and observed_days <= column.value.unobserved_from(column.days)


def few(rows: st.SearchStrategy[Row], most: int) -> st.SearchStrategy[list[Row]]:
    """One row or a few more."""
    return st.lists(rows, min_size=1, max_size=most)


@settings(max_examples=12)
@given(
    few(transactions(), 30), few(tickets(), 12), few(contacts(), 5), few(surveys(), 6), few(uses(), 8),
    few(subscriptions(), 5), few(customers(), 4),
)  # fmt: skip
def test_the_scans_agree_with_plain_python(
    lines: list[Row], opened: list[Row], made: list[Row], answered: list[Row], used: list[Row],
    versions: list[Row], described: list[Row],
) -> None:  # fmt: skip
    tables = {"transactions": lines, "tickets": opened, "contacts": made, "surveys": answered, "usage": used}
    assert check({**tables, "subscriptions": versions, "customers": described}) > 440


def test_the_oracle_itself_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a row that is known late: a look at it too early is told apart."""
    late = {"transaction_id": "1", "occurred_at": day(5), "known_at": day(50), "amount": 3.0}
    tables = {"transactions": [late, {**late, "transaction_id": "2", "known_at": day(6), "amount": 4.0}]}
    check(tables)
    seen = Oracle.visible
    monkeypatch.setattr(
        Oracle, "visible", lambda self, one, customer, now: seen(self, one, customer, 10 * now)
    )
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check(tables)

"""The compiled walk against an independent one in plain Python: slow, obvious, and written from the words."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.logs import arranged, day, streams_of
from tests.features.test_point_in_time import tickets, transactions

from holdfast.features import walk
from holdfast.features.compute import Rows, Segments, walk_block
from holdfast.features.expressions import LIFE, Measure
from holdfast.features.families import FAMILIES
from holdfast.features.plan import StreamPlan, orders, plan_features
from holdfast.snapshots.cohorts import micros
from holdfast.streams.facts import DAY, Facts

WINDOWS = (7, 30, 60)


class Fact:
    """One fact of one customer."""

    def __init__(self, facts: Facts, place: int) -> None:
        self.at, self.known = int(facts.occurred_at[place]), int(facts.known_at[place])
        self.kind = facts.kinds[int(facts.kind[place]).bit_length() - 1]
        self.numbers: dict[str, float] = dict(
            zip(facts.number_names, facts.numbers[:, place].tolist(), strict=True)
        )
        self.place = place


def expected(
    facts: Facts, keys: dict[str, list[int]], measure: Measure, customer: int, now: int, days: tuple[int, int]
) -> float:
    """A measure over the facts aged between two numbers of days (LIFE: no end), straight from its meaning."""
    own = [Fact(facts, place) for place in range(facts.start[customer], facts.start[customer + 1])]
    visible = [
        fact for fact in own if fact.at < now and fact.known < now and fact.kind in measure.selection.kinds
    ]
    taken = [(fact, previous) for fact, previous in select(visible, keys, measure, now)]
    values: list[float] = []
    shifts: list[float] = []
    newer: Fact | None = None
    for fact, previous in reversed(taken):  # newest first
        value = read(measure, fact, previous, newer, now)
        newer = fact
        if not math.isnan(value):
            shifts.append(value)
            age = now - fact.at
            young_enough = age <= days[1] * DAY or days[1] == LIFE
            if young_enough and (age > days[0] * DAY or days[0] == 0):
                values.append(value)
    return reduce(measure.operation, values, shifts[0] if shifts else math.nan)


def select(
    visible: Sequence[Fact], keys: dict[str, list[int]], measure: Measure, now: int
) -> list[tuple[Fact, Fact | None]]:
    """The visible facts that a selection takes, oldest first, each with the one that it repeats."""
    chosen = measure.selection
    taken: list[tuple[Fact, Fact | None]] = []
    for position, fact in enumerate(visible):
        if chosen.until and fact.numbers[chosen.until] < now:
            continue
        if chosen.mode == walk.EVERY:
            taken.append((fact, None))
            continue
        key = keys[str(chosen.key)]
        before = [other for other in visible[:position] if key[other.place] == key[fact.place]]
        after = [other for other in visible[position + 1 :] if key[other.place] == key[fact.place]]
        if chosen.mode == walk.DISTINCT and not after:
            taken.append((fact, None))
        if chosen.mode == walk.FIRST and not before:
            taken.append((fact, None))
        if chosen.mode == walk.REPEATED and before and fact.at - before[-1].at <= chosen.within_days * DAY:
            taken.append((fact, before[-1]))
    return taken


def read(measure: Measure, fact: Fact, previous: Fact | None, newer: Fact | None, now: int) -> float:
    """The value that a measure takes from a fact."""
    if measure.source == walk.ONE:
        return 1.0
    if measure.source == walk.AGE:
        return (now - fact.at) / DAY
    if measure.source == walk.GAP:
        return math.nan if newer is None else (newer.at - fact.at) / DAY
    value = fact.numbers[str(measure.source)]
    if measure.relation == walk.SINCE:
        return (now - value) / DAY
    if measure.relation == walk.AGAINST:
        assert previous is not None
        last = previous.numbers[str(measure.source)]
        return value / last if last else math.nan
    return value


def reduce(operation: int, values: list[float], reference: float) -> float:
    """What a measure makes of its values, newest first."""
    if operation == walk.SUM:
        return math.fsum(values)
    if operation == walk.COUNT:
        return float(len(values))
    if operation == walk.SHIFTED_SUM:
        return math.fsum(value - reference for value in values)
    if operation == walk.SHIFTED_SQUARES:
        return math.fsum((value - reference) ** 2 for value in values)
    if not values:
        return math.nan
    return {walk.MAX: max(values), walk.MIN: min(values), walk.NEWEST: values[0], walk.OLDEST: values[-1]}[
        operation
    ]


def key_values(facts: Facts) -> dict[str, list[int]]:
    """For each key, numbers that are equal where links say that facts share it."""
    found = {}
    for row, name in enumerate(facts.key_names):
        group = list(range(len(facts.kind)))
        for place in range(len(facts.kind)):
            if facts.older[row, place] >= 0:
                group[place] = group[facts.older[row, place]]
        found[name] = group
    return found


def check(plan: StreamPlan, facts: Facts, dates: list[int]) -> None:
    """Every measure, every window, every customer and date."""
    customers = len(facts.start) - 1
    rows = Rows(np.repeat(np.arange(customers), len(dates)), np.tile(np.array(dates, np.int64), customers))
    log = walk.Log(*(getattr(facts, name) for name in walk.Log._fields))
    segments = Segments(plan, walk_block(plan, log, orders(plan, facts), rows))
    keys = key_values(facts)
    for measure in plan.measures:
        for days in (*WINDOWS, LIFE):
            found = segments.window(measure, days)
            wanted = [
                expected(facts, keys, measure, customer, now, (0, days))
                for customer, now in zip(rows.customer, rows.as_of, strict=True)
            ]
            np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9, err_msg=f"{measure} over {days}")
            if measure.operation in walk.ADDITIVE and 2 * days in plan.edges_days and days != LIFE:
                wanted = [
                    expected(facts, keys, measure, customer, now, (days, 2 * days))
                    for customer, now in zip(rows.customer, rows.as_of, strict=True)
                ]
                np.testing.assert_allclose(segments.before(measure, days), wanted, rtol=1e-9, atol=1e-9)


@settings(max_examples=20)
@given(st.lists(transactions(), min_size=1, max_size=30), st.lists(tickets(), min_size=1, max_size=12))
def test_the_walk_agrees_with_plain_python(lines: list[dict], opened: list[dict]) -> None:  # type: ignore[type-arg]  # rows
    streams = streams_of({"transactions": lines, "tickets": opened})
    _, facts = arranged(streams)
    dates = [micros(day(number).date()) for number in (10, 45, 100)]
    for plan in plan_features(FAMILIES, streams, WINDOWS):
        check(plan, facts[plan.stream.name], dates)


def test_the_oracle_itself_can_fail() -> None:
    """A walk that saw a late row would be told apart."""
    late = {"transaction_id": "1", "occurred_at": day(5), "known_at": day(50), "amount": 3.0}
    streams = streams_of({"transactions": [late]})
    _, facts = arranged(streams)
    seen = {**vars(facts["transactions"]), "known_at": facts["transactions"].occurred_at}
    (plan,) = plan_features(FAMILIES, streams, WINDOWS)
    money = next(
        measure for measure in plan.measures if measure.source == "amount" and measure.operation == walk.SUM
    )
    now = micros(day(20).date())
    keys = key_values(facts["transactions"])
    assert expected(facts["transactions"], keys, money, 0, now, (0, 30)) == 0
    assert expected(Facts(**seen), keys, money, 0, now, (0, 30)) == pytest.approx(3)

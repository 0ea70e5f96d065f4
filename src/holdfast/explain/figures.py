"""Evaluates what feature families declare: which figures, and which general texts, are true of a customer."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from holdfast.explain.peers import MOST, Peers, Row
from holdfast.features.families import FAMILIES
from holdfast.features.family import Claim, Family, Figure, Reason
from holdfast.features.reasons import Group, Side
from holdfast.text.reasons import MEASURES
from holdfast.text.reasons import REASONS as TEXT_REASONS

Figures = dict[str, str]  # as people read them, by the name under which texts state them

ALL = "all"  # the window of all history, as columns name it
SLACK = 1.25  # of the usual days between two facts: a window that is shorter may miss one by chance
CLEARLY = 1.5  # purchases: by less than so many, two windows of the same length do not differ
FALLEN = 0.75  # a fall by such a share is always clear


class Found(NamedTuple):
    """Where a claim is true: the feature's value, the days of the window, and what it is worse than."""

    value: float = math.nan
    days: float = math.nan
    than: float = math.nan
    peers: float = math.nan


class Statements:
    """What can be stated of the customers of one features table.

    Attributes:
        columns: those of the table that statements are made from.
        reasons: by code, as families and `holdfast.text` declare them.
        sides: `<family>__<feature>` → the side on which it speaks for its reason; None: neither does.
        rhythms: family → the features that give the days between two of its facts (see `Family.rhythm`).
    """

    def __init__(self, columns: Iterable[str], families: Iterable[Family] = FAMILIES) -> None:
        families = tuple(families)
        reasons = (reason for family in families for reason in family.reasons)
        self.reasons = {reason.code: reason for reason in (*TEXT_REASONS, *reasons)}
        self.sides: dict[str, Side | None] = {f"text__{name}": side for name, (_, side) in MEASURES.items()}
        self.sides |= {f"{one.name}__{each.name}": each.riskier for one in families for each in one.features}
        self.rhythms = {one.name: one.rhythm for one in families}
        named = {feature for reason in self.reasons.values() for feature in reason.features}
        named |= {feature for rhythm in self.rhythms.values() for feature in rhythm}
        self.columns = [column for column in columns if column.rpartition("__")[0] in named]
        self.windows: dict[str, list[str]] = {}
        for feature, _, window in (column.rpartition("__") for column in self.columns):
            self.windows.setdefault(feature, []).append(window)
        for windows in self.windows.values():
            windows.sort(key=days_of)

    def reason(self, code: str) -> Reason:
        """The reason of a code; one that can state nothing where nobody declares it."""
        return self.reasons.get(code, Reason(code))

    def general_is_true(self, code: str, row: Row, peers: Peers) -> bool:
        """Whether a reason's text without figures is true of a customer.

        Args:
            row: the customer's `columns`.
            peers: the comparable customers who stayed.
        """
        reason = self.reason(code)
        return reason.neutral if reason.general is None else bool(self.find(reason.general, row, peers))

    def figures(self, code: str, row: Row, peers: Peers) -> Figures:
        """The figures that a reason's texts may state of a customer."""
        numbers: dict[str, float] = {}
        for figure in self.reason(code).figures:
            numbers |= self.state(figure, row, peers)
        return {name: format_figure(number) for name, number in numbers.items() if math.isfinite(number)}

    def state(self, figure: Figure, row: Row, peers: Peers) -> dict[str, float]:
        """The numbers of one figure, by placeholder; none where its claim is not true."""
        found = Found()
        if figure.claim is not None:
            true = self.find(figure.claim, row, peers)
            found = next((one for one in true if figure.claim.or_equal or reads_apart(one, figure)), found)
            if math.isnan(found.value):
                return {}
        known = [get(row, f"{feature}__{ALL}") for feature in figure.states] or [found.value]
        value = max((one for one in known if not math.isnan(one)), default=math.nan)
        if value > figure.at_most:
            return {}
        numbers = (figure.shown(value), found.days, figure.shown(found.than), figure.shown(found.peers))
        return {name: number for name, number in zip(figure.placeholders, numbers, strict=True) if name}

    def find(self, claim: Claim, row: Row, peers: Peers) -> list[Found]:
        """The windows in which a claim is true, in the order in which they are looked at."""
        found = []
        for window in self.choose(claim):
            column, days = f"{claim.feature}__{window}", days_of(window)
            value, than = get(row, column), math.nan
            if not (value > claim.above and claim.at_least <= value <= claim.at_most):
                continue
            if claim.has_windows and not days >= SLACK * self.rhythm(claim.feature, row):
                continue
            if claim.than == "before":
                than = get(row, f"{claim.feature}__{2 * days:.0f}d") - value
            elif claim.than:
                than = get(row, f"{claim.than}__{ALL}")
            if not self.is_worse_than_own(claim, value, than, days, row):
                continue
            if not self.is_worse_than_peers(claim, column, value, peers):
                continue
            found.append(Found(value, days, than, peers.median(column, claim.peers)))
        return found

    def rhythm(self, feature: str, row: Row) -> float:
        """The customer's usual days between two facts of a feature's family; 0: there is no such thing."""
        names = self.rhythms.get(feature.partition("__")[0], ())
        values = [get(row, f"{name}__{ALL}") for name in names]
        days = math.nan if not values else values[0] if len(values) == 1 else divide(*values)
        return 0.0 if math.isnan(days) else days

    def is_worse_than_own(self, claim: Claim, value: float, than: float, days: float, row: Row) -> bool:
        """Whether a value is on the riskier side of the customer's own."""
        if claim.than is None or (math.isnan(than) and claim.than != "before"):
            return True
        side = self.sides.get(claim.feature)
        beyond = side.value * (value - than) if side else math.nan
        if claim.than == "before":
            share = (
                CLEARLY * self.rhythm(claim.feature, row) / days
            )  # of one and a half facts in such a window
            return beyond > 0 and beyond >= abs(than) * min(share, FALLEN)
        return beyond > 0 or (claim.or_equal and beyond == 0)

    def is_worse_than_peers(self, claim: Claim, column: str, value: float, peers: Peers) -> bool:
        """Whether a value is worse than that of most comparable customers who stayed."""
        side = self.sides.get(claim.feature)
        if claim.peers is Group.NOBODY or side is None:
            return True
        return peers.share_better(column, claim.peers, value, side) >= MOST

    def choose(self, claim: Claim) -> list[str]:
        """The windows that a claim looks at, in order; of a feature without all history, the longest."""
        windows = self.windows.get(claim.feature, [])
        if not claim.has_windows:
            return windows[-1:]
        min_days = claim.longest if claim.shortest is None else claim.shortest
        windows = [one for one in windows if one != ALL and days_of(one) >= (min_days or 0)]
        return windows if claim.longest is None else windows[::-1]


def reads_apart(found: Found, figure: Figure) -> bool:
    """Whether a value and what it is compared with differ for people who read them."""
    value = format_figure(figure.shown(found.value))
    others = [figure.shown(one) for one in (found.than, found.peers) if not math.isnan(one)]
    return all(format_figure(one) != value for one in others)


def divide(one: float, other: float) -> float:
    """A ratio; NaN where it is none."""
    return one / other if other else math.nan


def days_of(window: str) -> float:
    """The days of a window, as columns name it."""
    return math.inf if window == ALL else float(window.removesuffix("d"))


def get(row: Row, column: str) -> float:
    """A feature's value; NaN, with which every comparison is false, where there is none."""
    return float(row.get(column, math.nan))


def format_figure(value: float) -> str:
    """A figure as people write it: whole from ten on, else with one decimal where it has one."""
    if abs(value) >= 10 or value == round(value):
        return f"{round(value):,}"
    return f"{round(value, 1) + 0.0:g}"  # with 0 added, a minus before 0 goes

"""Evaluate the claims of feature families: which figures and general texts are true of a customer."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from holdfast.explain.peers import Peers, Row
from holdfast.explain.settings import DEFAULTS, ExplainSettings
from holdfast.explain.texts import Money, declared_reasons, round_figure
from holdfast.features.families import FAMILIES
from holdfast.features.family import Claim, Family, Figure, Reason
from holdfast.features.reasons import SUBSCRIBED, SUBSCRIBER, Group, Side
from holdfast.text.reasons import MEASURES

ALL = "all"  # the window of all history, as columns name it


class Evidence(NamedTuple):
    """Why a claim is true: the feature's value, the days of the window, and the two compared values."""

    value: float = math.nan
    days: float = math.nan
    than: float = math.nan
    peers: float = math.nan


class Statements:
    """Evaluates statements about the customers of one features table.

    Attributes:
        columns: the columns of the table that statements use.
        reasons: code → reason, as declared by the families and `holdfast.text`.
        sides: `<family>__<feature>` → its riskier side; None: neither side.
        amounts: the features that are amounts of money.
        rhythms: family → the features that give the days between two of its facts (see `Family.rhythm`).
    """

    def __init__(
        self, columns: Iterable[str], families: Iterable[Family] = FAMILIES,
        settings: ExplainSettings = DEFAULTS,
    ) -> None:  # fmt: skip
        self.settings, families = settings, tuple(families)
        self.reasons = declared_reasons(families)
        self.sides: dict[str, Side | None] = {f"text__{name}": side for name, (_, side) in MEASURES.items()}
        self.sides |= {
            f"{family.name}__{feature.name}": feature.riskier
            for family in families
            for feature in family.features
        }
        self.amounts = {
            f"{family.name}__{feature.name}"
            for family in families
            for feature in family.features
            if feature.unit.startswith("money")
        }
        self.rhythms = {family.name: family.rhythm for family in families}
        named = {feature for reason in self.reasons.values() for feature in reason.features}
        named |= {feature for rhythm in self.rhythms.values() for feature in rhythm}
        self.columns = [
            column
            for column in columns
            if column.rpartition("__")[0] in named
            or any(reason.speaks_of_level(column) for reason in self.reasons.values())
        ]
        self.windows: dict[str, list[str]] = {}
        for feature, _, window in (column.rpartition("__") for column in self.columns):
            self.windows.setdefault(feature, []).append(window)
        for windows in self.windows.values():
            windows.sort(key=days_of)

    def reason(self, code: str) -> Reason:
        """The reason of a code; an undeclared code gets a reason without statements."""
        return self.reasons.get(code) or Reason(code)

    def general_is_true(self, code: str, row: Row, peers: Peers) -> bool:
        """Whether a reason's text without figures is true of a customer."""
        reason = self.reason(code)
        if SUBSCRIBED in reason.figures and get(row, f"{SUBSCRIBER}__{ALL}") >= 0:
            return False  # it speaks of buying, and subscribers pay
        if reason.levels is not None:
            return any(
                row.get(column) in levels
                for column, levels in peers.risky_levels.items()
                if reason.speaks_of_level(column)
            )
        return reason.neutral if reason.general is None else bool(self.find(reason.general, row, peers))

    def figures(self, code: str, row: Row, peers: Peers) -> dict[str, float]:
        """The figures that a reason's texts may state about a customer."""
        numbers: dict[str, float] = {}
        for figure in self.reason(code).figures:
            numbers = self.state(figure, row, peers) | numbers
        return {name: number for name, number in numbers.items() if math.isfinite(number)}

    def state(self, figure: Figure, row: Row, peers: Peers) -> dict[str, float]:
        """The numbers of one figure, by placeholder; empty if its claim is not true."""
        evidence = Evidence()
        if figure.without in self.windows:
            return {}
        if figure.claim is not None:
            true = self.find(figure.claim, row, peers)
            visible = (found for found in true if figure.claim.or_equal or differs_in_print(found, figure))
            evidence = next(visible, evidence)
            if math.isnan(evidence.value):
                return {}
        values = [get(row, f"{feature}__{ALL}") for feature in figure.states] or [evidence.value]
        value = max((value for value in values if not math.isnan(value)), default=math.nan)
        if value > figure.at_most:
            return {}
        shown, than, peer_median = map(figure.shown, (value, evidence.than, evidence.peers))
        if figure.claim is not None and figure.claim.feature in self.amounts and not figure.states:
            shown, than, peer_median = map(Money, (shown, than, peer_median))
        numbers = (shown, evidence.days, than, peer_median)
        return {name: number for name, number in zip(figure.placeholders, numbers, strict=True) if name}

    def find(self, claim: Claim, row: Row, peers: Peers) -> list[Evidence]:
        """The evidence of each window in which a claim is true, in the claim's order of windows."""
        evidence: list[Evidence] = []
        if claim.last and get(row, f"{claim.last}__{ALL}") > self.settings.recent_days:
            return evidence
        for window in self.choose(claim):
            column, days = f"{claim.feature}__{window}", days_of(window)
            value, than = get(row, column), math.nan
            if not (value > claim.above and claim.at_least <= value <= claim.at_most):
                continue
            if claim.has_windows and not claim.recent and not days >= self.min_days(claim.feature, row):
                continue
            if claim.than == "before":
                than = get(row, f"{claim.feature}__{2 * days:.0f}d") - value
            elif claim.than:
                than = get(row, f"{claim.than}__{ALL}")
            if not self.is_worse_than_own(claim, value, than, days, row):
                continue
            if claim.confirmed_by and is_denied(claim.confirmed_by, window, claim.at_least, row):
                continue
            if not self.is_worse_than_peers(claim, column, value, peers):
                continue
            evidence.append(Evidence(value, days, than, peers.median(column, claim.peers)))
        return evidence

    def min_days(self, feature: str, row: Row) -> float:
        """The minimum length of a window in days; a shorter one may miss a fact by chance."""
        return self.settings.min_gaps * self.rhythm(feature, row)

    def rhythm(self, feature: str, row: Row) -> float:
        """The customer's usual days between two facts of a feature's family; 0: undefined."""
        names = self.rhythms.get(feature.partition("__")[0], ())
        values = [get(row, f"{name}__{ALL}") for name in names]
        days = math.nan if not values else values[0] if len(values) == 1 else divide(*values)
        return 0.0 if math.isnan(days) else days

    def is_worse_than_own(self, claim: Claim, value: float, than: float, days: float, row: Row) -> bool:
        """Whether a value is riskier than the customer's usual or previous value."""
        if claim.than is None or (math.isnan(than) and claim.than != "before"):
            return True
        if claim.clearly:
            than *= self.settings.clear_ratio
        side = self.sides.get(claim.feature)
        beyond = side.value * (value - than) if side else math.nan
        if claim.than == "before":
            clear_share = self.settings.clear_fall_purchases * self.rhythm(claim.feature, row) / days
            return beyond > 0 and beyond >= abs(than) * min(clear_share, self.settings.clear_fall_share)
        return beyond > 0 or (claim.or_equal and beyond == 0)

    def is_worse_than_peers(self, claim: Claim, column: str, value: float, peers: Peers) -> bool:
        """Whether a value is riskier than that of most comparable customers who stayed."""
        side = self.sides.get(claim.feature)
        if claim.peers is Group.NOBODY or side is None:
            return True
        if claim.clear_of_peers and value < self.settings.clear_ratio * peers.median(column, claim.peers):
            return False
        return peers.share_better(column, claim.peers, value, side) >= self.settings.worse_than

    def choose(self, claim: Claim) -> list[str]:
        """The windows that a claim looks at, in order; without windows: all history, else the longest."""
        windows = self.windows.get(claim.feature, [])
        if not claim.has_windows:
            return windows[-1:]
        min_days = (claim.longest if claim.shortest is None else claim.shortest) or 0
        max_days = self.settings.recent_days if claim.recent else math.inf
        windows = [window for window in windows if window != ALL and min_days <= days_of(window) <= max_days]
        return windows if claim.longest is None else windows[::-1]


def differs_in_print(evidence: Evidence, figure: Figure) -> bool:
    """Whether a value still differs from the compared values after formatting."""
    value = round_figure(figure.shown(evidence.value))
    others = [other for other in (evidence.than, evidence.peers) if not math.isnan(other)]
    return all(round_figure(figure.shown(other)) != value for other in others)


def is_denied(feature: str, window: str, at_least: float, row: Row) -> bool:
    """Whether a feature's value over a window is less than `at_least` times its value over all history."""
    return get(row, f"{feature}__{window}") < at_least * get(row, f"{feature}__{ALL}")


def divide(numerator: float, denominator: float) -> float:
    """A ratio; NaN if the denominator is 0."""
    return numerator / denominator if denominator else math.nan


def days_of(window: str) -> float:
    """The days of a window, from the ending of a column's name."""
    return math.inf if window == ALL else float(window.removesuffix("d"))


def get(row: Row, column: str) -> float:
    """A feature's value; missing: NaN, so that every comparison is false."""
    return float(row.get(column, math.nan))

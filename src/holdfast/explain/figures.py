"""Evaluates what feature families declare: which figures, and which general texts, are true of a customer."""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from holdfast.features.families import FAMILIES
from holdfast.features.family import Claim, Family, Figure, Reason
from holdfast.features.reasons import Side
from holdfast.text.reasons import MEASURES
from holdfast.text.reasons import REASONS as TEXT_REASONS

Row = Mapping[str, float]  # features by name; NaN where null
Figures = dict[str, str]  # as people read them, by the name under which texts state them

ALL = "all"  # the window of all history, as columns name it


class Found(NamedTuple):
    """Where a claim is true: the feature's value, what it is compared with, and the days of the window."""

    value: float = math.nan
    than: float = math.nan
    days: float = math.nan


class Statements:
    """What can be stated of the customers of one features table.

    Attributes:
        columns: those of the table that statements are made from.
        reasons: by code, as families and `holdfast.text` declare them.
        sides: `<family>__<feature>` → the side on which it speaks for its reason; None: neither does.
    """

    def __init__(self, columns: Iterable[str], families: Iterable[Family] = FAMILIES) -> None:
        families = tuple(families)
        reasons = (reason for family in families for reason in family.reasons)
        self.reasons = {reason.code: reason for reason in (*TEXT_REASONS, *reasons)}
        self.sides: dict[str, Side | None] = {f"text__{name}": side for name, (_, side) in MEASURES.items()}
        self.sides |= {f"{one.name}__{each.name}": each.riskier for one in families for each in one.features}
        named = {feature for reason in self.reasons.values() for feature in reason.features}
        self.columns = [column for column in columns if column.rpartition("__")[0] in named]
        self.windows: dict[str, list[str]] = {}
        for feature, _, window in (column.rpartition("__") for column in self.columns):
            self.windows.setdefault(feature, []).append(window)
        for windows in self.windows.values():
            windows.sort(key=days_of)

    @property
    def typical_columns(self) -> list[str]:
        """The columns that are compared with the typical customer's."""
        claims = [one for reason in self.reasons.values() for one in reason.claims if one.than == "typical"]
        return list(
            dict.fromkeys(f"{one.feature}__{window}" for one in claims for window in self.choose(one))
        )

    def reason(self, code: str) -> Reason:
        """The reason of a code; one that can state nothing where nobody declares it."""
        return self.reasons.get(code, Reason(code))

    def general_is_true(self, code: str, row: Row, typical: Row) -> bool:
        """Whether a reason's text without figures is true of a customer.

        Args:
            row: the customer's `columns`.
            typical: the typical customer's `typical_columns`.
        """
        reason = self.reason(code)
        return reason.neutral if reason.general is None else bool(self.find(reason.general, row, typical))

    def figures(self, code: str, row: Row, typical: Row) -> Figures:
        """The figures that a reason's texts may state of a customer."""
        numbers: dict[str, float] = {}
        for figure in self.reason(code).figures:
            numbers |= self.state(figure, row, typical)
        return {name: format_figure(number) for name, number in numbers.items() if math.isfinite(number)}

    def state(self, figure: Figure, row: Row, typical: Row) -> dict[str, float]:
        """The numbers of one figure, by placeholder; none where its claim is not true."""
        found = Found()
        if figure.claim is not None:
            true = self.find(figure.claim, row, typical)
            found = next((one for one in true if figure.claim.or_equal or reads_apart(one, figure)), found)
            if math.isnan(found.value):
                return {}
        known = [get(row, f"{feature}__{ALL}") for feature in figure.states] or [found.value]
        value = max((one for one in known if not math.isnan(one)), default=math.nan)
        numbers = (figure.shown(value), found.days, figure.shown(found.than))
        return {name: number for name, number in zip(figure.placeholders, numbers, strict=True) if name}

    def find(self, claim: Claim, row: Row, typical: Row) -> list[Found]:
        """The windows in which a claim is true, in the order in which they are looked at."""
        found = []
        for window in self.choose(claim):
            column, days = f"{claim.feature}__{window}", days_of(window)
            value, than = get(row, column), math.nan
            match claim.than:
                case "typical":
                    than = get(typical, column)
                case "before":
                    than = get(row, f"{claim.feature}__{2 * days:.0f}d") - value
                case str():
                    than = get(row, f"{claim.than}__{ALL}")
            within = value > claim.above and claim.at_least <= value <= claim.at_most
            if within and self.is_riskier(claim, value, than):
                found.append(Found(value, than, days))
        return found

    def is_riskier(self, claim: Claim, value: float, than: float) -> bool:
        """Whether a known value is on the riskier side of what a claim compares it with."""
        if claim.than is None or (math.isnan(than) and claim.than not in ("typical", "before")):
            return True
        side = self.sides.get(claim.feature)
        beyond = side.value * (value - than) if side else math.nan
        return beyond > 0 or (claim.or_equal and beyond == 0)

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
    value, than = figure.shown(found.value), figure.shown(found.than)
    return math.isnan(than) or format_figure(value) != format_figure(than)


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

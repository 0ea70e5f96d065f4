"""What a feature family declares: one source idea, its features, and the reasons that they give."""

import dataclasses
from enum import Enum

from holdfast.features.expressions import ALL_HISTORY, Expression
from holdfast.features.reasons import HIGHER, LOWER, Claim, Figure, Group, Reason, Side

__all__ = [
    "ALL",
    "BOTH",
    "EACH",
    "HIGHER",
    "LOWER",
    "Claim",
    "Family",
    "Feature",
    "Figure",
    "Group",
    "Reason",
]


class Windows(Enum):
    """Over which windows a feature is computed."""

    EACH = "each configured window"
    ALL = "all history"
    BOTH = "each configured window and all history"

    def days(self, configured: tuple[int, ...]) -> tuple[int, ...]:
        """The windows in days."""
        return {"EACH": configured, "ALL": (ALL_HISTORY,), "BOTH": (*configured, ALL_HISTORY)}[self.name]


EACH, ALL, BOTH = Windows


@dataclasses.dataclass(frozen=True)
class Feature:
    """One feature; its columns are `<family>__<name>__<window>`.

    Attributes:
        name: what is measured.
        value: how; null where the expression is, and where nothing of the window was observed.
        unit: the unit of the value; "level": it is one of a text column's levels, not a number.
        text: what it measures, in a line.
        windows: over which windows.
        riskier: the side on which it speaks for its reason; None: neither side does by itself.
        reason: the code of the reason that a high contribution speaks for; None: the family's first.
        absent: the code of the reason that it speaks for over a window without such facts; None: that of the
            reason that declares their absence (`Reason.absent`).
    """

    name: str
    value: Expression
    unit: str
    text: str
    windows: Windows = EACH
    riskier: Side | None = None
    reason: str | None = None
    absent: str | None = None


@dataclasses.dataclass(frozen=True)
class Family:
    """Features of one idea from one stream, which a feature may compare with other streams.

    Attributes:
        name: the first part of its columns' names.
        stream: the stream it reads; absent optional tables add no family.
        reasons: what its features may say about a customer; a feature without a reason has the first. A
            reason is declared by one family; features of others name its code.
        features: the explicit list; a feature whose columns the source lacks is left out.
        attributes: every further column of the stream becomes a feature too (customers' attributes).
        rhythm: the feature that is the customer's usual days between two such facts, or two features whose
            ratio it is; nothing is stated of a window that is shorter.
        undefined: the code of the reason that a null speaks for where there are facts, but too few of them.
    """

    name: str
    stream: str
    reasons: tuple[Reason, ...]
    features: tuple[Feature, ...]
    attributes: bool = False
    rhythm: tuple[str, ...] = ()
    undefined: str | None = None

    def reason_of(self, feature: Feature) -> str:
        """The code of the reason that a high contribution of a feature speaks for."""
        return feature.reason or self.reasons[0].code


def column_name(family: str, feature: str, days: int) -> str:
    """The name of a feature's column for one window."""
    return f"{family}__{feature}__{'all' if days == ALL_HISTORY else f'{days}d'}"

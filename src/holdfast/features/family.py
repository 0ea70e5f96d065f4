"""The declaration of a feature family: one source idea, its features, and their reasons."""

import dataclasses
from enum import Enum

from holdfast.features.expressions import ALL_HISTORY, Expression
from holdfast.features.reasons import HIGHER, LOWER, Cause, Claim, Figure, Group, Reason, Side

__all__ = [
    "ALL", "BOTH", "EACH", "HIGHER", "HORIZON", "LOWER", "Cause", "Claim", "Family", "Feature", "Figure",
    "Group",
    "Reason",
]  # fmt: skip


class Windows(Enum):
    """Over which windows a feature is computed."""

    EACH = "each configured window"
    ALL = "all history"
    BOTH = "each configured window and all history"
    HORIZON = "as long as the outcome window, anywhere in all history"

    def days(self, configured: tuple[int, ...], horizon_days: int | None = None) -> tuple[int, ...]:
        """The windows in days; without a churn question (None) there is no outcome window."""
        return {
            "EACH": configured,
            "ALL": (ALL_HISTORY,),
            "BOTH": (*configured, ALL_HISTORY),
            "HORIZON": (horizon_days,) if horizon_days else (),
        }[self.name]


EACH, ALL, BOTH, HORIZON = Windows


@dataclasses.dataclass(frozen=True)
class Feature:
    """One feature; its columns are `<family>__<name>__<window>`.

    Attributes:
        value: the expression; null also if no part of the window was observed.
        unit: the unit of the value; "level": a level of a text column.
        text: a one-line description.
        windows: the windows over which it is computed.
        riskier: the side that raises the risk; None: neither side.
        reason: the reason code of a high contribution; None: the family's first reason.
        absent: the reason code for a window without such facts; None: the reason that declares their absence
            (`Reason.absent`).
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
    """Features of one idea from one stream; a feature may also use other streams.

    Attributes:
        name: the first part of its columns' names.
        stream: the stream it reads; without the stream, the family is left out.
        reasons: the reasons that it declares; the first is the default of its features. Features of other
            families refer to a reason by its code.
        features: the features; a feature whose columns the source lacks is left out.
        attributes: every further column of the stream becomes a feature too (customers' attributes).
        rhythm: the feature with the customer's usual days between two such facts, or two features whose ratio
            it is; no figure is stated for a shorter window.
        undefined: the reason code of a null although there are facts (too few of them).
    """

    name: str
    stream: str
    reasons: tuple[Reason, ...]
    features: tuple[Feature, ...]
    attributes: bool = False
    rhythm: tuple[str, ...] = ()
    undefined: str | None = None

    def reason_of(self, feature: Feature) -> str:
        """The reason code of a high contribution of a feature."""
        return feature.reason or self.reasons[0].code


def column_name(family: str, feature: str, days: int) -> str:
    """The name of a feature's column for one window."""
    return f"{family}__{feature}__{'all' if days == ALL_HISTORY else f'{days}d'}"

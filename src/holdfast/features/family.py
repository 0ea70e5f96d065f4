"""A feature family: one source idea, one file, an explicit list of features."""

import dataclasses
from collections.abc import Mapping
from enum import Enum

from holdfast.features.expressions import LIFE, Expression
from holdfast.features.measures import Measure, Selection
from holdfast.streams.facts import CLOCK
from holdfast.streams.stream import Stream


class Windows(Enum):
    """Over which windows a feature is made."""

    EACH = "each configured window"
    LIFE = "all history"
    BOTH = "each configured window and all history"

    def days(self, configured: tuple[int, ...]) -> tuple[int, ...]:
        """The windows in days."""
        return {"EACH": configured, "LIFE": (LIFE,), "BOTH": (*configured, LIFE)}[self.name]


@dataclasses.dataclass(frozen=True)
class Feature:
    """One feature; its columns are `<family>__<name>__<window>`.

    Attributes:
        name: what is measured.
        value: how; null where the expression is, and where a window begins before the stream's first day.
        unit: the unit of the value.
        text: what it says, in a line.
        windows: over which windows.
        reason: the reason code that a high contribution of it speaks for; None: the family's.
        level: the value is one of a text column's levels, not a number.
    """

    name: str
    value: Expression
    unit: str
    text: str
    windows: Windows = Windows.EACH
    reason: str | None = None
    level: bool = False


@dataclasses.dataclass(frozen=True)
class Family:
    """Features of one idea from one stream, which a feature may hold against other streams.

    Attributes:
        name: the first part of its columns' names.
        stream: the stream it reads; absent optional tables add no family.
        reason: the reason code of features that name none.
        features: the explicit list; a feature whose columns the source lacks is left out.
        attributes: every further column of the stream becomes a feature too (customers' attributes).
    """

    name: str
    stream: str
    reason: str
    features: tuple[Feature, ...]
    attributes: bool = False


def available(feature: Feature, by_kind: Mapping[str, Stream]) -> bool:
    """Whether the source has the streams and columns that a feature needs.

    Args:
        by_kind: the stream that tells each kind of fact.
    """
    return all(measurable(measure, by_kind) for measure in feature.value.measures())


def measurable(measure: Measure, by_kind: Mapping[str, Stream]) -> bool:
    """Whether there is what a measure selects and reads."""
    selection = measure.selection
    stream = by_kind.get(selection.kinds[0])
    if stream is None or not selectable(selection, stream):
        return False
    if selection.later_than is not None:
        other = by_kind.get(selection.later_than.kinds[0])
        if other is None or not selectable(selection.later_than, other):
            return False
    return isinstance(measure.source, int) or measure.source in stream.numbers + stream.levels


def selectable(selection: Selection, stream: Stream) -> bool:
    """Whether a stream has what a selection goes by."""
    return (
        any(kind in stream.told for kind in selection.kinds)
        and (selection.key is None or selection.key in (*CLOCK, *stream.keys))
        and (selection.until is None or selection.until in stream.numbers)
    )


def column_name(family: str, feature: str, days: int) -> str:
    """The name of a feature's column for one window."""
    return f"{family}__{feature}__{'all' if days == LIFE else f'{days}d'}"

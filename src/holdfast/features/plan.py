"""From families to what the walk is told to do: which measures, which edges, which columns."""

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from holdfast.features import walk
from holdfast.features.expressions import LIFE, Expression, Measure, Selection, select
from holdfast.features.family import Family, Feature, Windows, available, column_name
from holdfast.streams.facts import DAY, Facts
from holdfast.streams.stream import Stream


@dataclasses.dataclass(frozen=True)
class Column:
    """One column of the features table."""

    name: str
    family: Family
    feature: Feature
    days: int

    @property
    def value(self) -> Expression:
        """How it is made."""
        return self.feature.value

    @property
    def reason(self) -> str:
        """The reason code that a high contribution speaks for."""
        return self.feature.reason or self.family.reason


@dataclasses.dataclass(frozen=True)
class StreamPlan:
    """What is made of one stream.

    Attributes:
        columns: in the order of the families' lists.
        measures: what the walk emits, grouped by selection.
        edges_days: where one segment ends and the next begins, ascending.
    """

    stream: Stream
    columns: tuple[Column, ...]
    measures: tuple[Measure, ...]
    edges_days: tuple[int, ...]


def plan_features(
    families: tuple[Family, ...], streams: Mapping[str, Stream], windows_days: tuple[int, ...]
) -> tuple[StreamPlan, ...]:
    """What each stream has to give. Families whose stream is absent add nothing."""
    plans = []
    for name, stream in streams.items():
        columns = tuple(
            Column(column_name(family.name, feature.name, days), family, feature, days)
            for family in families
            if family.stream == name
            for feature in offered(family, stream)
            for days in feature.windows.days(windows_days)
        )
        if columns:
            plans.append(StreamPlan(stream, columns, needed(columns), edges(columns)))
    return tuple(plans)


def offered(family: Family, stream: Stream) -> tuple[Feature, ...]:
    """The family's features that the source has columns for, and its attributes."""
    listed = tuple(feature for feature in family.features if available(feature, stream))
    if not family.attributes:
        return listed
    described = select("described")
    return listed + tuple(
        Feature(
            name, described.newest(name), "as given", "attribute", Windows.LIFE, level=name in stream.levels
        )
        for name in stream.numbers + stream.levels
    )


def needed(columns: tuple[Column, ...]) -> tuple[Measure, ...]:
    """Every measure once, those of one selection together."""
    groups: dict[Selection, dict[Measure, None]] = {}
    for column in columns:
        for measure in column.value.measures():
            groups.setdefault(measure.selection, {})[measure] = None
    return tuple(measure for group in groups.values() for measure in group)


def edges(columns: tuple[Column, ...]) -> tuple[int, ...]:
    """The ends of the windows, and of the windows before them where a column compares the two."""
    ends = {column.days for column in columns} | {column.value.reach(column.days) for column in columns}
    return tuple(sorted(ends - {LIFE}))


def orders(plan: StreamPlan, facts: Facts) -> walk.Orders:
    """Resolve names to positions in one bucket's arrays."""
    selections = list(dict.fromkeys(measure.selection for measure in plan.measures))
    counts = [sum(measure.selection == selection for measure in plan.measures) for selection in selections]
    place = {name: position for position, name in enumerate(facts.number_names)}

    def source(measure: Measure) -> int:
        if isinstance(measure.source, int):
            return measure.source
        return place[measure.source] + measure.relation

    def whole(values: list[int]) -> NDArray[np.int64]:
        return np.array(values, np.int64)

    return walk.Orders(
        edges=np.array(plan.edges_days, np.int64) * DAY,
        mask=np.array([facts.bits(selection.kinds) for selection in selections], np.uint8),
        key=whole([facts.key_names.index(s.key) if s.key else -1 for s in selections]),
        mode=whole([selection.mode for selection in selections]),
        within=whole([selection.within_days * DAY for selection in selections]),
        until=whole([place[s.until] if s.until else -1 for s in selections]),
        first_measure=whole([0, *np.cumsum(counts).tolist()]),
        operation=whole([measure.operation for measure in plan.measures]),
        source=whole([source(measure) for measure in plan.measures]),
    )

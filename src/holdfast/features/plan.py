"""From families to what is walked: which columns, and for them which measures over which edges."""

import dataclasses
import functools
import math
from collections.abc import Collection, Iterator, Mapping

from holdfast.features import values
from holdfast.features.expressions import LIFE, Expression
from holdfast.features.family import Family, Feature, Windows, available, column_name
from holdfast.features.measures import Cell, Measure, Selection, select
from holdfast.streams.stream import Stream


@dataclasses.dataclass(frozen=True)
class Column:
    """One column of the features table.

    Attributes:
        days: the window's length; LIFE: all history.
        streams: which its value is read from.
    """

    name: str
    family: Family
    feature: Feature
    days: int
    streams: tuple[str, ...]

    @property
    def value(self) -> Expression:
        """How it is made."""
        return self.feature.value

    @property
    def reason(self) -> str:
        """The reason code that a high contribution speaks for."""
        return self.feature.reason or self.family.reason


@dataclasses.dataclass(frozen=True)
class Walk:
    """What is measured in one stream.

    Attributes:
        cells: what the walk writes down of a row: measures at the ends of windows, in the order of the ends
            (`LIFE` last). A measure that stands apart is written down at every end up to its last.
    """

    stream: Stream
    cells: tuple[Cell, ...]

    @functools.cached_property
    def ends(self) -> Mapping[Measure, tuple[int, ...]]:
        """Where each measure that stands apart is written down, in days."""
        apart = dict.fromkeys(measure for measure, _ in self.cells if measure.apart)
        return {one: tuple(days for measure, days in self.cells if measure == one) for one in apart}

    @property
    def selections(self) -> tuple[Selection, ...]:
        """The selections of the measures, each once."""
        return tuple(dict.fromkeys(measure.selection for measure, _ in self.cells))

    @property
    def limits(self) -> tuple[Selection, ...]:
        """The selections whose newest visible fact bounds another one."""
        return tuple(dict.fromkeys(one.later_than for one in self.selections if one.later_than))


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is made of the streams.

    Attributes:
        columns: of the features table, in the order of the families' lists.
        walks: by stream, what its facts have to give.
        limits: for every selection whose newest fact bounds another one, the walk that finds it.
    """

    columns: tuple[Column, ...]
    walks: Mapping[str, Walk]
    limits: Mapping[Selection, Walk]

    def keys(self, stream: str) -> set[str]:
        """By which keys the facts of a stream must be linked."""
        walks = [self.walks.get(stream), *self.limits.values()]
        chosen = (one for walk in walks if walk and walk.stream.name == stream for one in walk.selections)
        return {selection.key for selection in chosen if selection.key}


def plan_features(
    families: tuple[Family, ...],
    streams: Mapping[str, Stream],
    windows_days: tuple[int, ...],
    only: Collection[str] | None = None,
) -> Plan:
    """What the streams have to give. Families whose stream is absent add nothing.

    Args:
        only: the columns wanted, by name; None: all.
    """
    by_kind = {kind: stream for stream in streams.values() for kind in stream.kinds}
    columns = tuple(
        Column(name, family, feature, days, streams_of(feature, family, by_kind))
        for family in families
        if family.stream in streams
        for feature in offered(family, streams[family.stream], by_kind)
        for days in feature.windows.days(windows_days)
        if (name := column_name(family.name, feature.name, days)) and (only is None or name in only)
    )
    walks = dict(plan_walks(columns, by_kind))
    bounding = {
        limit: Walk(by_kind[limit.kinds[0]], ((limit.newest(values.AGE), LIFE),))
        for walk in walks.values()
        for limit in walk.limits
    }
    return Plan(columns, walks, bounding)


def plan_walks(columns: tuple[Column, ...], by_kind: Mapping[str, Stream]) -> Iterator[tuple[str, Walk]]:
    """For each stream that any column reads, by name, what is measured in it."""
    for stream in dict.fromkeys(by_kind.values()):
        readers = [column for column in columns if stream.name in column.streams]
        if not readers:
            continue
        yield stream.name, Walk(stream, needed(readers, stream))


def streams_of(feature: Feature, family: Family, by_kind: Mapping[str, Stream]) -> tuple[str, ...]:
    """The streams that a feature is read from."""
    read = dict.fromkeys(by_kind[measure.selection.kinds[0]].name for measure in feature.value.measures())
    return tuple(read) or (family.stream,)


def offered(family: Family, stream: Stream, by_kind: Mapping[str, Stream]) -> tuple[Feature, ...]:
    """The family's features that the source has columns for, and its attributes."""
    listed = tuple(feature for feature in family.features if available(feature, by_kind))
    if not family.attributes:
        return listed
    described = select("described")
    return listed + tuple(
        Feature(
            name, described.newest(name), "as given", "attribute", Windows.LIFE, level=name in stream.levels
        )
        for name in stream.numbers + stream.levels
    )


def needed(columns: list[Column], stream: Stream) -> tuple[Cell, ...]:
    """What the columns read of a stream, each once, by window; those of one selection together."""
    every = (cell for column in columns for cell in column.value.cells(column.days))
    own = dict.fromkeys(cell for cell in every if cell[0].selection.kinds[0] in stream.kinds)
    ends = sorted({days for _, days in own}, key=lambda days: days or math.inf)
    for measure in [measure for measure, _ in own if measure.apart]:
        last = max(days for one, days in own if one == measure)
        own |= dict.fromkeys((measure, days) for days in ends if 0 < days <= last)
    return tuple(sorted(own, key=lambda cell: ends.index(cell[1])))

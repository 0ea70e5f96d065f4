"""Plan the window scans: the columns of the families, and their measures and windows for each stream."""

import dataclasses
import functools
import math
from collections.abc import Collection, Mapping

from holdfast.features.available import available
from holdfast.features.expressions import ALL_HISTORY, Expression, Measure, WindowValue
from holdfast.features.family import ALL, Family, Feature, column_name
from holdfast.features.measures import select
from holdfast.features.selection import Selection
from holdfast.features.values import AGE, Operation
from holdfast.streams.stream import Stream


@dataclasses.dataclass(frozen=True)
class Column:
    """One column of the features table.

    Attributes:
        days: the window's length; ALL_HISTORY: everything visible.
        streams: the names of the streams that its value is computed from.
    """

    name: str
    family: Family
    feature: Feature
    days: int
    streams: tuple[str, ...]

    @property
    def value(self) -> Expression:
        """The expression that computes it."""
        return self.feature.value

    @functools.cached_property
    def unobserved_from(self) -> int:
        """The column is null until its streams have been observed for more than this number of days."""
        return self.value.unobserved_from(self.days)

    @property
    def reason(self) -> str:
        """The reason code of a high contribution."""
        return self.family.reason_of(self.feature)


@dataclasses.dataclass(frozen=True)
class Scan:
    """The scan of one stream.

    Attributes:
        values: the emitted values of a row: measures over windows, in the order of the windows (ALL_HISTORY
            last). A disjoint measure is emitted at every bound up to its last.
    """

    stream: Stream
    values: tuple[WindowValue, ...]

    @property
    def selections(self) -> tuple[Selection, ...]:
        """The distinct selections of the measures."""
        return tuple(dict.fromkeys(measure.selection for measure, _ in self.values))

    @property
    def since(self) -> tuple[Selection, ...]:
        """The distinct selections that others refer to with `since_last`."""
        return tuple(dict.fromkeys(selection.since for selection in self.selections if selection.since))


@dataclasses.dataclass(frozen=True)
class Plan:
    """The columns to compute, and the scans that they need.

    Attributes:
        columns: the columns of the features table, in the order of the families' lists.
        scans: stream → its scan.
        last_facts: for every selection used in `since_last`, the scan that finds its last fact.
    """

    columns: tuple[Column, ...]
    scans: Mapping[str, Scan]
    last_facts: Mapping[Selection, Scan]

    def measures(self, stream: str) -> list[Measure]:
        """The measures of a stream's scans."""
        scans = (*self.scans.values(), *self.last_facts.values())
        return [measure for scan in scans if scan.stream.name == stream for measure, _ in scan.values]

    def keys(self, stream: str) -> set[str]:
        """The keys by which the facts of a stream must be linked."""
        return {measure.selection.key for measure in self.measures(stream) if measure.selection.key}

    def levels(self, stream: Stream) -> tuple[str, ...]:
        """The text columns of a stream that are used; the others need not be decoded."""
        measures = self.measures(stream.name)
        read = {condition.column for measure in measures for condition in measure.selection.conditions}
        read |= {name for measure in measures for name in measure.value.columns}
        return tuple(level for level in stream.levels if level in read)


def plan_features(
    families: tuple[Family, ...],
    streams: Mapping[str, Stream],
    windows_days: tuple[int, ...],
    only: Collection[str] | None = None,
    *,
    horizon_days: int | None = None,
) -> Plan:
    """Plan the features of the families. Families whose stream is absent are left out.

    Args:
        only: names of the columns to compute; None: all.
        horizon_days: the length of the outcome window; None: there is no churn question.

    Raises:
        SettingError: a feature is invalid for every source.
    """
    stream_of = {kind: stream for stream in streams.values() for kind in stream.kinds}
    columns = tuple(
        Column(name, family, feature, days, streams_of(feature, family, stream_of))
        for family in families
        if family.stream in streams
        for feature in available_features(family, streams[family.stream], stream_of)
        for days in feature.windows.days(windows_days, horizon_days)
        if (name := column_name(family.name, feature.name, days)) and (only is None or name in only)
    )
    needed = {stream: needed_values(columns, stream) for stream in streams.values()}
    scans = {stream.name: Scan(stream, values) for stream, values in needed.items() if values}
    last_facts = {
        other: Scan(stream_of[other.kinds[0]], ((Measure(other, Operation.LAST, AGE), ALL_HISTORY),))
        for scan in scans.values()
        for other in scan.since
    }
    return Plan(columns, scans, last_facts)


def available_features(
    family: Family, stream: Stream, stream_of: Mapping[str, Stream]
) -> tuple[Feature, ...]:
    """The family's features that the source has columns for, and its attributes."""
    listed = tuple(feature for feature in family.features if available(feature.value, stream_of))
    if not family.attributes:
        return listed
    described = select("described")
    return listed + tuple(
        Feature(name, described.last(name), "level" if name in stream.levels else "number", "attribute", ALL)
        for name in stream.numbers + stream.levels
    )


def streams_of(feature: Feature, family: Family, stream_of: Mapping[str, Stream]) -> tuple[str, ...]:
    """The names of the streams that a feature is computed from."""
    read = dict.fromkeys(stream_of[measure.selection.kinds[0]].name for measure in feature.value.measures())
    return tuple(read) or (family.stream,)


def needed_values(columns: tuple[Column, ...], stream: Stream) -> tuple[WindowValue, ...]:
    """The distinct values that the columns need from a stream, in the order of the windows."""
    every = (value for column in columns for value in column.value.window_values(column.days))
    needed = dict.fromkeys(value for value in every if value[0].selection.kinds[0] in stream.kinds)
    windows = sorted({days for _, days in needed}, key=lambda days: days or math.inf)
    for measure in [measure for measure, _ in needed if measure.disjoint]:
        last = max(days for other, days in needed if other == measure)
        needed |= dict.fromkeys((measure, days) for days in windows if 0 < days <= last)
    return tuple(sorted(needed, key=lambda value: windows.index(value[1])))

"""How a stream is put together: each row of a contract table becomes facts of several kinds, in one table."""

import dataclasses
from collections.abc import Mapping, Sequence

import ibis
from ibis import Table, Value

from holdfast.streams.stream import Stream


@dataclasses.dataclass(frozen=True)
class StreamTable:
    """A stream with its facts.

    Attributes:
        stream: what the columns are.
        facts: the table, one row a fact, with the columns `Stream.columns`.
    """

    stream: Stream
    facts: Table


@dataclasses.dataclass(frozen=True)
class FactKind:
    """The facts of one kind in the rows of a table; a row without the time has none.

    A fact carries only the values given here, so that what a row learns later (a rating, the time to a
    resolution) cannot be read off its earlier facts; nor its texts (`levels`) where they may be newer.

    Attributes:
        kind: the position among the stream's kinds, or an expression of it.
        values: columns of numbers and times.
        ends: times at which the fact ended, which may come later than the fact was known (`Stream.ends`).
        levels: whether it carries the row's texts.
    """

    kind: Value | int
    occurred_at: Value
    known_at: Value
    values: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    ends: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    levels: bool = True


def assemble(
    name: str,
    kinds: tuple[str, ...],
    table: Table,
    fact_kinds: Sequence[FactKind],
    *,
    keys: Mapping[str, str] | None = None,
    levels: tuple[str, ...] = (),
) -> StreamTable:
    """One stream of several kinds of facts, with the columns that the source has.

    Args:
        kinds: the names of all kinds.
        fact_kinds: those that the table has columns for.
        keys: name of the key → column that facts of an equal key share.
        levels: text columns.
    """
    numbers = tuple(dict.fromkeys(column for one in fact_kinds for column in (*one.ends, *one.values)))
    keys = {key: column for key, column in (keys or {}).items() if column in table.columns}
    levels = tuple(column for column in levels if column in table.columns)
    ends = tuple(dict.fromkeys(column for one in fact_kinds for column in one.ends))
    return StreamTable(
        Stream(name, kinds, mapped_kinds(kinds, fact_kinds), numbers, tuple(keys), levels, ends),
        ibis.union(*(facts(table, one, numbers, keys, levels) for one in fact_kinds)),
    )


def mapped_kinds(kinds: tuple[str, ...], fact_kinds: Sequence[FactKind]) -> tuple[str, ...]:
    """The kinds that the source has columns for; all of them where an expression decides."""
    positions = [one.kind for one in fact_kinds if isinstance(one.kind, int)]
    return tuple(kinds[position] for position in positions) if len(positions) == len(fact_kinds) else kinds


def facts(
    table: Table, one: FactKind, numbers: tuple[str, ...], keys: Mapping[str, str], levels: tuple[str, ...]
) -> Table:
    """The facts of one kind, with the columns of the whole stream."""
    kind = ibis.literal(one.kind) if isinstance(one.kind, int) else one.kind
    values = {**one.ends, **one.values}
    part = table.select(
        customer_id=table.customer_id,
        occurred_at=one.occurred_at.cast("timestamp(6)"),
        known_at=one.known_at.cast("timestamp(6)"),
        kind=kind.cast("int8"),
        **{column: as_number(values.get(column)) for column in numbers},
        **{
            f"{key}_key": ibis.cases((table[column].notnull(), table[column].hash()))
            for key, column in keys.items()
        },
        **{column: table[column] if one.levels else ibis.null("string") for column in levels},
    )
    always = isinstance(one.kind, int) and one.kind == 0
    return part if always else part.filter(part.occurred_at.notnull())


def as_number(value: Value | None) -> Value:
    """A number as float64, a time as microseconds, null where this kind of fact has none."""
    if value is None:
        return ibis.null("float64")
    if value.type().is_timestamp():
        return value.epoch_seconds().cast("float64") * 1e6
    return value.cast("float64")


def mapped(table: Table, *columns: str) -> dict[str, Value]:
    """Those of the columns that the source maps."""
    return {column: table[column] for column in columns if column in table.columns}


def later(time: Value, known: Value) -> Value:
    """The later of two times; null where the first is."""
    return ibis.cases((time.isnull(), ibis.null("timestamp")), else_=ibis.greatest(time, known))


def hours(since: Value, until: Value) -> Value:
    """Hours between two times, as float64."""
    return (until.epoch_seconds() - since.epoch_seconds()).cast("float64") / 3600

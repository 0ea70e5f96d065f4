"""Assemble streams: each row of a contract table becomes facts of several kinds in one table."""

import dataclasses
from collections.abc import Mapping, Sequence

import ibis
from ibis import Table, Value

from holdfast.streams.stream import Stream


@dataclasses.dataclass(frozen=True)
class StreamTable:
    """A stream with its facts.

    Attributes:
        stream: the description of the columns.
        facts: one row per fact, with the columns `Stream.columns`.
    """

    stream: Stream
    facts: Table


@dataclasses.dataclass(frozen=True)
class FactKind:
    """How a row of a table becomes a fact of one kind; a row without the time gives no fact.

    A fact has only these values, so that an earlier fact does not reveal later values of its row (a rating,
    the time to a resolution). Texts (`levels`) are left out if they may be newer than the fact.

    Attributes:
        kind: the index among the stream's kinds, or an expression for it.
        values: columns of numbers and times.
        ends: end times of the fact, which may be known later than the fact (`Stream.ends`).
        levels: whether the fact has the row's texts.
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
    """Build one stream from several kinds of facts, with the columns that the source has.

    Args:
        kinds: the names of all kinds.
        fact_kinds: the kinds for which the table has columns.
        keys: key → column; facts with equal keys are linked.
        levels: text columns.
    """
    numbers = tuple(dict.fromkeys(column for kind in fact_kinds for column in (*kind.ends, *kind.values)))
    keys = {key: column for key, column in (keys or {}).items() if column in table.columns}
    levels = tuple(column for column in levels if column in table.columns)
    ends = tuple(dict.fromkeys(column for kind in fact_kinds for column in kind.ends))
    return StreamTable(
        Stream(name, kinds, mapped_kinds(kinds, fact_kinds), numbers, tuple(keys), levels, ends),
        ibis.union(*(facts(table, kind, numbers, keys, levels) for kind in fact_kinds)),
    )


def mapped_kinds(kinds: tuple[str, ...], fact_kinds: Sequence[FactKind]) -> tuple[str, ...]:
    """The kinds for which the source has columns; all kinds if an expression decides."""
    positions = [fact_kind.kind for fact_kind in fact_kinds if isinstance(fact_kind.kind, int)]
    return tuple(kinds[position] for position in positions) if len(positions) == len(fact_kinds) else kinds


def facts(
    table: Table,
    fact_kind: FactKind,
    numbers: tuple[str, ...],
    keys: Mapping[str, str],
    levels: tuple[str, ...],
) -> Table:
    """The facts of one kind, with the columns of the whole stream."""
    kind = ibis.literal(fact_kind.kind) if isinstance(fact_kind.kind, int) else fact_kind.kind
    values = {**fact_kind.ends, **fact_kind.values}
    part = table.select(
        customer_id=table.customer_id,
        occurred_at=fact_kind.occurred_at.cast("timestamp(6)"),
        known_at=fact_kind.known_at.cast("timestamp(6)"),
        kind=kind.cast("int8"),
        **{column: as_number(values.get(column)) for column in numbers},
        **{
            f"{key}_key": ibis.cases((table[column].notnull(), table[column].hash()))
            for key, column in keys.items()
        },
        **{column: table[column] if fact_kind.levels else ibis.null("string") for column in levels},
    )
    always = isinstance(fact_kind.kind, int) and fact_kind.kind == 0
    return part if always else part.filter(part.occurred_at.notnull())


def as_number(value: Value | None) -> Value:
    """A number as float64, a time as microseconds, None as null."""
    if value is None:
        return ibis.null("float64")
    if value.type().is_timestamp():
        return value.epoch_seconds().cast("float64") * 1e6
    return value.cast("float64")


def mapped(table: Table, *columns: str) -> dict[str, Value]:
    """The given columns that the source maps."""
    return {column: table[column] for column in columns if column in table.columns}


def later(time: Value, known: Value) -> Value:
    """The later of two times; null if the first is null."""
    return ibis.cases((time.isnull(), ibis.null("timestamp")), else_=ibis.greatest(time, known))


def hours(since: Value, until: Value) -> Value:
    """Hours between two times, as float64."""
    return (until.epoch_seconds() - since.epoch_seconds()).cast("float64") / 3600

"""How facts become a stream: what the rows of a table tell, put together into one table of facts."""

import dataclasses
from collections.abc import Mapping

import ibis
from ibis import Table, Value

from holdfast.streams.stream import Stream


@dataclasses.dataclass(frozen=True)
class Told:
    """The facts of one kind that the rows of a table tell; a row without the time tells none of it.

    A fact carries only the values given here, so that what a row learns later (a rating, the time to a
    resolution) cannot be read off its earlier facts; nor its texts (`levels`) where they may be newer.
    """

    kind: Value | int
    occurred_at: Value
    known_at: Value
    values: Mapping[str, Value]
    levels: bool = True


def assemble(
    name: str,
    kinds: tuple[str, ...],
    table: Table,
    told: list[Told],
    *,
    keys: Mapping[str, str],
    levels: tuple[str, ...],
) -> Stream:
    """One stream of several kinds of facts, with the columns that the source has."""
    numbers = tuple(dict.fromkeys(column for facts in told for column in facts.values))
    keys = {key: column for key, column in keys.items() if column in table.columns}
    levels = tuple(column for column in levels if column in table.columns)
    parts = [select(table, facts, numbers, keys, levels) for facts in told]
    whole = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return Stream(name, kinds, told_kinds(kinds, told), numbers, tuple(keys), levels, whole)


def told_kinds(kinds: tuple[str, ...], told: list[Told]) -> tuple[str, ...]:
    """The kinds that the source's columns can tell; all of them where an expression decides."""
    if any(not isinstance(facts.kind, int) for facts in told):
        return kinds
    return tuple(kinds[facts.kind] for facts in told if isinstance(facts.kind, int))


def select(
    table: Table, facts: Told, numbers: tuple[str, ...], keys: Mapping[str, str], levels: tuple[str, ...]
) -> Table:
    """The rows of one kind of facts."""
    kind = ibis.literal(facts.kind) if isinstance(facts.kind, int) else facts.kind
    part = table.select(
        customer_id=table.customer_id,
        occurred_at=facts.occurred_at.cast("timestamp(6)"),
        known_at=facts.known_at.cast("timestamp(6)"),
        kind=kind.cast("int8"),
        **{column: as_number(facts.values.get(column)) for column in numbers},
        **{
            f"{key}_key": ibis.cases((table[column].notnull(), table[column].hash()))
            for key, column in keys.items()
        },
        **{column: table[column] if facts.levels else ibis.null("string") for column in levels},
    )
    always = isinstance(facts.kind, int) and facts.kind == 0
    return part if always else part.filter(part.occurred_at.notnull())


def as_number(value: Value | None) -> Value:
    """A number as float64, a time as microseconds, null where this kind of fact has none."""
    if value is None:
        return ibis.null("float64")
    if value.type().is_timestamp():
        return value.epoch_seconds().cast("float64") * 1e6
    return value.cast("float64")


def present(table: Table, *columns: str) -> dict[str, Value]:
    """Those of the columns that the source has."""
    return {column: table[column] for column in columns if column in table.columns}


def later(time: Value, known: Value) -> Value:
    """The later of two times; null where the first is."""
    return ibis.cases((time.isnull(), ibis.null("timestamp")), else_=ibis.greatest(time, known))


def hours(since: Value, until: Value) -> Value:
    """Hours between two times, as float64."""
    return (until.epoch_seconds() - since.epoch_seconds()).cast("float64") / 3600

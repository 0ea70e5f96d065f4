"""The facts of one stream in one bucket, as arrays in the order of the window scan.

Times are int64 microseconds of the source's wall clock. A fact without a time, such as an unchanging
attribute, has the time ALWAYS, before all as-of dates. An event that has not happened has NEVER, after all.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.streams.clock import ALWAYS, DAY, HOUR, THURSDAY
from holdfast.streams.links import NO_KEY, link
from holdfast.streams.order import group, sort_groups
from holdfast.streams.stream import Stream

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CLOCK: Mapping[str, Callable[[Ints], Ints]] = {
    "day": lambda time: time // DAY,
    "weekday": lambda time: (time // DAY + THURSDAY) % 7,
    "hour": lambda time: time % DAY // HOUR,
}  # keys of every stream: the day, weekday or hour of a fact


@dataclasses.dataclass(frozen=True)
class Facts:
    """One stream of one bucket, sorted by customer, `occurred_at`, then all other values.

    Attributes:
        start: (customers + 1,) the facts of customer `c` are `start[c]:start[c + 1]`.
        occurred_at, known_at: (facts,) microseconds; known_at >= occurred_at.
        kind: (facts,) one bit for each fact: `1 << position` of its kind among the stream's kinds.
        kinds: the stream's kinds, in the order of their bits.
        numbers: (columns, facts) numbers and times in microseconds, then levels as codes; NaN: null.
        number_names: the names of the rows of `numbers`.
        levels: level column → the texts of its codes.
        newer, older: (keys, facts) see `links.link`.
        key_names: the names of the rows of `newer` and `older`.
    """

    start: Ints
    occurred_at: Ints
    known_at: Ints
    kind: NDArray[np.uint8]
    kinds: tuple[str, ...]
    numbers: Floats
    number_names: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    newer: NDArray[np.int32]
    older: NDArray[np.int32]
    key_names: tuple[str, ...]

    def bits(self, kinds: tuple[str, ...]) -> int:
        """The sum of the bits of several kinds."""
        return sum(1 << self.kinds.index(kind) for kind in kinds)

    def customer(self) -> Ints:
        """(facts,) the customer of each fact."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))


def arrange(
    stream: Stream, table: pa.Table, customers: pa.Array, keys: Collection[str] | None = None
) -> Facts:
    """Sort the facts of one bucket, and link facts with equal keys.

    Args:
        table: the bucket's facts, in any order; the same facts give the same arrays.
        customers: the bucket's customers, sorted; facts of other customers are left out.
        keys: the keys to link by; None: all keys.
    """
    who = pc.index_in(table["customer_id"], value_set=customers).combine_chunks()
    if who.null_count:
        table, who = table.filter(pc.is_valid(who)), who.drop_null()
    start, order = group(who.to_numpy(), len(customers))
    occurred, known = micros(table["occurred_at"], ALWAYS), micros(table["known_at"], ALWAYS)
    numbers, levels = number_columns(stream, table)
    hashes = np.empty((len(stream.keys), table.num_rows), np.int64)
    for row, name in zip(hashes, stream.keys, strict=True):
        row[:] = hash_column(table[f"{name}_key"])
    kind = (1 << table["kind"].to_numpy()).astype(np.uint8)
    sort_groups(start, order, occurred, known, kind, numbers.view(np.int64), hashes)
    occurred = occurred[order]
    linked = [name for name in (*CLOCK, *stream.keys) if keys is None or name in keys]
    links = [link(start, key_of(name, stream, occurred, hashes, order)) for name in linked]
    nothing = np.empty((0, len(order)), np.int32)
    return Facts(
        start=start,
        occurred_at=occurred,
        known_at=np.maximum(known[order], occurred),
        kind=kind[order],
        kinds=stream.kinds,
        numbers=np.take(numbers, order, axis=1),
        number_names=stream.numbers + stream.levels,
        levels=levels,
        newer=np.stack([newer for newer, _ in links]) if links else nothing,
        older=np.stack([older for _, older in links]) if links else nothing,
        key_names=tuple(linked),
    )


def key_of(name: str, stream: Stream, occurred: Ints, hashes: Ints, order: Ints) -> Ints:
    """(facts,) the value of a key for each fact, in their order; NO_KEY where it is null."""
    if name in CLOCK:
        return np.where(occurred == ALWAYS, NO_KEY, CLOCK[name](occurred))
    return np.asarray(hashes[stream.keys.index(name), order])


def hash_column(column: pa.ChunkedArray) -> Ints:
    """(facts,) the hash of each value; NO_KEY where it is null."""
    return np.asarray(column.fill_null(NO_KEY).to_numpy(), dtype=np.int64)


def micros(column: pa.ChunkedArray, null: int) -> Ints:
    """A timestamp column as microseconds."""
    whole = column.cast(pa.timestamp("us")).cast(pa.int64())
    return np.asarray(whole.fill_null(null).to_numpy(), dtype=np.int64)


def number_columns(stream: Stream, table: pa.Table) -> tuple[Floats, dict[str, tuple[str, ...]]]:
    """(columns, facts): the stream's numbers, then its levels as codes (in the order of their texts)."""
    numbers = np.empty((len(stream.numbers) + len(stream.levels), table.num_rows))
    for row, name in zip(numbers, stream.numbers, strict=False):
        row[:] = as_floats(table[name])
    levels: dict[str, tuple[str, ...]] = {}
    for row, name in zip(numbers[len(stream.numbers) :], stream.levels, strict=True):
        texts = pc.unique(table[name]).drop_null().sort()
        levels[name] = tuple(texts.to_pylist())
        row[:] = as_floats(pc.index_in(table[name], value_set=texts))
    return numbers, levels


def as_floats(column: pa.ChunkedArray) -> Floats:
    """A number, flag or time column as float64; NaN: null."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us")).cast(pa.int64())
    return np.asarray(column.cast(pa.float64()).fill_null(np.nan).to_numpy(), dtype=np.float64)

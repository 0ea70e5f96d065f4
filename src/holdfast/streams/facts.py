"""The facts of one stream in one bucket, as arrays in the order in which the walk reads them.

Times are int64 microseconds of the source's wall clock. What was always so (a customer's unchanging
attribute: its time is null) carries ALWAYS; what has not happened is NEVER, later than any as-of date.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.streams.links import NO_KEY, link
from holdfast.streams.stream import Stream

DAY = 86_400_000_000  # microseconds
NEVER = np.iinfo(np.int64).max
ALWAYS = np.iinfo(np.int64).min

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Facts:
    """One stream of one bucket, sorted by customer, `occurred_at`, then everything else.

    Attributes:
        start: (customers + 1,) the facts of customer `c` are `start[c]:start[c + 1]`.
        occurred_at, known_at: (facts,) microseconds; known_at >= occurred_at.
        kind: (facts,) one bit a fact: `1 << position` of its kind in the stream's kinds.
        kinds: the stream's kinds, in the order of their bits.
        numbers: (columns, facts) values, NaN where null; times as microseconds; levels as codes.
        number_names: the rows of `numbers`, by name.
        levels: for each level column, the texts its codes stand for.
        newer, older: (keys, facts) the next and the previous fact of the same customer with an equal
            key, or -1; `links.KEYLESS` where the key is null.
        key_names: the rows of `newer` and `older`, by name; the first is `day`.
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
        """The bits of several kinds together."""
        return sum(1 << self.kinds.index(kind) for kind in kinds)

    def customer(self) -> Ints:
        """(facts,) the customer of each fact."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))


def arrange(stream: Stream, table: pa.Table, customers: pa.Array) -> Facts:
    """Sort one bucket of a stream and link what belongs together.

    Args:
        stream: what the columns of `table` are.
        table: the bucket's facts, in any order; the same facts give the same arrays.
        customers: the bucket's customers, sorted; facts of others are left out.
    """
    who = pc.index_in(table["customer_id"], value_set=customers).combine_chunks()
    table = table.filter(pc.is_valid(who))
    code = who.drop_null().to_numpy().astype(np.int64)
    occurred, known = micros(table["occurred_at"], ALWAYS), micros(table["known_at"], ALWAYS)
    numbers, levels = number_columns(stream, table)
    keys = [table[f"{name}_key"].fill_null(NO_KEY).to_numpy().astype(np.int64) for name in stream.keys]
    kind = (1 << table["kind"].to_numpy()).astype(np.uint8)
    order = sorting(code, occurred, [known, kind, *numbers, *keys])
    code, occurred, known = code[order], occurred[order], known[order]
    start = np.searchsorted(code, np.arange(len(customers) + 1)).astype(np.int64)
    links = [link(start, occurred // DAY), *(link(start, key[order]) for key in keys)]
    return Facts(
        start=start,
        occurred_at=occurred,
        known_at=np.maximum(known, occurred),
        kind=kind[order],
        kinds=stream.kinds,
        numbers=np.stack([column[order] for column in numbers] or [np.zeros(len(order))]),
        number_names=stream.numbers + stream.levels,
        levels=levels,
        newer=np.stack([newer for newer, _ in links]),
        older=np.stack([older for _, older in links]),
        key_names=("day", *stream.keys),
    )


def micros(column: pa.ChunkedArray, null: int) -> Ints:
    """A timestamp column as microseconds."""
    whole = column.cast(pa.timestamp("us")).cast(pa.int64())
    return np.asarray(whole.fill_null(null).to_numpy(), dtype=np.int64)


def number_columns(stream: Stream, table: pa.Table) -> tuple[list[Floats], dict[str, tuple[str, ...]]]:
    """The stream's numbers and its levels as codes (in the order of their texts)."""
    columns = [as_floats(table[name]) for name in stream.numbers]
    levels: dict[str, tuple[str, ...]] = {}
    for name in stream.levels:
        texts = pc.unique(table[name]).drop_null().sort()
        levels[name] = tuple(texts.to_pylist())
        columns.append(as_floats(pc.index_in(table[name], value_set=texts)))
    return columns, levels


def as_floats(column: pa.ChunkedArray) -> Floats:
    """A number, flag or time column as float64, NaN where null."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us")).cast(pa.int64())
    return np.asarray(column.cast(pa.float64()).fill_null(np.nan).to_numpy(), dtype=np.float64)


def sorting(code: Ints, occurred: Ints, ties: list[NDArray[np.generic]]) -> NDArray[np.intp]:
    """The order by customer and time; facts of one moment by all their other columns.

    Only with the ties broken does the same bucket give bit-identical sums whatever order it came in.
    Most facts are alone at their moment or few: only the others are sorted by every column.
    """
    order = np.lexsort((occurred, code))
    same = (np.diff(code[order]) == 0) & (np.diff(occurred[order]) == 0)
    tied = np.concatenate([[False], same]) | np.concatenate([same, [False]])
    if tied.any():
        among = order[tied]
        columns = [column[among] for column in reversed(ties)]
        order[tied] = among[np.lexsort((*columns, occurred[among], code[among]))]
    return order

"""The description of a stream: an event table with one row a fact.

A `Stream` holds only plain values, so that any engine can use it; the facts are in `streams.assembly`.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Stream:
    """The columns of a stream.

    Attributes:
        name: the name of the stream and of its contract table.
        kinds: the kinds of facts, at most eight; column `kind` holds the position.
        mapped_kinds: the kinds for which the source has columns.
        numbers: columns of numbers or times; null: unknown.
        keys: what facts may have in common, such as an order or a product; column `<key>_key` holds a hash.
        levels: text columns with few values.
        ends: the columns among `numbers` with the end of a fact, which was known only then. Only
            `Selection.open` may read them.
    """

    name: str
    kinds: tuple[str, ...]
    mapped_kinds: tuple[str, ...]
    numbers: tuple[str, ...]
    keys: tuple[str, ...]
    levels: tuple[str, ...]
    ends: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its facts, in order. A null `occurred_at` means that the fact always held."""
        keys = tuple(f"{key}_key" for key in self.keys)
        return ("customer_id", "occurred_at", "known_at", "kind", *self.numbers, *keys, *self.levels)

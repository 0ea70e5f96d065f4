"""What a stream is: an event table, one row a fact, with the moment it happened and was known.

A `Stream` is values alone, so that it can be handed to any engine; `streams.assembly` has its facts.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Stream:
    """What the columns of a stream are.

    Attributes:
        name: the stream's name, which is its contract table's.
        kinds: what a fact can be (at most eight); column `kind` holds the position.
        mapped_kinds: those of the kinds that the source has columns for.
        numbers: columns of numbers or times, null where unknown.
        keys: things that facts can share (an order, a product); column `<key>_key` holds a hash.
        levels: columns of text with few values.
        ends: those of the numbers that say when a fact ended, which was known only then: a selection may be
            `open` by them, and nothing else may read them.
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
        """The columns of its table of facts, in order. A null `occurred_at`: it was always so."""
        keys = tuple(f"{key}_key" for key in self.keys)
        return ("customer_id", "occurred_at", "known_at", "kind", *self.numbers, *keys, *self.levels)

"""What a stream is: an event table, one row a fact, with the moment it happened and was known."""

import dataclasses

import ibis


@dataclasses.dataclass(frozen=True)
class Stream:
    """A stream and what its columns are.

    Attributes:
        name: the stream's name, which is its contract table's.
        kinds: what a fact can be (at most eight); column `kind` holds the position.
        mapped_kinds: those of the kinds that the source has columns for.
        numbers: columns of numbers or times, null where unknown.
        keys: things that facts can share (an order, a product); column `<key>_key` holds a hash.
        levels: columns of text with few values.
        ends: those of the numbers that say when a fact ended, which was known only then: a selection may be
            `open` by them, and nothing else may read them.
        facts: the table: customer_id, occurred_at, known_at, kind, then the columns above. A null
            `occurred_at` means that it was always so.
    """

    name: str
    kinds: tuple[str, ...]
    mapped_kinds: tuple[str, ...]
    numbers: tuple[str, ...]
    keys: tuple[str, ...]
    levels: tuple[str, ...]
    facts: ibis.Table
    ends: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `facts` in order."""
        keys = tuple(f"{key}_key" for key in self.keys)
        return ("customer_id", "occurred_at", "known_at", "kind", *self.numbers, *keys, *self.levels)

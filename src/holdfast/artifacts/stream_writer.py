"""Write streams in buckets of customers. Where a table has only new parts, only their facts are written."""

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ibis import Table

from holdfast.artifacts.streams import PRICED, PRICES, PreviousStream, is_prices
from holdfast.artifacts.validated import ValidatedTables
from holdfast.engine.engine import Engine
from holdfast.files import hash_json, link_or_copy
from holdfast.storage import Location
from holdfast.streams.assembly import StreamTable
from holdfast.streams.definitions import PRICED as PRICE_COLUMNS
from holdfast.streams.definitions import define, first_prices, with_first_prices
from holdfast.streams.stream import Stream

MAX_PARTS = 30  # with so many parts, a stream is written anew: many small files are slow to read

logger = logging.getLogger(__name__)


class StreamWriter:
    """Writes the streams of a source into a folder.

    Args:
        attributes: the columns of customers that become features.
        previous: the unchanged streams of an earlier run with the same number of buckets.
    """

    def __init__(
        self, engine: Engine, validated: ValidatedTables, attributes: tuple[str, ...], out: Location,
        buckets: int, previous: Mapping[str, PreviousStream],
    ) -> None:  # fmt: skip
        self.engine, self.validated, self.attributes = engine, validated, attributes
        self.out, self.buckets, self.previous = out, buckets, previous
        self.tables = validated.tables(engine)
        self.kept: dict[str, str] = {}  # files of earlier runs at an address, which cannot be linked

    def write_all(self) -> dict[str, dict[str, Any]]:
        """Write every stream, and return its manifest entry by name."""
        return {
            name: self.write(table.stream) for name, table in define(self.tables, self.attributes).items()
        }

    def write(self, stream: Stream) -> dict[str, Any]:
        """Write one stream, or only its new facts, and return its manifest entry."""
        shape = hash_json(
            [stream.columns, stream.kinds, stream.mapped_kinds, self.attributes, type(self.engine).__name__]
        )
        parts, before = self.validated.large_parts(stream.name), self.previous.get(stream.name)
        entry = {"shape": shape, "validated": sorted(parts.values()), "parts": 1}
        if before is not None and before.entry["shape"] == shape:
            if before.entry["validated"] == entry["validated"]:
                self._carry_over(before)
                return dict(before.entry)
            if self._add_new(stream.name, parts, before):
                return entry | {"parts": before.entry["parts"] + 1}
        rows = self.tables[stream.name]
        if is_priced(stream.name, rows):
            rows = with_first_prices(rows, self._keep_prices(first_prices(rows)))
        self.engine.write_buckets(self._stream_of(stream.name, rows), self.out, self.buckets)
        return entry

    def _add_new(self, name: str, parts: Mapping[Location, str], before: PreviousStream) -> bool:
        """Add the facts of new parts to a stream; False (nothing written): it must be written anew.

        Args:
            parts: of the validated table: path → SHA-256.
        """
        written_digests, new = Counter(before.entry["validated"]), []
        for path, digest in parts.items():
            if written_digests[digest]:
                written_digests[digest] -= 1
            else:
                new.append(path)
        written = int(before.entry["parts"])
        if written_digests.total() or written >= MAX_PARTS:
            return False
        rows = self.engine.read_parquet(new)
        if is_priced(name, rows):
            prices, new_prices = self.engine.read_parquet(before.prices), first_prices(rows)
            if changes_prices(prices, new_prices):
                return False
            others = new_prices.anti_join(prices, "product_id")
            rows = with_first_prices(rows, self._keep_prices(prices.union(others)))
        logger.info("%s: adding %d new %s", name, len(new), "parts" if len(new) > 1 else "part")
        self._carry_over(before, prices=False)
        self.engine.write_buckets(self._stream_of(name, rows), self.out, self.buckets, part=written)
        return True

    def _stream_of(self, name: str, rows: Table) -> StreamTable:
        """The stream built from some rows of its table."""
        return define({name: rows}, self.attributes)[name]

    def _keep_prices(self, prices: Table) -> Table:
        """Write the prices, sorted by product, and read them back."""
        path = self.out / PRICES
        self.engine.write_parquet(prices.order_by("product_id"), path)
        return self.engine.read_parquet(path)

    def _carry_over(self, before: PreviousStream, prices: bool = True) -> None:
        """Keep the files of an earlier run: linked or copied into the new folder, or named where they lie.

        Args:
            prices: whether to keep the first prices, too.
        """
        files = {file: version for file, version in before.files.items() if prices or not is_prices(file)}
        if isinstance(self.out, Path) and isinstance(before.folder, Path):
            for file in files:
                link_or_copy(before.folder / file, self.out / file)
        else:
            self.kept.update(files)


def is_priced(name: str, rows: Table) -> bool:
    """Whether the facts of a stream are compared with the first price of their product."""
    return name == PRICED and set(rows.columns) >= PRICE_COLUMNS


def changes_prices(written: Table, new: Table) -> bool:
    """Whether new rows change the first price of a product that was already written."""
    both = new.join(written, "product_id", rname="written_{name}")
    earlier = both.since < both.written_since
    lower = (both.since == both.written_since) & (both.first_price < both.written_first_price)
    return bool(both.filter(earlier | lower).count().to_pyarrow().as_py())

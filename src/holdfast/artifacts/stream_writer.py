"""Write streams in buckets of customers; of a table that grew, only the facts of its new rows."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ibis import Table

from holdfast.artifacts.streams import PRICED, PRICES, StandingStream
from holdfast.artifacts.validated import ValidatedTables
from holdfast.engine.buckets import write_buckets
from holdfast.engine.duckdb import DuckDB
from holdfast.files import hash_json, link_or_copy
from holdfast.streams.definitions import PRICED as PRICE_COLUMNS
from holdfast.streams.definitions import define, first_prices, with_first_prices
from holdfast.streams.stream import Stream

MAX_PARTS = 30  # added to so often, a stream is written as a whole: many small files are slow to read

logger = logging.getLogger(__name__)


class StreamWriter:
    """Writes the streams of a source into a folder.

    Args:
        attributes: the columns of customers that become features.
        standing: the streams that an earlier run wrote into as many buckets.
    """

    def __init__(
        self, engine: DuckDB, validated: ValidatedTables, attributes: tuple[str, ...], out: Path,
        buckets: int, standing: Mapping[str, StandingStream],
    ) -> None:  # fmt: skip
        self.engine, self.validated, self.attributes = engine, validated, attributes
        self.out, self.buckets, self.standing = out, buckets, standing
        self.tables = validated.tables(engine)

    def write_all(self) -> dict[str, dict[str, Any]]:
        """Write every stream; gives what the manifest says of each."""
        return {name: self.write(stream) for name, stream in define(self.tables, self.attributes).items()}

    def write(self, stream: Stream) -> dict[str, Any]:
        """Write one stream, or as much of it as is new; gives what the manifest says of it."""
        shape = hash_json([stream.columns, stream.kinds, stream.mapped_kinds, self.attributes])
        table, before = self.validated.table_digest(stream.name), self.standing.get(stream.name)
        made_of = {"shape": shape, "table": table, "parts": 1}
        if before is not None and before.made_of["shape"] == shape:
            if before.made_of["table"] == table:
                self._carry_over(before)
                return dict(before.made_of)
            if self._add_new(stream.name, before):
                return made_of | {"parts": before.made_of["parts"] + 1}
        rows = self.tables[stream.name]
        if is_priced(stream.name, rows):
            rows = with_first_prices(rows, self._keep_prices(first_prices(rows)))
        write_buckets(self.engine, self._stream_of(stream.name, rows), self.out, self.buckets)
        return made_of

    def _add_new(self, name: str, before: StandingStream) -> bool:
        """Add the facts of new rows to a stream; False, and nothing is written, where all must be written."""
        parts = int(before.made_of["parts"])
        stood = self.validated.manifest["readings"][name]["grown_from"].get(before.made_of["table"])
        if stood is None or parts >= MAX_PARTS:
            return False
        rows = self._rows_from(name, stood)
        if is_priced(name, rows):
            known, new = self.engine.read_parquet(before.folder / PRICES), first_prices(rows)
            if changes_prices(known, new):
                return False
            others = new.anti_join(known, "product_id")
            rows = with_first_prices(rows, self._keep_prices(known.union(others)))
        logger.info("%s: adding what is new to %s rows", name, f"{stood:,}")
        self._carry_over(before, but=PRICES)
        write_buckets(self.engine, self._stream_of(name, rows), self.out, self.buckets, part=parts)
        return True

    def _stream_of(self, name: str, rows: Table) -> Stream:
        """The stream of some rows of its table."""
        return define({name: rows}, self.attributes)[name]

    def _rows_from(self, name: str, first: int) -> Table:
        """The rows of a validated table from a position on."""
        path = self.validated.file(name)
        rows = self.engine.con.read_parquet([str(path)], file_row_number=True)
        return rows.filter(rows.file_row_number >= first).drop("file_row_number")

    def _keep_prices(self, prices: Table) -> Table:
        """The prices as they were written, sorted by product."""
        path = self.out / PRICES
        self.engine.write_parquet(prices.order_by("product_id"), path)
        return self.engine.read_parquet(path)

    def _carry_over(self, before: StandingStream, but: str = "") -> None:
        """Put the files of an earlier run into the new folder, save one."""
        for file in before.files:
            if file != but:
                link_or_copy(before.folder / file, self.out / file)


def is_priced(name: str, rows: Table) -> bool:
    """Whether the facts of a stream are compared with the first price of their product."""
    return name == PRICED and set(rows.columns) >= PRICE_COLUMNS


def changes_prices(known: Table, new: Table) -> bool:
    """Whether new rows say another first price of a product than those that stand."""
    both = new.join(known, "product_id", rname="known_{name}")
    earlier = both.since < both.known_since
    lower = (both.since == both.known_since) & (both.first_price < both.known_first_price)
    return bool(both.filter(earlier | lower).count().to_pyarrow().as_py())

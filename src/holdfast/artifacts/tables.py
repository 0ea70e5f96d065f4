"""Read and write the Parquet files of artifacts. Libraries are imported at the first call."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.storage import Location, read_table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def read_tables(files: Iterable[Location], columns: list[str] | None = None) -> "pa.Table":
    """The rows of several Parquet files, one after the other."""
    import pyarrow as pa

    return pa.concat_tables(read_table(file, columns) for file in files)


def read_frame(file: Path, columns: list[str] | None = None) -> "pd.DataFrame":
    """The rows of a Parquet file as a data frame; `columns`: None for all."""
    frame: pd.DataFrame = read_table(file, columns).to_pandas()
    return frame


def write_table(table: "pa.Table", file: Path) -> None:
    """Write a Parquet file."""
    import pyarrow.parquet as pq

    pq.write_table(table, file, compression="zstd")

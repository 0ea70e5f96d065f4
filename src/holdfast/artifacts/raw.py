"""The demo company's raw tables, and separately its true churn probabilities.

data/raw/demo/<table>/part-*.parquet   the tables of an export
data/truth/demo.parquet                the true churn probabilities; no training may read them
"""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.artifacts.artifact import Root
from holdfast.files import replacing

if TYPE_CHECKING:
    import pyarrow as pa


def demo_folder(root: Root) -> Path:
    """The folder of the demo company's raw tables."""
    return root.data / "raw" / "demo"


def truth_file(root: Root) -> Path:
    """The file of the demo company's true probabilities."""
    return root.data / "truth" / "demo.parquet"


def write_demo(
    root: Root, chunks: "Iterable[tuple[Mapping[str, pa.Table], pa.Table]]", schema: "pa.Schema", count: int
) -> None:
    """Replace the raw tables, and write the true probabilities atomically.

    Args:
        chunks: for each chunk of customers, the raw tables by name and the true probabilities (`schema`).
        count: the number of chunks; file names have as many digits.
    """
    import pyarrow.parquet as pq

    width, truth = max(3, len(str(count - 1))), truth_file(root)
    cleared: set[str] = set()
    with replacing(truth) as unfinished, pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
        for number, (tables, true_rows) in enumerate(chunks):
            for name, table in tables.items():
                folder = demo_folder(root) / name
                if name not in cleared:
                    shutil.rmtree(folder, ignore_errors=True)
                    folder.mkdir(parents=True)
                    cleared.add(name)
                pq.write_table(table, folder / f"part-{number:0{width}d}.parquet", compression="zstd")
            writer.write_table(true_rows)


def read_truth(root: Root) -> "pa.Table | None":
    """The true probabilities (see `demo.truth.SCHEMA`); None where there are none."""
    import pyarrow.parquet as pq

    path = truth_file(root)
    return pq.read_table(path) if path.is_file() else None

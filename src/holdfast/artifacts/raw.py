"""The raw tables of a demo company, and separately the truth about it.

data/raw/demo/<table>/part-*.parquet   the tables of an export
data/truth/demo.parquet                the true churn probabilities; no training may read them
data/raw/demo_subscriptions/…, data/truth/demo_subscriptions.parquet   of the company with subscriptions
"""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.tables import write_table
from holdfast.files import replacing
from holdfast.storage import read_table

if TYPE_CHECKING:
    import pyarrow as pa


def demo_folder(root: Root, company: str = "demo") -> Path:
    """The folder of a demo company's raw tables."""
    return root.data / "raw" / company


def truth_file(root: Root, company: str = "demo") -> Path:
    """The file of the truth about a demo company."""
    return root.data / "truth" / f"{company}.parquet"


def write_demo(
    root: Root, chunks: "Iterable[tuple[Mapping[str, pa.Table], pa.Table]]", schema: "pa.Schema", count: int,
    company: str = "demo",
) -> None:  # fmt: skip
    """Replace the raw tables, and write the truth atomically.

    Args:
        chunks: for each chunk of customers, the raw tables by name and the truth (`schema`).
        count: the number of chunks; file names have as many digits.
        company: the name of its source.
    """
    import pyarrow.parquet as pq

    width, truth = max(3, len(str(count - 1))), truth_file(root, company)
    cleared: set[str] = set()
    with replacing(truth) as unfinished, pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
        for number, (tables, true_rows) in enumerate(chunks):
            for name, table in tables.items():
                folder = demo_folder(root, company) / name
                if name not in cleared:
                    shutil.rmtree(folder, ignore_errors=True)
                    folder.mkdir(parents=True)
                    cleared.add(name)
                write_table(table, folder / f"part-{number:0{width}d}.parquet")
            writer.write_table(true_rows)


def read_truth(root: Root) -> "pa.Table | None":
    """The true probabilities (see `demo.truth.SCHEMA`); None where there are none."""
    path = truth_file(root)
    return read_table(path) if path.is_file() else None

"""Training features: snapshots with labels and features, and the texts that customers wrote.

data/features/<source>/train-<as_of>/part-*.parquet   one file a bucket
data/features/<source>/train-<as_of>/texts.parquet    personal data: the only artifact that holds texts
"""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.artifacts.tables import read_tables, write_table
from holdfast.features.summary import FeaturesSummary
from holdfast.storage import Location, find_files, open_for_writing, read_table
from holdfast.timeline.outcome import Outcome

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis import Table

    from holdfast.engine.engine import Engine
    from holdfast.engine.parallel import Buckets
    from holdfast.features.extraction import Extraction
    from holdfast.text.log import TextLog


TEXTS = "texts.parquet"


class Features(Artifact):
    """One row a snapshot, key (customer_id, as_of): churned (float64, null while immature), the features.

    The manifest holds `dates` (for each: rows, labelled, churned), `columns` (name → reason code), `outcome`,
    `first_day` of the log that churn is read from, `customer_share` (drawn into the sample; 1: all), and
    `texts_since` if the source has texts.
    """

    is_large = True

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        return root.data / "features" / root.source / f"train-{key.day}"

    @property
    def summary(self) -> FeaturesSummary:
        """The table in figures."""
        about = self.manifest
        return FeaturesSummary(
            dates={dt.date.fromisoformat(date): counts for date, counts in about["dates"].items()},
            columns=about["columns"],
            rows=int(about["rows"]),
            outcome=Outcome(**about["outcome"]),
            first_day=dt.date.fromisoformat(about["first_day"]),
            customer_share=float(about["customer_share"]),
        )

    def table(self) -> "pa.Table":
        """All rows, in the order of the buckets."""
        return read_tables(find_files(self.large, "part-*.parquet"))

    def texts(self) -> "TextLog | None":
        """The texts of the customers; None: the source has no column of texts."""
        from holdfast.text.log import TextLog

        since = self.manifest.get("texts_since")
        if since is None:
            return None
        days = {dt.date.fromisoformat(date): dt.date.fromisoformat(first) for date, first in since.items()}
        return TextLog(read_table(self.folder / TEXTS), days)


def customers_in(engine: "Engine", folder: Location) -> "Table":
    """The distinct customers of the features in a folder: customer_id."""
    return engine.read_parquet(find_files(folder, "part-*.parquet")).select("customer_id").distinct()


def part_of(folder: Location, bucket: int) -> Location:
    """The file of one bucket."""
    return folder / f"part-{bucket:05}.parquet"


def write_part(folder: Location, bucket: int, rows: "pa.Table") -> None:
    """Write the rows of one bucket in one step, since an engine may run a task twice.

    Numbers get no dictionary: encoding them would take most of the time.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [field.name for field in rows.schema if not pa.types.is_floating(field.type)]
    with open_for_writing(part_of(folder, bucket)) as file:
        pq.write_table(rows, file, compression="lz4", use_dictionary=texts, write_statistics=texts)


def write_features(folder: Location, extraction: "Extraction", buckets: "Buckets") -> dict[str, Any]:
    """Write the features of every bucket and return the manifest's `dates`, `rows` and `customer_share`."""
    import pyarrow as pa

    from holdfast.features.extraction import count_dates, extract_bucket, sample_share
    from holdfast.features.summary import LABELS

    share = sample_share(extraction, buckets.read(0, extraction.streams), buckets.count)

    def write(number: int, facts: "dict[str, pa.Table]") -> "pa.Table":
        part = extract_bucket(extraction, facts, share)
        write_part(folder, number, part)
        return part.select([name for name in ("as_of", *LABELS) if name in part.column_names])

    dates = count_dates(pa.concat_tables(buckets.map(write, extraction.streams)))
    return {"dates": dates, "rows": sum(date["rows"] for date in dates.values()), "customer_share": share}


def write_texts(folder: Path, texts: "TextLog") -> dict[str, Any]:
    """Write the texts and return the manifest entries."""
    write_table(texts.table, folder / TEXTS)
    return {"texts_since": {str(date): str(first) for date, first in texts.since.items()}}

"""Validated tables and rejected rows.

data/validated/<source>/<table>.parquet/part-*.parquet   the rows that keep the table's contract
data/validated/<source>/arrivals.parquet                 rows by table and arrival day
data/rejected/<source>/<table>.parquet/part-*.parquet    the rows that break it: file, row and rule
<root>/data/validated/<source>/<run>/…                   copies of the parts, where the root is an address

A table is a folder with one part for each raw file.
"""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.artifacts.tables import read_frame, read_tables
from holdfast.errors import DataRefused
from holdfast.storage import Location, RemotePath
from holdfast.timeline.arrivals import STRAY_DAYS

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from ibis import Table

    from holdfast.engine.engine import Engine


ARRIVALS = "arrivals.parquet"

logger = logging.getLogger(__name__)


class ValidatedTables(Artifact):
    """The tables of a source that keep their contracts (see `contracts.tables`).

    The manifest holds for each table its report (`tables`), its parts (`parts`) and the hashes of the raw
    files (`inputs`; null for a database), its content (`contents`, see `sources.deliveries`), the day after
    its last arrival (`ends`, see `timeline.arrivals`), the new files with many rejected rows
    (`rejected_files`, see `sources.refusals`), and the suggested horizon and eligibility (`choices`, see
    `timeline.choices`; null: there are no purchases).
    """

    is_large = True

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        del key
        return root.data / "validated" / root.source

    @property
    def rejected(self) -> Path:
        """The folder of the rejected rows."""
        return rejected_folder(self.folder)

    @property
    def reports(self) -> dict[str, dict[str, Any]]:
        """The report of each table (see `sources.report.TableReport`)."""
        return dict(self.manifest["tables"])

    @property
    def contents(self) -> dict[str, dict[str, float]]:
        """The rows, customers and missing values of each table (see `sources.deliveries.describe_tables`)."""
        return dict(self.manifest["contents"])

    @property
    def rejected_files(self) -> list[dict[str, Any]]:
        """The new files with many rejected rows (see `sources.refusals.rejected_files`)."""
        return list(self.manifest["rejected_files"])

    def counts(self, *names: str) -> dict[str, dict[str, Any]]:
        """Some counts of each table's report: rows read, accepted, rejected."""
        return {table: {name: report[name] for name in names} for table, report in self.reports.items()}

    def row_counts(self) -> dict[str, dict[str, Any]]:
        """The numbers of rows of each table: read, accepted, rejected and out of scope."""
        return self.counts("read", "accepted", "rejected", "out_of_scope")

    def provenance(self) -> dict[str, Any]:
        """The entries about the data in a model card."""
        return {
            "data": self.counts("read", "accepted", "rejected", "out_of_scope", "by_rule"),
            "choices": self.choices,
            "hashes": {"raw": self.manifest["inputs"], "validated": self.hashes()},
        }

    @property
    def ends(self) -> dict[str, dt.date]:
        """Table → the day after its last arrival; a few stray rows far beyond all others do not count."""
        return {name: dt.date.fromisoformat(end) for name, end in self.manifest["ends"].items()}

    def arrivals(self) -> "pd.DataFrame":
        """The rows of each table by arrival day (see `sources.deliveries.count_days`)."""
        return read_frame(self.folder / ARRIVALS)

    def digest(self) -> Any:
        """The hashes of the tables. The arrivals follow from them, but their last digits vary."""
        return {name: digest for name, digest in self.hashes().items() if name != ARRIVALS}

    @property
    def choices(self) -> dict[str, Any] | None:
        """The suggested horizon and eligibility; None: there are no purchases."""
        choices: dict[str, Any] | None = self.manifest["choices"]
        return choices

    def table_folder(self, table: str) -> Path:
        """The folder with the parts of a table."""
        return self.folder / f"{table}.parquet"

    @property
    def customers_folder(self) -> Path | None:
        """The folder of the customers; None: the source has no such table, or its files are gone."""
        folder = self.table_folder("customers")
        return folder if "customers" in self.reports and any(folder.glob("*.parquet")) else None

    def table(self, name: str, columns: list[str]) -> "pa.Table":
        """Some columns of a table, without an engine."""
        return read_tables(self.parts(name), columns)

    def columns(self, name: str) -> set[str]:
        """The columns of a table."""
        import pyarrow.parquet as pq

        return {column for file in self.parts(name) for column in pq.read_schema(file).names}

    def tables(self, engine: "Engine") -> "dict[str, Table]":
        """The tables by name, as the engine reads them."""
        return {
            name: engine.read_parquet(
                self.table_folder(name) if self.store is None else list(self._copies(name).values())
            )
            for name in sorted(self.reports)
        }

    def parts(self, table: str) -> dict[Path, str]:
        """The parts of a table that have accepted rows: path → SHA-256."""
        folder, parts = self.table_folder(table), self.manifest["parts"][table]
        return {folder / part["name"]: part["validated_sha256"] for part in parts if part["accepted"]}

    def large_parts(self, table: str) -> dict[Location, str]:
        """The parts of a table that have accepted rows, where the engine reads them: path → SHA-256."""
        copies = {} if self.store is None else self._copies(table)
        return {copies.get(path.name, path): digest for path, digest in self.parts(table).items()}

    def _copies(self, table: str) -> dict[str, Location]:
        """The name of each part of a table → its copy at the address."""
        assert self.store is not None
        files = {name.partition("/")[2]: self.store / name for name in self.remote_files}
        parts = self.manifest["parts"][table]
        copies = zip(parts, copy_names(table, parts), strict=True)
        return {part["name"]: files[copy] for part, copy in copies}

    def known_until(self, stream: str) -> dt.date:
        """The day after the last known fact that churn is read from.

        For subscriptions, which may pause for weeks, any fact counts.
        """
        return self.day_after_last_fact(stream if stream == "transactions" else None)

    def day_after_last_fact(self, only: str | None = None) -> dt.date:
        """The day after the last fact of all tables, or of one; ignores a few rows far beyond all others.

        Raises:
            DataRefused: there is not a single dated row.
        """
        reports = self.reports if only is None else {only: self.reports[only]}
        times = [report["last_known_at"] for report in reports.values() if report["last_known_at"]]
        if not times:
            raise DataRefused(
                "no table has a single dated row", next_step="holdfast validate shows what was rejected"
            )
        reported = max(map(day_after, times))
        counted = max((end for name, end in self.ends.items() if name in reports), default=reported)
        if (reported - counted).days <= STRAY_DAYS:  # later facts of a row, such as an answer, follow
            return reported
        logger.warning("a few rows dated up to %s lie far beyond all others: set aside", reported)
        return counted


def day_after(time: str) -> dt.date:
    """The first midnight after a time (ISO 8601)."""
    return dt.datetime.fromisoformat(time).date() + dt.timedelta(days=1)


def copy_parts(
    run: RemotePath, folder: Path, parts: Mapping[str, Sequence[Mapping[str, Any]]],
    earlier: Mapping[str, str],
) -> dict[str, str]:  # fmt: skip
    """Copy the parts of all tables into `run`, but those whose copies an earlier run left.

    The machine of the command alone reads raw data, so it alone writes validated tables.

    Args:
        folder: of the validated tables.
        parts: table → its parts, as the manifest holds them.
        earlier: the files at the address that an earlier run named.

    Returns:
        Those of the earlier files that are still in use.
    """
    known, kept = {name.partition("/")[2]: name for name in earlier}, {}
    for table, entries in parts.items():
        for part, copy in zip(entries, copy_names(table, entries), strict=True):
            if copy in known:
                kept[known[copy]] = earlier[known[copy]]
            else:
                (run / copy).copy_from(folder / f"{table}.parquet" / part["name"])
    return kept


def copy_names(table: str, parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """The path of the copy of each part, by its content: a file that comes in between renumbers the parts."""
    seen: Counter[str] = Counter()
    names = []
    for part in parts:
        digest = str(part["validated_sha256"])
        names.append(f"{table}/{digest}-{seen[digest]}.parquet")  # two raw files may have the same rows
        seen[digest] += 1
    return names


def write_arrivals(folder: Path, arrivals: "pd.DataFrame") -> None:
    """Write the rows by arrival day beside the tables."""
    arrivals.to_parquet(folder / ARRIVALS, index=False)


def rejected_folder(validated: Path) -> Path:
    """The folder of the rejected rows, from that of the validated tables."""
    return validated.parents[1] / "rejected" / validated.name

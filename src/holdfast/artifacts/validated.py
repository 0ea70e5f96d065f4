"""Validated tables, and beside them the rejected rows.

data/validated/<source>/<table>.parquet   the rows that keep the table's contract
data/rejected/<source>/<table>.parquet    the rows that break it: file, row and rule
"""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ibis import Table

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.engine.duckdb import DuckDB
from holdfast.errors import DataRefused
from holdfast.files import matches, sha256_file
from holdfast.sources.growing import Standing
from holdfast.sources.ingest import Taken
from holdfast.sources.reading import Reading
from holdfast.sources.report import TableReport


class ValidatedTables(Artifact):
    """The tables of a source that keep their contracts (see `contracts.tables`).

    The manifest holds for each table its report (`tables`), how it was read (`readings`), and the hashes of
    the raw files (`inputs`; null where a table is read from a database).
    """

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
        found: dict[str, dict[str, Any]] = self.manifest["tables"]
        return found

    def file(self, table: str) -> Path:
        """Where a table lies."""
        return self.folder / f"{table}.parquet"

    def tables(self, engine: DuckDB) -> dict[str, Table]:
        """The tables by name, as the engine reads them."""
        return {name: engine.read_parquet(self.file(name)) for name in sorted(self.reports)}

    def table_digest(self, table: str) -> str:
        """The SHA-256 of a table."""
        return str(self.manifest["files"][f"{table}.parquet"])

    def day_after_last_fact(self, only: str | None = None) -> dt.date:
        """The first midnight at which everything in the tables (or in `only` one of them) was known.

        Raises:
            DataRefused: there is not a single dated row.
        """
        reports = self.reports if only is None else {only: self.reports[only]}
        last = [report["last_known_at"] for report in reports.values() if report["last_known_at"]]
        if not last:
            raise DataRefused(
                "no table has a single dated row", next_step="holdfast validate shows what was rejected"
            )
        return max(dt.datetime.fromisoformat(time).date() for time in last) + dt.timedelta(days=1)

    def known_until(self, stream: str) -> dt.date:
        """The day after the last known purchase; of subscriptions, where weeks may pass, after any fact.

        Args:
            stream: the table that churn is read from.
        """
        return self.day_after_last_fact("transactions" if stream == "transactions" else None)

    def standing(self) -> dict[str, Standing]:
        """Table → what this validation left of it, where no byte of it has changed since."""
        found: dict[str, Standing] = {}
        for name, content in self.manifest["readings"].items():
            reading, rejected = Reading(**content), self.rejected / f"{name}.parquet"
            # a run that was killed between the two folders left rejected rows of a later reading
            whole = rejected.is_file() and sha256_file(rejected) == reading.rejected
            if whole and matches(self.folder, {f"{name}.parquet": self.table_digest(name)}):
                report = TableReport(**self.reports[name])
                found[name] = Standing(
                    reading, report, self.file(name), rejected, self.table_digest(name)
                )  # fmt: skip
        return found


def rejected_folder(validated: Path) -> Path:
    """The folder of the rejected rows, by that of the validated tables."""
    return validated.parents[1] / "rejected" / validated.name


def describe(taken: list[Taken]) -> Mapping[str, Any]:
    """The part of the manifest that says what became of the raw rows, and how they were read."""
    return {
        "tables": {table.report.name: table.report.to_dict() for table in taken},
        "readings": {table.report.name: table.reading.to_dict() for table in taken},
    }

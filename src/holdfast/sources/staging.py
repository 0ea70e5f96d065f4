"""Raw tables staged for the engine: Parquet as it is, CSV and workbooks as text, a database as one file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from holdfast.contracts.tables import CONTRACTS, Contract
from holdfast.engine.duckdb import DuckDB
from holdfast.files import hash_json
from holdfast.sources.databases import DATABASE, Reading, stage_database
from holdfast.sources.delimited import (
    MALFORMED_COLUMNS,
    DelimitedFile,
    Target,
    open_delimited,
    stage_delimited,
)
from holdfast.sources.expressions import unknown_column
from holdfast.sources.files import RawFile, unreadable
from holdfast.sources.mapping import TableMapping, read_mapping
from holdfast.sources.nested import NestedFile, open_nested, stage_nested
from holdfast.sources.raw_table import FILE, FIRST_ROW, ROW, RawTable, stage_texts
from holdfast.sources.settings import SourceSettings, TableSettings
from holdfast.sources.sql import literal, quoted, read_parquet, trimmed
from holdfast.sources.workbooks import stage_workbook, workbook_names

PROGRESS_STEPS = 10  # so often progress is reported while many files are read
PATH = "holdfast__path"
HIVE = (
    "hive_types_autocast = false"  # folders such as day=2026-08-01 are columns of text: 007 keeps its zeros
)


@dataclass(frozen=True)
class TableInput:
    """A table to validate.

    Attributes:
        files: its raw files by name, in their order; empty for a database.
        hashes: SHA-256 of each by name; None: it cannot be known.
        validated, rejected: the folders to write its parts into.
        temporary: for staged files.
        read_at: when the source is read, naive wall-clock of its zone.
        max_rejected_share: of the rows in scope, beyond which the table is refused.
    """

    engine: DuckDB
    source: SourceSettings
    name: str
    files: dict[str, RawFile]
    hashes: Mapping[str, str | None]
    validated: Path
    rejected: Path
    temporary: Path
    read_at: datetime
    max_rejected_share: float
    progress: Callable[[str], None]

    @property
    def contract(self) -> Contract:
        """The table's contract."""
        return CONTRACTS[self.name]

    @property
    def settings(self) -> TableSettings:
        """The table's settings."""
        return self.source.tables[self.name]

    @property
    def where(self) -> str:
        """The table's setting, for messages."""
        return f"source.tables.{self.name}"

    @property
    def names(self) -> list[str]:
        """The raw files by name, in their order; DATABASE for a database."""
        return list(self.files) or [DATABASE]

    def mapping(self, names: Sequence[str]) -> TableMapping:
        """The mapping of a raw table with the columns `names`."""
        return read_mapping(self.contract, self.settings, names, self.where)

    def fingerprint(self) -> str:
        """A fingerprint of the settings that decide what becomes of a row."""
        own = self.settings.model_dump(mode="json")
        return hash_json([own, self.source.time_zone, self.source.currency, self.source.rates])


@dataclass(frozen=True)
class Staging:
    """Stages the files of a table, each once, however often it is asked for.

    Attributes:
        columns: the raw columns of each file, by its name, as far as they are known.
        staged: the staged files of each raw file, by its name.
    """

    table: TableInput
    columns: dict[str, tuple[str, ...]]
    staged: dict[str, list[Path]] = field(default_factory=dict)

    @property
    def malformed(self) -> str:
        """The engine's table of lines that could not be split."""
        return quoted(f"malformed_{self.table.name}")

    def stage(self, names: Sequence[str]) -> RawTable:
        """Stage files by name, or the database.

        Raises:
            DataRefused: a file or the database is missing or damaged.
            SettingError: the mapping names a column that is not there.
        """
        table, files = self.table, self.table.files
        if not self.staged:
            table.temporary.mkdir(parents=True, exist_ok=True)
            table.engine.raw.execute(f"CREATE OR REPLACE TABLE {self.malformed} {MALFORMED_COLUMNS}")
        if table.settings.database is not None:
            table.progress(f"{table.name}: reading the database")
            part = table.temporary / "database.parquet"
            reading = Reading(table.settings, lambda names: table.mapping(names).columns, part, table.where)
            self.columns[DATABASE], text = stage_database(table.engine, reading)
            return self._view(names, text, staged_rows([part]), ordered=False)
        part_of = f" of {len(files)}" if len(names) < len(files) else ""
        table.progress(f"{table.name}: reading {len(names)}{part_of} file{'s' if len(files) > 1 else ''}")
        if all(file.kind == "parquet" for file in files.values()):
            return self._stage_parquet(names)
        return self._stage_as_text(names)

    def _stage_parquet(self, names: Sequence[str]) -> RawTable:
        """Parquet files where they lie, with the types that all files of the table share."""
        files = list(self.table.files.values())
        options = f", union_by_name = true, filename = {literal(PATH)}, {HIVE}"
        origin = read_parquet((file.path for file in files), options)
        try:
            described = self._describe(f"SELECT * EXCLUDE {PATH} FROM {origin}")
        except duckdb.Error as error:
            for file in files:
                self._parquet_columns(file)  # raises on the one that is damaged
            raise unreadable(files[0], self.table.where, type(error).__name__) from None
        self.columns.update(dict.fromkeys(self.table.files, described))
        paths = ", ".join(literal(self.table.files[name].path) for name in names)
        start = len(str(files[0].path)) - len(files[0].name) + 1
        rows = f"substr({PATH}, {start}) AS {FILE}, file_row_number + 1 AS {ROW}, {PATH} FROM {origin}"
        return self._view(names, frozenset(), f"{rows} WHERE {PATH} IN ({paths})")

    def _stage_as_text(self, names: Sequence[str]) -> RawTable:
        """CSV, workbooks and what lies among them, as text; types are inferred from all values later."""
        table = self.table
        new = [table.files[name] for name in names if name not in self.staged]
        delimited: dict[str, DelimitedFile] = {}
        nested: dict[str, NestedFile] = {}
        for file in new:
            columns: tuple[str, ...] = ()
            if file.kind == "xlsx":
                columns = workbook_names(file, table.settings, table.where)
            elif file.kind == "json":
                nested[file.name] = open_nested(table.engine.raw, file, table.settings, table.where)
                columns = tuple(nested[file.name].fields)
            elif file.kind == "parquet":
                columns = self._parquet_columns(file)
            elif source := open_delimited(file, table.settings.csv, table.where):
                delimited[file.name], columns = source, source.columns
            self.columns[file.name] = columns
        use = self._use()
        for done, file in enumerate(new, start=1):
            folder = table.temporary / f"{len(self.staged):05d}"
            folder.mkdir()
            part = folder / "part.parquet"
            self.staged[file.name] = [part]
            if not self.columns[file.name]:  # not even a header
                stage_texts([], use, file.name, 1, part)
            elif file.kind == "csv":
                stage_delimited(delimited[file.name], Target(table.engine.raw, use, part, self.malformed))
            elif file.kind == "xlsx":
                self.staged[file.name] = stage_workbook(file, use, folder, table.settings, table.where)
            elif file.kind == "json":
                stage_nested(table.engine.raw, nested[file.name], use, part, table.where)
            else:
                self._parquet_as_text(file, use, part)
            if len(new) > 1 and (done % -(-len(new) // PROGRESS_STEPS) == 0 or done == len(new)):
                table.progress(f"{table.name}: {done} of {len(new)} files read")
        parts = [part for name in names for part in self.staged[name]]
        return self._view(names, frozenset(use), staged_rows(parts))

    def _parquet_as_text(self, file: RawFile, use: Sequence[str], part: Path) -> None:
        """A Parquet file among files of text."""
        own = self.columns[file.name]
        cells = "".join(
            f"CAST({quoted(name) if name in own else 'NULL'} AS VARCHAR) AS {quoted(name)}, " for name in use
        )
        self.table.engine.raw.execute(
            f"COPY (SELECT {cells}{literal(file.name)} AS {FILE}, 1::BIGINT AS {FIRST_ROW} "
            f"FROM {read_parquet([file.path])}) TO {literal(part)} (FORMAT parquet)"
        )

    def _parquet_columns(self, file: RawFile) -> tuple[str, ...]:
        try:
            return self._describe(f"FROM {read_parquet([file.path], ', ' + HIVE)}")
        except duckdb.Error as error:
            raise unreadable(file, self.table.where, type(error).__name__) from None

    def _describe(self, query: str) -> tuple[str, ...]:
        """The columns of a query."""
        return tuple(row[0] for row in self.table.engine.raw.execute(f"DESCRIBE {query}").fetchall())

    def _use(self) -> Sequence[str]:
        """The columns in use of all files whose columns are known."""
        every = [name for file in (self.table.files or self.columns) for name in self.columns[file]]
        names = tuple(dict.fromkeys(every))
        for name in self.table.settings.fill_down if names else ():
            if name not in names:
                raise unknown_column(name, names, f"{self.table.where}.fill_down")
        return self.table.mapping(names).columns if names else ()

    def _filled(self, name: str, text: bool) -> str:
        """SQL of a raw column; one of `fill_down` has in its blank cells the last value above them."""
        cell = quoted(name)
        if name not in self.table.settings.fill_down:
            return cell
        value = f"nullif({trimmed(cell)}, '')" if text else cell
        return f"last_value({value} IGNORE NULLS) OVER (PARTITION BY {PATH} ORDER BY {ROW}) AS {cell}"

    def _view(self, names: Sequence[str], text: frozenset[str], rows: str, ordered: bool = True) -> RawTable:
        """The engine's view of raw rows, as many as `rows` selects, numbered as in their files."""
        view = f"raw_{self.table.name}"
        cells = "".join(f"{quoted(name)}, " for name in self._use())
        filled = "".join(f"{self._filled(name, name in text)}, " for name in self._use())
        self.table.engine.raw.execute(
            f"CREATE OR REPLACE TEMP VIEW {quoted(view)} AS "
            f"SELECT {filled}{FILE}, {ROW} FROM (SELECT {cells}{rows})"
        )
        columns = {name: self.columns[name] for name in (self.table.files or self.columns)}
        return RawTable(view, tuple(names), columns, text, ordered, self.malformed)


def staged_rows(parts: Sequence[Path]) -> str:
    """The end of a SELECT: FILE, ROW and PATH of the rows of staged files."""
    origin = read_parquet(parts, f", filename = {literal(PATH)}")
    return f"{FILE}, {FIRST_ROW} + file_row_number AS {ROW}, {PATH} FROM {origin}"

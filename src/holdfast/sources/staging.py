"""Stage raw tables for the engine: Parquet as it is, CSV and workbooks as text, a database as one file."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from holdfast.sources.databases import stage_database
from holdfast.sources.delimited import (
    MALFORMED_COLUMNS,
    DelimitedFile,
    Target,
    open_delimited,
    stage_delimited,
)
from holdfast.sources.expressions import unknown_column
from holdfast.sources.files import RawFile, check_whole, unreadable
from holdfast.sources.nested import NestedFile, open_nested, stage_nested
from holdfast.sources.object_stores import fetch
from holdfast.sources.queries import DATABASE
from holdfast.sources.raw_input import RawInput
from holdfast.sources.raw_table import FILE, FIRST_ROW, ROW, SHEET, RawTable, stage_rows, stage_texts
from holdfast.sources.sql import literal, quoted, read_parquet, trimmed
from holdfast.sources.workbooks import stage_workbook, workbook_names

PROGRESS_STEPS = 10  # so often progress is reported while many files are read
PATH = "holdfast__path"
HIVE = (
    "hive_types_autocast = false"  # folders such as day=2026-08-01 are columns of text: 007 keeps its zeros
)


@dataclass(frozen=True)
class Staging:
    """Stages the files of a raw table; each file is staged at most once.

    Attributes:
        columns: raw file → its columns, as far as they are known.
        staged: raw file → its staged files.
        local: raw file → the file itself, or its copy from an object store.
    """

    table: RawInput
    columns: dict[str, tuple[str, ...]]
    staged: dict[str, list[Path]] = field(default_factory=dict)
    local: dict[str, RawFile] = field(default_factory=dict)

    @property
    def malformed(self) -> str:
        """The engine's table of lines that could not be split."""
        return quoted(f"malformed_{self.table.name}")

    def stage(self, names: Sequence[str]) -> RawTable:
        """Stage files by name, or the database."""
        table, files = self.table, self.table.files
        if not self.staged:
            table.temporary.mkdir(parents=True, exist_ok=True)
            table.engine.raw.execute(f"CREATE OR REPLACE TABLE {self.malformed} {MALFORMED_COLUMNS}")
        if table.settings.database is not None:
            table.progress(f"{table.name}: reading the database")
            part = table.temporary / "database.parquet"
            self.columns[DATABASE], text = stage_database(table, part)
            return self._view(names, text, staged_rows([part]), ordered=False)
        part_of = f" of {len(files)}" if len(names) < len(files) else ""
        table.progress(f"{table.name}: reading {len(names)}{part_of} file{'s' if len(files) > 1 else ''}")
        only_parquet = all(file.kind == "parquet" for file in files.values())
        for name in files if only_parquet else names:
            if name not in self.local:
                self.local[name] = fetch(files[name], table.temporary / "remote", table.where)
        if only_parquet:
            return self._stage_parquet(names)
        return self._stage_as_text(names)

    def _stage_parquet(self, names: Sequence[str]) -> RawTable:
        """Read Parquet files in place, with the types that all files of the table share."""
        files = list(self.local.values())
        options = f", union_by_name = true, filename = {literal(PATH)}, {HIVE}"
        origin = read_parquet((file.path for file in files), options)
        try:
            described = self._describe(f"SELECT * EXCLUDE {PATH} FROM {origin}")
        except duckdb.Error as error:
            for file in files:
                self._parquet_columns(file)  # raises on the one that is damaged
            raise unreadable(files[0], self.table.where, type(error).__name__) from None
        self.columns.update(dict.fromkeys(self.table.files, described))
        read = [self.local[name] for name in names]
        paths = ", ".join(literal(file.path) for file in read)
        start = len(str(read[0].path)) - len(read[0].name) + 1
        place = f"substr({PATH}, {start}) AS {FILE}, 0 AS {SHEET}, file_row_number + 1 AS {ROW}, {PATH}"
        return self._view(names, frozenset(), f"{place} FROM {origin} WHERE {PATH} IN ({paths})")

    def _stage_as_text(self, names: Sequence[str]) -> RawTable:
        """Stage files of mixed kinds as text; types are inferred later from all values."""
        table = self.table
        new = [self.local[name] for name in names if name not in self.staged]
        delimited: dict[str, DelimitedFile] = {}
        nested: dict[str, NestedFile] = {}
        for file in new:
            check_whole(file, table.where)
            columns: tuple[str, ...] = ()
            if file.kind == "xlsx":
                columns = workbook_names(file, table)
            elif file.kind == "json":
                nested[file.name] = open_nested(file, table)
                columns = tuple(nested[file.name].fields)
            elif file.kind == "parquet":
                columns = self._parquet_columns(file)
            elif source := open_delimited(file, table.settings.csv, table.where):
                delimited[file.name], columns = source, source.columns
            self.columns[file.name] = columns
        self._unite_capitals()
        use = self._use()
        self._report_lacking(use)
        for done, file in enumerate(new, start=1):
            folder = table.temporary / f"{len(self.staged):05d}"
            folder.mkdir()
            part = folder / "part.parquet"
            self.staged[file.name] = [part]
            if not self.columns[file.name]:  # not even a header
                stage_texts([], use, file.name, 1, part)
            elif file.kind == "csv":
                source = replace(delimited[file.name], columns=self.columns[file.name])
                stage_delimited(source, Target(table.engine.raw, use, part, self.malformed))
            elif file.kind == "xlsx":
                self.staged[file.name] = stage_workbook(file, use, folder, table)
            elif file.kind == "json":
                stage_nested(table.engine.raw, nested[file.name], use, part, table.where)
            else:
                self._parquet_as_text(file, use, part)
            if len(new) > 1 and (done % -(-len(new) // PROGRESS_STEPS) == 0 or done == len(new)):
                table.progress(f"{table.name}: {done} of {len(new)} files read")
        parts = [part for name in names for part in self.staged[name]]
        return self._view(names, frozenset(use), staged_rows(parts))

    def _parquet_as_text(self, file: RawFile, use: Sequence[str], part: Path) -> None:
        """Stage a Parquet file as text, beside files of text."""
        columns = self.columns[file.name]
        cells = (
            f"CAST({quoted(name) if name in columns else 'NULL'} AS VARCHAR) AS {quoted(name)}"
            for name in use
        )
        stage_rows(self.table.engine.raw, read_parquet([file.path]), cells, file.name, part)

    def _parquet_columns(self, file: RawFile) -> tuple[str, ...]:
        try:
            return self._describe(f"FROM {read_parquet([file.path], ', ' + HIVE)}")
        except duckdb.Error as error:
            raise unreadable(file, self.table.where, type(error).__name__) from None

    def _describe(self, query: str) -> tuple[str, ...]:
        """The columns of a query."""
        return tuple(row[0] for row in self.table.engine.raw.execute(f"DESCRIBE {query}").fetchall())

    def _unite_capitals(self) -> None:
        """Rename columns that differ only in capitals from those of an earlier file."""
        names: dict[str, str] = {}
        for file in self.table.files:
            for name in self.columns.get(file, ()):
                names.setdefault(name.lower(), name)
        for file in self.columns:
            self.columns[file] = tuple(names.get(name.lower(), name) for name in self.columns[file])

    def _report_lacking(self, use: Sequence[str]) -> None:
        """Log the columns in use that some files lack: their rows have nulls there."""
        for name in use:
            lacking = [file for file, columns in self.columns.items() if columns and name not in columns]
            if lacking:
                files = f"{len(lacking)} of {len(self.columns)} files have no column '{name}'"
                self.table.progress(f"{self.table.name}: {files}, such as {lacking[0]}")

    def _use(self) -> Sequence[str]:
        """The columns in use, of all files with known columns."""
        every = [name for file in (self.table.files or self.columns) for name in self.columns[file]]
        names = tuple(dict.fromkeys(every))
        if not names:
            return ()
        use = list(self.table.columns_in_use(names))
        for name, same in self.table.settings.fill_down.items():
            for column in filter(None, (name, same)):
                if column not in names:
                    raise unknown_column(column, names, f"{self.table.where}.fill_down")
            use += [same] if same is not None and same not in use else []
        return use

    def _filled(self, name: str, text: bool) -> str:
        """The SQL of a raw column; blank cells of `fill_down` columns take the last value above them."""
        cell = quoted(name)
        if name not in self.table.settings.fill_down:
            return cell
        value = f"nullif({trimmed(cell)}, '')" if text else cell
        same = self.table.settings.fill_down[name]
        group = (
            f"{PATH}, coalesce(CAST({quoted(same)} AS VARCHAR), '#' || {ROW})" if same is not None else PATH
        )
        return f"last_value({value} IGNORE NULLS) OVER (PARTITION BY {group} ORDER BY {ROW}) AS {cell}"

    def _view(self, names: Sequence[str], text: frozenset[str], rows: str, ordered: bool = True) -> RawTable:
        """The engine's view of the raw rows that `rows` selects, numbered as in their files."""
        view = f"raw_{self.table.name}"
        cells = "".join(f"{quoted(name)}, " for name in self._use())
        filled = "".join(f"{self._filled(name, name in text)}, " for name in self._use())
        self.table.engine.raw.execute(
            f"CREATE OR REPLACE TEMP VIEW {quoted(view)} AS "
            f"SELECT {filled}{FILE}, {SHEET}, {ROW} FROM (SELECT {cells}{rows})"
        )
        columns = {name: self.columns[name] for name in (self.table.files or self.columns)}
        return RawTable(view, tuple(names), columns, text, ordered, self.malformed)


def staged_rows(parts: Sequence[Path]) -> str:
    """The end of a SELECT: FILE, SHEET, ROW and PATH of the rows of staged files."""
    origin = read_parquet(parts, f", filename = {literal(PATH)}")
    sheet = rf"coalesce(TRY_CAST(regexp_extract({PATH}, 'sheet-(\d+)\.parquet$', 1) AS INTEGER), 0)"
    return f"{FILE}, {sheet} AS {SHEET}, {FIRST_ROW} + file_row_number AS {ROW}, {PATH} FROM {origin}"

"""Raw tables staged for the engine: Parquet as it is, CSV and workbooks as text, a database as one file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from holdfast.engine.duckdb import DuckDB
from holdfast.sources.databases import DATABASE, stage_database
from holdfast.sources.delimited import MALFORMED_COLUMNS, Target, open_delimited, stage_delimited
from holdfast.sources.files import RawFile, unreadable
from holdfast.sources.settings import TableSettings
from holdfast.sources.sql import literal, quoted, read_parquet
from holdfast.sources.staged import FILE, FIRST_ROW, ROW, RawTable, stage_texts
from holdfast.sources.workbooks import stage_workbook, workbook_names

PROGRESS_STEPS = 10  # so often progress is reported while many files are read
PATH = "holdfast__path"


@dataclass(frozen=True)
class Staging:
    """Stages the files of one table, each once, however often it is asked for.

    Attributes:
        files: all of the table's raw files, by name; none for a database.
        columns_in_use: given the names of all raw columns, those that are mapped; raises on unknown ones.
        folder: of the staged files.
        where: the table's setting, for messages.
        columns: the raw columns of each file, by its name, as far as they are known.
        staged: the staged files of each raw file, by its name.
    """

    engine: DuckDB
    name: str
    table: TableSettings
    files: dict[str, RawFile]
    columns_in_use: Callable[[Sequence[str]], Sequence[str]]
    folder: Path
    where: str
    progress: Callable[[str], None]
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    staged: dict[str, list[Path]] = field(default_factory=dict)

    @property
    def malformed(self) -> str:
        """The engine's table of lines that could not be split."""
        return quoted(f"malformed_{self.name}")

    def stage(self, names: Sequence[str]) -> RawTable:
        """Stage files by name, or the database.

        Raises:
            DataRefused: a file or the database is missing or damaged.
            SettingError: the mapping names a column that is not there.
        """
        if not self.staged:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.engine.raw.execute(f"CREATE OR REPLACE TABLE {self.malformed} {MALFORMED_COLUMNS}")
        if self.table.database is not None:
            self.progress(f"{self.name}: reading the database")
            part = self.folder / "database.parquet"
            columns, text = stage_database(self.engine, self.table, self.columns_in_use, part, self.where)
            self.columns[DATABASE] = columns
            return self._view(names, text, staged_rows([part]), ordered=False)
        part_of = f" of {len(self.files)}" if len(names) < len(self.files) else ""
        self.progress(f"{self.name}: reading {len(names)}{part_of} file{'s' if len(self.files) > 1 else ''}")
        if all(file.kind == "parquet" for file in self.files.values()):
            return self._stage_parquet(names)
        return self._stage_as_text(names)

    def _stage_parquet(self, names: Sequence[str]) -> RawTable:
        """Parquet files where they lie, with the types that all files of the table share."""
        files = list(self.files.values())
        origin = read_parquet(
            (file.path for file in files), f", union_by_name = true, filename = {literal(PATH)}"
        )
        try:
            described = self.engine.raw.execute(f"DESCRIBE SELECT * EXCLUDE {PATH} FROM {origin}").fetchall()
        except duckdb.Error as error:
            for file in files:
                self._parquet_columns(file)  # raises on the one that is damaged
            raise unreadable(files[0], self.where, type(error).__name__) from None
        self.columns.update(dict.fromkeys(self.files, tuple(row[0] for row in described)))
        paths = ", ".join(literal(self.files[name].path) for name in names)
        start = len(str(files[0].path)) - len(files[0].name) + 1
        rows = f"substr({PATH}, {start}) AS {FILE}, file_row_number + 1 AS {ROW} FROM {origin}"
        return self._view(names, frozenset(), f"{rows} WHERE {PATH} IN ({paths})")

    def _stage_as_text(self, names: Sequence[str]) -> RawTable:
        """CSV, workbooks and what lies among them, as text; types are inferred from all values later."""
        new = [self.files[name] for name in names if name not in self.staged]
        sources = {
            file.name: open_delimited(file, self.table.csv, self.where) for file in new if file.kind == "csv"
        }
        for file in new:
            if file.kind == "xlsx":
                self.columns[file.name] = workbook_names(file, self.where)
            elif file.kind == "parquet":
                self.columns[file.name] = self._parquet_columns(file)
            else:
                source = sources[file.name]
                self.columns[file.name] = source.columns if source else ()
        use = self._use()
        for done, file in enumerate(new, start=1):
            folder = self.folder / f"{len(self.staged):05d}"
            folder.mkdir()
            part = folder / "part.parquet"
            self.staged[file.name] = [part]
            if not self.columns[file.name]:  # not even a header
                stage_texts([], use, file.name, 1, part)
            elif file.kind == "xlsx":
                self.staged[file.name] = stage_workbook(file, use, folder, self.where, self.progress)
            elif source := sources.get(file.name):
                stage_delimited(source, Target(self.engine.raw, use, part, self.malformed))
            else:
                self._parquet_as_text(file, use, part)
            if len(new) > 1 and (done % -(-len(new) // PROGRESS_STEPS) == 0 or done == len(new)):
                self.progress(f"{self.name}: {done} of {len(new)} files read")
        parts = [part for name in names for part in self.staged[name]]
        return self._view(names, frozenset(use), staged_rows(parts))

    def _parquet_as_text(self, file: RawFile, use: Sequence[str], part: Path) -> None:
        """A Parquet file among files of text."""
        own = self.columns[file.name]
        cells = "".join(
            f"CAST({quoted(name) if name in own else 'NULL'} AS VARCHAR) AS {quoted(name)}, " for name in use
        )
        self.engine.raw.execute(
            f"COPY (SELECT {cells}{literal(file.name)} AS {FILE}, 1::BIGINT AS {FIRST_ROW} "
            f"FROM {read_parquet([file.path])}) TO {literal(part)} (FORMAT parquet)"
        )

    def _parquet_columns(self, file: RawFile) -> tuple[str, ...]:
        try:
            described = self.engine.raw.execute(f"DESCRIBE SELECT * FROM {read_parquet([file.path])}")
        except duckdb.Error as error:
            raise unreadable(file, self.where, type(error).__name__) from None
        return tuple(row[0] for row in described.fetchall())

    def _use(self) -> Sequence[str]:
        """The columns in use of all files whose columns are known."""
        names = [name for file in (self.files or self.columns) for name in self.columns[file]]
        return self.columns_in_use(tuple(dict.fromkeys(names))) if names else ()

    def _view(self, names: Sequence[str], text: frozenset[str], rows: str, ordered: bool = True) -> RawTable:
        """The engine's view of raw rows, as many as `rows` selects, numbered as in their files."""
        view = f"raw_{self.name}"
        cells = "".join(f"{quoted(name)}, " for name in self._use())
        self.engine.raw.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(view)} AS SELECT {cells}{rows}")
        columns = {name: self.columns[name] for name in (self.files or self.columns)}
        return RawTable(view, tuple(names), columns, text, ordered, self.malformed)


def staged_rows(parts: Sequence[Path]) -> str:
    """The end of a SELECT: FILE and ROW of the rows of staged files."""
    return f"{FILE}, {FIRST_ROW} + file_row_number AS {ROW} FROM {read_parquet(parts)}"

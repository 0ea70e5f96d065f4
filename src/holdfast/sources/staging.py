"""Raw tables brought before the engine: files where they lie or as parts, databases as parts."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from holdfast.engine.duckdb import DuckDB
from holdfast.sources.databases import stage_database
from holdfast.sources.delimited import CsvFile, open_csv, stage_csv, unreadable
from holdfast.sources.files import RawFile, find_files
from holdfast.sources.parts import FILE, FIRST, ROW, Raw, literal, quoted
from holdfast.sources.settings import TableSettings
from holdfast.sources.workbooks import stage_workbook, workbook_names

TOLD = 10  # times that progress is told of many files
Pick = Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True)
class Staging:
    """What the readers of one table share.

    Attributes:
        pick: given the names of all raw columns, says which are in use; raises on unknown ones.
        folder: of the parts.
        where: the table's setting, for messages.
        only: the paths of the files to read; None: all there are.
    """

    engine: DuckDB
    name: str
    table: TableSettings
    pick: Pick
    folder: Path
    where: str
    progress: Callable[[str], None]
    only: Collection[str] | None = None

    @property
    def malformed(self) -> str:
        """The engine's table of lines that could not be split."""
        return quoted(f"malformed_{self.name}")


def stage(staging: Staging) -> Raw | None:
    """Bring a table before the engine, reading every raw file once at most; None: not even a header.

    Raises:
        DataRefused: a file or the database is missing or damaged.
    """
    staging.folder.mkdir(parents=True, exist_ok=True)
    staging.engine.raw.execute(
        f"CREATE OR REPLACE TABLE {staging.malformed} "
        "(file VARCHAR, line BIGINT, before BIGINT, content VARCHAR)"
    )
    if staging.table.database is not None:
        staging.progress(f"{staging.name}: reading the database")
        part = staging.folder / "database.parquet"
        names, text = stage_database(staging.engine, staging.table, staging.pick, part, staging.where)
        return _viewed(staging, [part], names, text, ordered=False)
    files = find_files(staging.table.read, f"{staging.where}.read")
    every = len(files)
    if staging.only is not None:
        files = [file for file in files if file.path.as_posix() in staging.only]
    further = f" of {every}" if len(files) < every else ""
    staging.progress(f"{staging.name}: reading {len(files)}{further} file{'s' if every > 1 else ''}")
    if all(file.kind == "parquet" for file in files):
        return _stage_parquet(staging, files)
    return _stage_as_text(staging, files)


def _stage_parquet(staging: Staging, files: Sequence[RawFile]) -> Raw:
    """Parquet is read where it lies, with its own types."""
    listed = ", ".join(literal(str(file.path)) for file in files)
    origin = f"read_parquet([{listed}], union_by_name = true)"
    con = staging.engine.raw
    try:
        names = tuple(row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {origin}").fetchall())
    except duckdb.Error as error:
        raise unreadable(_first_damaged(con, files), staging.where, error) from None
    cells = "".join(f"{quoted(name)}, " for name in staging.pick(names))
    start = len(str(files[0].path)) - len(files[0].name) + 1
    view = f"raw_{staging.name}"
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {quoted(view)} AS SELECT {cells}substr(filename, {start}) AS "
        f"{quoted(FILE)}, file_row_number + 1 AS {quoted(ROW)} FROM {origin}"
    )
    return Raw(view, names, frozenset(), ordered=True, malformed=staging.malformed)


def _first_damaged(con: duckdb.DuckDBPyConnection, files: Sequence[RawFile]) -> RawFile:
    """The first file that the engine cannot open by itself."""
    for file in files:
        try:
            con.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(str(file.path))})")
        except duckdb.Error:
            return file
    return files[0]


def _stage_as_text(staging: Staging, files: Sequence[RawFile]) -> Raw | None:
    """CSV, workbooks and what lies among them: as text, types inferred from the whole column later."""
    opened: list[tuple[RawFile, CsvFile | None, tuple[str, ...]]] = []
    for file in files:
        source = open_csv(file, staging.table.csv, staging.where) if file.kind == "csv" else None
        if file.kind == "xlsx":
            names = workbook_names(file, staging.where)
        elif file.kind == "parquet":
            names = _parquet_names(staging, file)
        else:
            names = source.names if source else ()
        if names:  # an empty file has not even a header
            opened.append((file, source, names))
    every = tuple(dict.fromkeys(name for _, _, names in opened for name in names))
    if not every:
        return None
    use = staging.pick(every)
    parts: list[Path] = []
    for number, (file, source, names) in enumerate(opened):
        folder = staging.folder / f"{number:05d}"
        folder.mkdir(exist_ok=True)
        parts += _stage_file(staging, file, source, [name for name in use if name in names], folder)
        done = number + 1
        if len(opened) > 1 and (done % -(-len(opened) // TOLD) == 0 or done == len(opened)):
            staging.progress(f"{staging.name}: {done} of {len(opened)} files read")
    return _viewed(staging, parts, every, frozenset(use), ordered=True)


def _stage_file(
    staging: Staging, file: RawFile, source: CsvFile | None, use: Sequence[str], folder: Path
) -> list[Path]:
    """One file as text parts in `folder`."""
    if file.kind == "xlsx":
        return stage_workbook(file, use, folder, staging.where, staging.progress)
    part = folder / "part.parquet"
    if source is not None:
        stage_csv(staging.engine.raw, source, use, part, staging.malformed)
        return [part]
    cells = "".join(f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}, " for name in use)
    staging.engine.raw.execute(
        f"COPY (SELECT {cells}{literal(file.name)} AS {quoted(FILE)}, 1::BIGINT AS {quoted(FIRST)} "
        f"FROM read_parquet({literal(str(file.path))})) TO {literal(str(part))} (FORMAT parquet)"
    )
    return [part]


def _parquet_names(staging: Staging, file: RawFile) -> tuple[str, ...]:
    try:
        origin = f"read_parquet({literal(str(file.path))})"
        described = staging.engine.raw.execute(f"DESCRIBE SELECT * FROM {origin}")
    except duckdb.Error as error:
        raise unreadable(file, staging.where, error) from None
    return tuple(row[0] for row in described.fetchall())


def _viewed(
    staging: Staging, parts: Sequence[Path], names: Sequence[str], text: frozenset[str], ordered: bool
) -> Raw:
    """The engine's view of the staged parts, rows numbered as in their files."""
    listed = ", ".join(literal(str(part)) for part in parts)
    cells = "".join(f"{quoted(name)}, " for name in staging.pick(names))
    view = f"raw_{staging.name}"
    staging.engine.raw.execute(
        f"CREATE OR REPLACE TEMP VIEW {quoted(view)} AS SELECT {cells}{quoted(FILE)}, "
        f"{quoted(FIRST)} + file_row_number AS {quoted(ROW)} "
        f"FROM read_parquet([{listed}], union_by_name = true)"
    )
    return Raw(view, tuple(names), text, ordered, staging.malformed)

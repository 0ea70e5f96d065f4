"""Validate one raw file, from plain values alone: a task of Spark does it on any machine that sees the file.

What other files of the table decide is given as values, too: their columns and types, the classes of their
values, and their rows with the same keys. So the part is the one that reading all files at once makes.
"""

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.contracts.settings import ContractSettings
from holdfast.engine.duckdb import DuckDB, open_engine
from holdfast.engine.settings import EngineSettings
from holdfast.errors import HoldfastError
from holdfast.sources.checking import check, write_fresh
from holdfast.sources.files import RawFile
from holdfast.sources.filtering import count_rows
from holdfast.sources.inference import ClassCounts, add_classes
from holdfast.sources.joins import main_input
from holdfast.sources.mapping import bind_mapping, count_raw_classes
from holdfast.sources.parts import Part, by_file
from holdfast.sources.raw_table import RawTable
from holdfast.sources.refusals import empty_table
from holdfast.sources.settings import SourceSettings
from holdfast.sources.sql import column_types, literal, quoted, read_parquet
from holdfast.sources.staging import HIVE, Staging
from holdfast.sources.table_input import TableInput
from holdfast.storage import Location, copy_file

ENGINE = EngineSettings(memory="1GB")  # of one task, which uses one core
VALIDATED, REJECTED = "validated.parquet", "rejected.parquet"


class InseparableError(Exception):
    """A table's files must be read together, on the machine of the command; the text completes "since …"."""


class Columns(NamedTuple):
    """The columns of a raw file.

    Attributes:
        types: their DuckDB types, if all files of the table are Parquet; empty: they are read as text.
    """

    names: tuple[str, ...]
    types: tuple[str, ...] = ()


TEXT = Columns(())  # beside it a Parquet file is read as text


@dataclass(frozen=True)
class FileTask:
    """One raw file to validate.

    Attributes:
        file, size, sha256: the raw file; its bytes and hash, None: unknown.
        table: the name of its table.
        read_at: when the source is read, naive wall-clock of its zone.
        known: the columns of all files of the table, each combination once, in the order of the files; empty:
            those of this file alone.
        totals: column → class → number of values in all files; empty: those of this file alone.
        same_keys: the rows of other files with one of its keys (`duplicates.find_same_keys`); None: none.
        only_columns: whether nothing but the columns is wanted.
        out: the folder for VALIDATED and REJECTED, which all machines reach.
    """

    source: SourceSettings
    limits: ContractSettings
    table: str
    read_at: datetime
    file: RawFile
    size: int | None
    sha256: str | None
    out: Location
    known: tuple[Columns, ...] = ()
    totals: Mapping[str, ClassCounts] = field(default_factory=dict)
    same_keys: pa.Table | None = None
    only_columns: bool = False


@dataclass(frozen=True)
class FileResult:
    """What a task found out.

    Attributes:
        columns: None: the file is unreadable (`failure`), or this machine does not see it.
        part: its files are in `out`; None: `failure` says why, or only the columns were wanted.
        failure: why there is no part; final for an unreadable file, else only if the task was given the
            columns and the classes of values of all files.
    """

    file: str
    out: Location
    columns: Columns | None = None
    classes: Mapping[str, ClassCounts] = field(default_factory=dict)
    part: Part | None = None
    failure: HoldfastError | None = None


def validate_file(task: FileTask) -> FileResult:
    """Map and check the rows of a raw file, and write its part; the same task writes the same bytes."""
    result, path = FileResult(task.file.name, task.out), task.file.path
    if task.file.address is None and not (path.is_file() and path.stat().st_size == task.size):
        return result
    with local_table(task, [task.file]) as (table, staging):
        try:
            raw = staging.stage([task.file.name])
            columns = own_columns(table.engine.raw, task, staging)
        except HoldfastError as failure:
            known = own_columns(table.engine.raw, task, staging) if staging.columns.get(result.file) else None
            return dataclasses.replace(result, columns=known, failure=failure)
        result = dataclasses.replace(result, columns=columns)
        return result if task.only_columns else _validate(task, table, raw, result)


def _validate(task: FileTask, table: TableInput, raw: RawTable, result: FileResult) -> FileResult:
    con, name = table.engine.raw, task.file.name
    try:
        mapping = table.mapping(raw.names)
        classes = count_raw_classes(con, raw, mapping)
    except HoldfastError as failure:
        return dataclasses.replace(result, failure=failure)
    result = dataclasses.replace(result, classes=classes.get(name, {}))
    try:
        totals = task.totals or add_classes(classes.values())
        bound = bind_mapping(con, raw, mapping, classes, totals, table.where)
        checked = check(table, bound, _write_same_keys(task.same_keys, table.temporary / "same_keys"))
    except HoldfastError as failure:
        return dataclasses.replace(result, failure=failure)
    part = write_fresh(table, checked, count_rows(con, checked))[name]
    for folder, file in ((table.validated, VALIDATED), (table.rejected, REJECTED)):
        copy_file(folder / part.name, task.out / file)
    return dataclasses.replace(result, part=part)


@contextlib.contextmanager
def local_table(task: FileTask, files: Sequence[RawFile]) -> Iterator[tuple[TableInput, Staging]]:
    """The table of a task as if it had no other files, in an engine of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="holdfast-") as name,
        open_engine(ENGINE, Path(name) / "spilled", threads=1) as engine,
    ):
        folder = Path(name)
        others = write_known(engine, task.known, hive_folders(task.file), folder / "known")
        table = TableInput(
            engine, task.source, task.table, {**others, **{file.name: file for file in files}},
            {task.file.name: task.sha256}, folder / "validated", folder / "rejected", folder / "staged",
            task.read_at, task.limits, _say_nothing,
        )  # fmt: skip
        table.define_macros()
        known = {name: columns.names for name, columns in zip(others, task.known, strict=True)}
        yield table, Staging(main_input(table, []), known)


def bind_without_rows(task: FileTask, typed: bool, totals: Mapping[str, ClassCounts]) -> str:
    """The fingerprint of the mapping of all files of the task's table.

    Args:
        typed: whether all files are Parquet.
        totals: column → class → number of values in all files.

    Raises:
        InseparableError: the rows depend on each other, or types cannot be written down.
        SettingError, DataRefused: the mapping does not fit the columns or types.
    """
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        empty = RawFile(Path(folder) / "empty.csv", "empty.csv", "csv")
        empty.path.touch()
        with local_table(task, [] if typed else [empty]) as (table, staging):
            con = table.engine.raw
            for file, columns in zip(table.files.values(), task.known if typed else (), strict=False):
                types = column_types(con, f"FROM {read_parquet([file.path], ', ' + HIVE)}")
                if types != dict(zip(columns.names, columns.types, strict=True)):
                    raise InseparableError("its Parquet files have rare types")
            raw = staging.stage([table.names[0] if typed else empty.name])
            if not raw.names:
                raise empty_table(table.name, table.where)
            mapping = table.mapping(raw.names)
            if not mapping.rowwise:
                raise InseparableError("an expression reads several rows, or the clock")
            return bind_mapping(con, raw, mapping, {}, totals, table.where).fingerprint


def write_known(
    engine: DuckDB, known: Sequence[Columns], hive: Sequence[str], folder: Path
) -> dict[str, RawFile]:
    """Stand-ins for the other files of a table by name: empty Parquet files, or names for files of text.

    Args:
        hive: folders such as `day=2026-08-01`, whose columns a Parquet file gets by its path.
    """
    by_path, files = {part.partition("=")[0] for part in hive}, {}
    for number, columns in enumerate(known):
        name = f"holdfast__columns_{number}.parquet"
        path = folder.joinpath(*hive, name)
        if columns.types:
            cells = ", ".join(
                f"NULL::{kind} AS {quoted(column)}"
                for column, kind in zip(columns.names, columns.types, strict=True)
                if column not in by_path
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            engine.raw.execute(f"COPY (SELECT {cells} LIMIT 0) TO {literal(path)} (FORMAT parquet)")
        files[name] = RawFile(path, name, "parquet" if columns.types else "csv")
    return files


def hive_folders(file: RawFile) -> tuple[str, ...]:
    """The folders of a file whose names the engine reads as columns, such as `day=2026-08-01`."""
    path = file.path if file.address is None else Path(file.name)
    return tuple(part for part in path.parent.parts if "=" in part)


def own_columns(con: duckdb.DuckDBPyConnection, task: FileTask, staging: Staging) -> Columns:
    """The columns of the task's file, as it has them."""
    name = task.file.name
    if not all(file.kind == "parquet" for file in staging.table.files.values()):
        return Columns(staging.columns[name])
    types = column_types(con, f"FROM {read_parquet([staging.local[name].path], ', ' + HIVE)}")
    return Columns(tuple(types), tuple(types.values()))


def _write_same_keys(same_keys: pa.Table | None, folder: Path) -> dict[str, Path]:
    """Write the rows of each other file to a file of its own."""
    paths: dict[str, Path] = {}
    if same_keys is not None:
        folder.mkdir()
        for batch in same_keys.sort_by(same_keys.column_names[0]).combine_chunks().to_batches():
            for name, rows in by_file(batch):
                paths[name] = folder / f"{len(paths)}.parquet"
                pq.write_table(pa.table(rows), paths[name])
    return paths


def _say_nothing(_: str) -> None:
    """Print no progress: the command prints it for all tasks."""


@dataclass(frozen=True)
class FileTasks:
    """Where files are validated one by one.

    Attributes:
        run: applies a function to each task; the results are in their order.
        shared: a folder that all machines reach, for parts on their way; the caller removes it.
    """

    run: Callable[[Callable[[FileTask], FileResult], Sequence[FileTask]], Sequence[FileResult]]
    shared: Location

"""Raw → validated + rejected: every table of a source, every row accounted for."""

import dataclasses
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from holdfast.contracts.settings import ContractSettings
from holdfast.contracts.tables import CONTRACTS
from holdfast.engine.duckdb import DuckDB
from holdfast.files import hash_json
from holdfast.sources.consent import check_consent
from holdfast.sources.file_tasks import FileTasks
from holdfast.sources.files import RawFile
from holdfast.sources.inputs import Hashes, find_files
from holdfast.sources.matching import match_customers
from holdfast.sources.parts import Earlier, Part
from holdfast.sources.queries import DATABASE
from holdfast.sources.report import TableReport, report_table
from holdfast.sources.settings import SourceSettings
from holdfast.sources.table_input import JoinedFiles, TableInput
from holdfast.sources.validation import validate_table


class ValidatedTable(NamedTuple):
    """The report of a table, and its parts in the order of its raw files."""

    report: TableReport
    parts: list[Part]


def ingest(
    engine: DuckDB,
    source: SourceSettings,
    limits: ContractSettings,
    validated: Path,
    rejected: Path,
    temporary: Path,
    read_at: datetime,
    progress: Callable[[str], None],
    *,
    hashes: Mapping[str, Hashes | None] = MappingProxyType({}),
    earlier: Mapping[str, Earlier] = MappingProxyType({}),
    previous_customers: Path | None = None,
    tasks: FileTasks | None = None,
) -> list[ValidatedTable]:
    """Read, map and check the tables of a source, or only the files that changed since an earlier run.

    Writes the folders `<validated>/<table>.parquet` (mapped contract columns, attributes, and always
    `known_at`) and `<rejected>/<table>.parquet` (file, row, rule, raw values as text, content of malformed
    lines), one Parquet file a raw file. The same input gives the same bytes, with or without `earlier`: rows
    are in the order of file and row; those of a database, which has no order, are sorted by all columns.

    Args:
        temporary: the folder of staged files; the caller removes it.
        read_at: when the source is read; naive: wall-clock of the source's zone.
        hashes: see `table_hashes`; a later run keeps no parts of tables without hashes.
        earlier: table → its parts from an earlier run.
        previous_customers: the folder of the customers that an earlier run validated; None: there is none.
        tasks: where files are validated one by one; None: all files of a table at once, in `engine`.

    Raises:
        SettingError: a mapping does not fit the raw table.
        DataRefused: a table is missing, empty, unreadable, or breaks its contract beyond the limit.
    """
    if read_at.tzinfo is not None:
        read_at = read_at.astimezone(ZoneInfo(source.time_zone)).replace(tzinfo=None)
    tables = []
    for name in [name for name in CONTRACTS if name in source.tables]:
        files, file_hashes, joined = _files_of(source, name, hashes.get(name))
        table = TableInput(
            engine, source, name, files, file_hashes, validated / f"{name}.parquet",
            rejected / f"{name}.parquet", temporary / name, read_at, limits, progress, joined,
        )  # fmt: skip
        parts, advice = validate_table(table, earlier.get(name), tasks)
        zone = source.time_zone
        report = report_table(engine.raw, table.contract, table.validated, parts, zone, advice)
        tables.append(ValidatedTable(report, parts))
        shutil.rmtree(table.temporary, ignore_errors=True)
    folders = {table.report.name: validated / f"{table.report.name}.parquet" for table in tables}
    shares = match_customers(engine.raw, folders, limits)
    if "consent" in getattr(source.tables.get("customers"), "columns", {}):
        check_consent(engine.raw, folders["customers"], previous_customers, limits)
    return [
        table._replace(report=dataclasses.replace(table.report, known_customers=shares[table.report.name]))
        for table in tables
    ]


def _files_of(
    source: SourceSettings, name: str, hashes: Hashes | None
) -> tuple[dict[str, RawFile], dict[str, str | None], dict[str, JoinedFiles]]:
    """The raw files of a table by name, their hashes, and the files of joined tables.

    The hashes are None if a joined table is read from a database.
    """
    table, joined = source.tables[name], {}
    for join, settings in table.join.items():
        files = _by_name(settings.read, f"source.tables.{name}.join.{join}.read")
        join_hashes = None if hashes is None else [hashes.get(file.place) for file in files.values()]
        joined[join] = JoinedFiles(files, hash_json(join_hashes) if join_hashes else None)
    known_hashes = None if any(files.hash is None for files in joined.values()) else hashes
    if table.database is not None:
        return {}, {DATABASE: hash_json(known_hashes) if known_hashes else None}, joined
    files = _by_name(table.read, f"source.tables.{name}.read")
    return files, {file.name: (known_hashes or {}).get(file.place) for file in files.values()}, joined


def _by_name(patterns: Sequence[str], where: str) -> dict[str, RawFile]:
    return {file.name: file for file in find_files(patterns, where)} if patterns else {}

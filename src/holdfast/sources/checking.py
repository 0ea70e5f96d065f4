"""One table before its contract: staged, mapped, every row with the rule it breaks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import ibis.expr.types as ir

from holdfast.contracts.rules import given
from holdfast.contracts.tables import CONTRACTS, Contract
from holdfast.engine.duckdb import DuckDB
from holdfast.sources.duplicates import Stands, mark_duplicates
from holdfast.sources.mapping import (
    KEPT,
    RULE,
    TableMapping,
    map_rows,
    read_mapping,
    select_values,
    tally_texts,
)
from holdfast.sources.parts import FILE, ROW, Raw, quoted
from holdfast.sources.quarantine import Checked
from holdfast.sources.reading import Origin, Reading
from holdfast.sources.refusals import refuse_expression
from holdfast.sources.settings import SourceSettings, TableSettings
from holdfast.sources.staging import Staging, stage


@dataclass(frozen=True)
class Intake:
    """A table on its way in.

    Attributes:
        hashes: SHA-256 of each of its raw files, by path; None: not to be known, it comes from a database.
        validated, rejected: the files to write.
        folder: for staged parts.
        read_at: when the source is read, naive wall-clock of its zone.
    """

    engine: DuckDB
    source: SourceSettings
    name: str
    hashes: Mapping[str, str] | None
    validated: Path
    rejected: Path
    folder: Path
    read_at: datetime
    progress: Callable[[str], None]

    @property
    def contract(self) -> Contract:
        """The table's contract."""
        return CONTRACTS[self.name]

    @property
    def table(self) -> TableSettings:
        """The table's settings."""
        return self.source.tables[self.name]

    @property
    def where(self) -> str:
        """The table's setting, for messages."""
        return f"source.tables.{self.name}"

    def mapping_for(self, names: Sequence[str]) -> TableMapping:
        """The mapping of a raw table with the columns `names`."""
        return read_mapping(self.contract, self.table, names, self.where)


@dataclass(frozen=True)
class Further:
    """What only the rows of new files are checked against.

    Attributes:
        files: the paths of the new files.
        reading: of the files before.
        stands: the rows that were validated then.
    """

    files: frozenset[str]
    reading: Reading
    stands: Stands


def stage_rows(intake: Intake, further: Further | None) -> Raw | None:
    """The raw rows before the engine; None: there is nothing at all.

    Raises:
        SettingError: the mapping names a column that is not there.
        DataRefused: a file or the database is missing or damaged.
    """

    def columns_in_use(names: Sequence[str]) -> list[str]:
        return intake.mapping_for(names).columns

    only = None if further is None else further.files
    return stage(
        Staging(
            intake.engine, intake.name, intake.table, columns_in_use, intake.folder, intake.where,
            intake.progress, only,
        )
    )  # fmt: skip


def read_origin(intake: Intake, raw: Raw, further: Further | None) -> Origin:
    """How the raw columns are to be read.

    Raises:
        SettingError: an expression that the engine does not accept.
    """
    con, mapping = intake.engine.raw, intake.mapping_for(raw.names)
    tally = tally_texts(con, raw, mapping, further.reading.origin.tally if further else None)
    described = con.execute(f"DESCRIBE {quoted(raw.view)}").fetchall()
    types = {name: kind for name, kind, *_ in described}
    select = select_values(con, raw, mapping, tally)
    return Origin(sorted(raw.names), types, select, tally, mapping.row_by_row)


def check(intake: Intake, raw: Raw, origin: Origin, further: Further | None) -> tuple[Checked, bool]:
    """The mapped rows with the rule that each breaks; whether one of them displaces a row that stands.

    Raises:
        SettingError: an expression that fails on a row.
        DataRefused: the engine has not the memory or the disk.
    """
    intake.progress(f"{intake.name}: checking")
    mapping, contract = intake.mapping_for(raw.names), intake.contract
    mapped = map_rows(intake.engine, origin.select, mapping, intake.source, intake.read_at)
    shown = [column for column in mapping.values if given(column) in mapped.columns]
    columns = validated_columns(contract, mapping, mapped.columns)
    part = intake.folder / "mapped.parquet"
    try:
        intake.engine.con.to_parquet(to_keep(mapped, columns, shown), part, compression="snappy")
    except duckdb.Error as error:
        raise refuse_expression(intake.where, error) from None
    stands = further.stands if further else None
    marked = mark_duplicates(intake.engine.raw, contract, raw, columns, part, stands)
    checked = Checked(contract, raw, origin, marked.rows, columns, shown, marked.shuffled, marked.overruled)
    return checked, marked.displacing


def validated_columns(contract: Contract, mapping: TableMapping, mapped: Sequence[str]) -> list[str]:
    """The columns of the validated table: the contract's, then attributes, and always `known_at`."""
    order = [column.name for column in contract.columns if column.name in mapped]
    columns = [*order, *(name for name in mapping.values if name not in order)]
    return columns if "known_at" in columns else [*columns, "known_at"]


def to_keep(mapped: ir.Table, columns: Sequence[str], shown: Sequence[str]) -> ir.Table:
    """The mapped rows; what was given only of those that break a rule."""
    broken = mapped[RULE].notnull()
    kept_given = {given(name): broken.ifelse(mapped[given(name)], None) for name in shown}
    return mapped.select(*columns, **kept_given, **{own: mapped[own] for own in (KEPT, RULE, FILE, ROW)})

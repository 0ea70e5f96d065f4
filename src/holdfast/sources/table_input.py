"""A contract table before it is validated: its settings, its raw files and its output folders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from holdfast.contracts.settings import ContractSettings
from holdfast.contracts.tables import CONTRACTS, Contract
from holdfast.engine.duckdb import DuckDB
from holdfast.files import hash_json
from holdfast.sources.files import RawFile
from holdfast.sources.mapping import TableMapping, read_mapping
from holdfast.sources.numbers import define_number
from holdfast.sources.queries import DATABASE
from holdfast.sources.settings import SourceSettings
from holdfast.sources.table_settings import TableSettings
from holdfast.sources.times import define_times


@dataclass(frozen=True)
class JoinedFiles:
    """The raw files of a joined table.

    Attributes:
        files: by name, in their order; empty for a database.
        hash: the hash of their content; None: unknown.
    """

    files: dict[str, RawFile]
    hash: str | None


@dataclass(frozen=True)
class TableInput:
    """A table to validate.

    Attributes:
        files: its raw files by name, in order; empty for a database.
        hashes: the SHA-256 of each by name; None: unknown.
        joined: the raw files of each joined table.
        validated, rejected: the output folders of its parts.
        temporary: the folder of staged files.
        read_at: when the source is read, naive wall-clock of its zone.
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
    limits: ContractSettings
    progress: Callable[[str], None]
    joined: Mapping[str, JoinedFiles] = field(default_factory=dict)

    def define_macros(self) -> None:
        """Define the SQL macros in the engine that read this table's numbers and times."""
        define_number(self.engine.raw, self.settings.csv, self.source.currency)
        define_times(self.engine.raw, self.source.time_zone)

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
        """The names of the raw files, in order; DATABASE for a database."""
        return list(self.files) or [DATABASE]

    def mapping(self, names: Sequence[str]) -> TableMapping:
        """The mapping of a raw table with the columns `names`."""
        return read_mapping(self.contract, self.settings, names, self.where, self.source.currency)

    def fingerprint(self) -> str:
        """A fingerprint of the settings and joined tables that decide about a row."""
        settings, source = self.settings.model_dump(mode="json"), self.source
        joined = {name: files.hash for name, files in self.joined.items()}
        return hash_json([settings, source.time_zone, source.currency, source.rates, joined])

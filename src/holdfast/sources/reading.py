"""How a table was read, kept beside the result: by it a later run sees whether it can go on from there.

Mapping and rules look at one row at a time. What looks at more than a row is kept here or checked against
the rows that stand: the types of text columns, which are judged by all values of a column; keys; and the
moment of reading, after which nothing can have happened.
"""

from dataclasses import asdict, dataclass
from typing import Any

from holdfast.files import hash_json
from holdfast.sources.inference import Tally
from holdfast.sources.settings import SourceSettings


@dataclass(frozen=True)
class Origin:
    """How the raw columns of a table became those of its contract.

    Attributes:
        columns: the names of all raw columns, sorted.
        types: raw column in use → its type in the engine.
        select: the SQL that maps a row.
        tally: of text columns, by which `select` types them.
        row_by_row: whether a row's values are its own whatever other rows there are.
    """

    columns: list[str]
    types: dict[str, str]
    select: str
    tally: Tally
    row_by_row: bool


@dataclass(frozen=True)
class Reading:
    """One reading of a table, as JSON can hold it.

    Attributes:
        settings: a fingerprint of all settings that decide what becomes of a row.
        files: raw file → SHA-256, by its path; none for a database.
        names: raw file → the name by which its rows are told.
        columns, types, select, first, every, row_by_row: as in `Origin` and `Tally`.
        narrowed_by: the last file of the first rows, which narrow down the types of text columns; None where
            there are fewer rows than that; blank where nothing is inferred.
        read_at: when, as wall-clock of the source's zone, ISO 8601.
        early: the earliest time for which a row was rejected as later than `read_at`; None: no such row.
        rejected: SHA-256 of the file of rejected rows.
        grown_from: SHA-256 of earlier states of the validated file → how many rows it had: the first rows of
            the present one.
    """

    settings: str
    files: dict[str, str]
    names: dict[str, str]
    columns: list[str]
    types: dict[str, str]
    select: str
    first: dict[str, dict[str, int]]
    every: dict[str, dict[str, int]]
    row_by_row: bool
    narrowed_by: str | None
    read_at: str
    early: str | None
    rejected: str
    grown_from: dict[str, int]

    @property
    def origin(self) -> Origin:
        """How the raw columns were read."""
        return Origin(self.columns, self.types, self.select, Tally(self.first, self.every), self.row_by_row)

    def to_dict(self) -> dict[str, Any]:
        """The reading as JSON can hold it."""
        return asdict(self)


def settings_of(source: SourceSettings, name: str) -> str:
    """A fingerprint of what decides what becomes of a row of a table."""
    return hash_json(
        {
            "table": source.tables[name].model_dump(mode="json"),
            "time_zone": source.time_zone,
            "currency": source.currency,
            "rates": source.rates,
        }
    )

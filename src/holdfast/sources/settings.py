"""The settings of a source file, `conf/source/<name>.yaml`: where tables are, what their columns mean."""

import codecs
import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from holdfast.contracts.tables import CONTRACTS, Contract
from holdfast.errors import nearest
from holdfast.settings import Settings

# Addresses of no database: the query names files.
IN_MEMORY = (
    "duckdb://",
    "duckdb://:memory:",
    "duckdb:///:memory:",
)

# As databases, statistics programs and spreadsheets write a null or an error. Not NA: that is Namibia.
NULLS = (
    "",
    "NULL",
    "null",
    "\\N",
    "NaN",
    "nan",
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NULL!",
    "#NUM!",
)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _written(value: Any) -> Any:
    """YAML reads a bare 1 as a number and a bare true as a truth value; both are SQL as well."""
    return str(value).lower() if isinstance(value, bool | int | float) else value


NAME = re.compile(r'(?<=")[^"]+(?=")|[^\W\d][\w.]*')
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Expression = Annotated[str, BeforeValidator(_written)]


class CsvSettings(Settings):
    """How a CSV file is written; only what cannot be guessed is given.

    Attributes:
        delimiter: None: the one of `, ; tab |` that splits the header most often.
        encoding: any that Python knows, such as cp1252; None: UTF-8 (or UTF-16 with its mark), and a byte
            that is not refuses the file. Saying `utf-8` rejects only the lines it is in.
        decimal, thousands: marks within numbers; None: a decimal point, and digits grouped by the other mark,
            by blanks or by apostrophes, unless that could be read in two ways.
        header: whether the first line carries the names; `names` gives them where it does not.
        skip: lines above the header.
        nulls: texts that stand for a missing value.
    """

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str | None = None
    decimal: str | None = Field(default=None, min_length=1, max_length=1)
    thousands: str | None = Field(default=None, min_length=1, max_length=1)
    quote: str = Field(default='"', max_length=1)
    escape: str = Field(default='"', max_length=1)
    header: bool = True
    names: tuple[str, ...] = ()
    skip: int = Field(default=0, ge=0)
    nulls: tuple[str, ...] = NULLS

    @property
    def decimal_mark(self) -> str:
        """The decimal mark: as set, else a point, or a comma where points group digits."""
        return self.decimal or ("," if self.thousands == "." else ".")

    @property
    def marks_are_set(self) -> bool:
        """Whether the settings say how numbers are written."""
        return self.decimal is not None or self.thousands is not None

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, encoding: str | None) -> str | None:
        if encoding is None:
            return None
        try:
            return codecs.lookup(encoding).name
        except LookupError:
            raise ValueError(f"'{encoding}' is no encoding known; such as utf-8 or cp1252") from None

    @model_validator(mode="after")
    def _names_where_no_header(self) -> "CsvSettings":
        if not self.header and not self.names:
            raise ValueError("header: false needs names: [...], the names of the columns in their order")
        if self.thousands is not None and self.thousands == self.decimal:
            raise ValueError("decimal and thousands are the same mark")
        return self


class TableSettings(Settings):
    """One raw table and what its columns mean.

    Attributes:
        read: a file, a glob, a folder or a list of them; or
        database: a URL that Ibis can connect to, with `table` (schema.table) or `query`. `duckdb://` runs the
            query on files, without a database.
        where: SQL; rows for which it is not true are out of scope: counted, not checked.
        sheet: the sheets of a workbook to read, in this order; none: all that are not blank.
        header_row: the row of a sheet's header, as the spreadsheet numbers it; None: the one, of the first
            rows, with most of the columns that are mapped.
        records: of JSON, the field that holds the list of records; None: the file itself is that list.
        fill_down: raw columns whose repeated cells are left blank; they take the value of the row above
            in their file or sheet that has one.
        columns: contract column → raw column or SQL expression (DuckDB's dialect).
        formats: contract column → strptime formats of text times that are not ISO 8601.
        attributes: columns of `customers` that never change, or are dated by `valid_from`.
        passthrough: columns of `customers` that go to the list and CRM files as they are, as text (e-mail,
            phone); they become no feature. They need no mapping where the raw column has their name.
    """

    read: Texts = ()
    database: SecretStr | None = None
    table: str | None = None
    query: str | None = None
    csv: CsvSettings = CsvSettings()
    sheet: Texts = ()
    records: str | None = None
    fill_down: Texts = ()
    header_row: int | None = Field(default=None, ge=1)
    where: Expression | None = None
    columns: dict[str, Expression]
    formats: dict[str, Texts] = Field(default={})
    attributes: Texts = ()
    passthrough: Texts = ()

    @property
    def named_columns(self) -> frozenset[str]:
        """The names in the mapping, in small letters: raw columns, and functions of the SQL."""
        texts = [*self.columns.values(), *([self.where] if self.where else [])]
        names = {text.strip().lower() for text in texts}
        return frozenset(names.union(*(NAME.findall(text.lower()) for text in texts)))

    @model_validator(mode="after")
    def _one_way_in(self) -> "TableSettings":
        if bool(self.read) == (self.database is not None):
            raise ValueError("give either read: (files) or database: (a URL)")
        if self.database is not None and (self.table is None) == (self.query is None):
            raise ValueError("with database: give either table: or query:")
        if self.database is None and (self.table or self.query):
            raise ValueError("table: and query: need database:")
        if self.database is not None and self.fill_down:
            raise ValueError("fill_down: needs read:, for the rows of a database have no order")
        return self


class SourceSettings(Settings):
    """A company's raw tables.

    Attributes:
        name: of the source; its folder below `data/validated/`.
        time_zone: of naive times, and the one that Holdfast's wall clock shows (IANA).
        currency: of all money (ISO 4217).
        rates: another currency → what one of it is worth in the source's.
        historical: the data ended in the past, as an example's does: `as_of=latest` is not held against
            today.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    time_zone: str = "UTC"
    currency: str | None = None
    rates: dict[str, Annotated[float, Field(gt=0)]] = Field(default={})
    historical: bool = Field(default=False, exclude=True)  # changes no result
    tables: dict[str, TableSettings]

    @property
    def attributes(self) -> tuple[str, ...]:
        """The columns of the customers table that never change, or are dated by `valid_from`."""
        customers = self.tables.get("customers")
        return () if customers is None else customers.attributes

    @property
    def passthrough(self) -> tuple[str, ...]:
        """The columns of the customers table that go to the list as they are."""
        customers = self.tables.get("customers")
        return () if customers is None else customers.passthrough

    @property
    def undated_attributes(self) -> tuple[str, ...]:
        """The attributes of which nothing says since when they hold."""
        customers = self.tables.get("customers")
        return () if customers is None or "valid_from" in customers.columns else customers.attributes

    @property
    def mapping(self) -> dict[str, Any]:
        """Of each table which raw columns are mapped how, `where` and `attributes`; not which files.

        Nor what is passed through: no model sees it.
        """
        return {
            name: {
                "columns": {to: raw for to, raw in table.columns.items() if to not in table.passthrough},
                "where": table.where,
                "attributes": sorted(table.attributes),
            }
            for name, table in self.tables.items()
        }

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, time_zone: str) -> str:
        try:
            ZoneInfo(time_zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"'{time_zone}' is no time zone; such as Europe/London or UTC") from None
        return time_zone

    @model_validator(mode="after")
    def _tables_keep_their_contracts(self) -> "SourceSettings":
        if not self.tables:
            raise ValueError("tables: is empty; map at least transactions or subscriptions")
        for name, table in self.tables.items():
            if name not in CONTRACTS:
                raise ValueError(f"tables.{name} is no table of Holdfast: {nearest(name, CONTRACTS)}")
            _check_columns(CONTRACTS[name], table)
            if "currency" in table.columns and self.currency is None:
                raise ValueError(f"tables.{name}.columns.currency needs currency: the source's own")
        return self


def _check_columns(contract: Contract, table: TableSettings) -> None:
    """Every required column mapped, nothing mapped that the contract or `attributes` does not know."""
    here = f"tables.{contract.name}"
    for required in contract.required:
        if required not in table.columns:
            raise ValueError(f"{here}.columns.{required} is required and not mapped to any raw column")
    for column, other in contract.needs:
        if column in table.columns and other not in table.columns:
            raise ValueError(f"{here}.columns.{column} needs {here}.columns.{other}")
    if table.attributes and contract.name != "customers":
        raise ValueError(f"{here}.attributes: only the table customers has attributes")
    known = [column.name for column in contract.columns]
    for name in table.columns:
        if name not in known and name not in (*table.attributes, *table.passthrough):
            hint = nearest(name, known)
            if contract.name == "customers":
                hint += "; a further column is listed under attributes: if it never changes or has valid_from"
            raise ValueError(f"{here}.columns.{name} is no column of {contract.name}: {hint}")
    _check_attributes(table, here)
    _check_passthrough(contract, table, here)
    for name in table.formats:
        column_of = contract.column(name)
        if name not in table.columns or column_of is None or column_of.type != "time":
            raise ValueError(f"{here}.formats.{name}: formats are only for times mapped under columns:")


def _check_attributes(table: TableSettings, here: str) -> None:
    """Only mapped columns that may become features."""
    for name in table.attributes:
        if name == "value":
            raise ValueError(
                f"{here}.attributes lists 'value', which says what a customer is worth, perhaps by what came "
                "later: it ranks the list and is no feature; take it out"
            )
        if name not in table.columns:
            raise ValueError(f"{here}.attributes lists '{name}', which is not mapped under columns:")


def _check_passthrough(contract: Contract, table: TableSettings, here: str) -> None:
    """Only columns of customers that are nothing else."""
    if table.passthrough and contract.name != "customers":
        raise ValueError(f"{here}.passthrough: only the table customers passes columns through")
    for name in table.passthrough:
        if contract.column(name) or name in table.attributes:
            raise ValueError(
                f"{here}.passthrough: '{name}' is a column of its own already; give another name"
            )

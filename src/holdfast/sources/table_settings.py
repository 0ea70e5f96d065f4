"""The settings of a raw table: where its rows are, and what its columns mean."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from holdfast.settings import Secret, Settings
from holdfast.sources.csv_settings import CsvSettings

# Addresses without a database: the query names files.
IN_MEMORY = ("duckdb://", "duckdb://:memory:", "duckdb:///:memory:")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _without_semicolon(query: str) -> str:
    return query.strip().rstrip(";")


def _written(value: Any) -> Any:
    """A number of YAML as SQL text. A bare `no` or `false` is refused, because YAML reads both as false."""
    if isinstance(value, bool):
        word, names = str(value).lower(), "no, off" if value is False else "yes, on"
        raise ValueError(
            f"a bare {names} is read as {word}: put quotes around the name of a column, and around the "
            f'constant "{word}"'
        )
    return str(value) if isinstance(value, int | float) else value


def _by_column(value: Any) -> Any:
    """A list of columns as a mapping: column → None."""
    listed = _listed(value)
    return dict.fromkeys(listed) if isinstance(listed, list | tuple) else listed


NAME = re.compile(r'(?<=")[^"]+(?=")|[^\W\d][\w.]*')
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Expression = Annotated[str, BeforeValidator(_written)]


class RawSettings(Settings):
    """Where the rows of a raw table are, and how they are written.

    Attributes:
        read: a file, a glob, a folder, an address in an object store (`s3://…`), or a list of these.
        database: instead of `read`, a URL that Ibis can connect to, with `table` (schema.table) or `query`.
            `duckdb://` runs the query on files, without a database.
        sheet: the sheets of a workbook to read, in this order; empty: all sheets that are not blank.
        header_row: the row of a sheet's header, as the spreadsheet numbers it; None: of the first rows, the
            one with the most mapped columns.
        records: the field of a JSON file that holds the list of records; None: the file itself is the list.
        fill_down: raw columns whose repeated cells are blank; a blank cell takes the last value above it in
            its file or sheet. With `{column: other}`, only from rows with the same `other`.
    """

    read: Texts = ()
    database: Secret | None = None
    table: str | None = None
    query: Annotated[str, AfterValidator(_without_semicolon)] | None = None
    csv: CsvSettings = CsvSettings()
    sheet: Texts = ()
    header_row: int | None = Field(default=None, ge=1)
    records: str | None = None
    fill_down: Annotated[dict[str, str | None], BeforeValidator(_by_column)] = Field(default={})

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if bool(self.read) == (self.database is not None):
            raise ValueError("give either read: (files) or database: (a URL)")
        if self.database is not None and (self.table is None) == (self.query is None):
            raise ValueError("with database: give either table: or query:")
        if self.database is None and (self.table or self.query):
            raise ValueError("table: and query: need database:")
        if self.database is not None and self.fill_down:
            raise ValueError("fill_down: needs read:, for the rows of a database have no order")
        return self


class JoinSettings(RawSettings):
    """A raw table that is joined to a table; it has at most one row for each row of that table.

    Attributes:
        key: a column or SQL expression in both tables; or the table's expression → the joined table's.
    """

    key: str | dict[str, Expression]

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """Pairs of keys: an expression of the table, and one of the joined table."""
        return ((self.key, self.key),) if isinstance(self.key, str) else tuple(self.key.items())


class TableSettings(RawSettings):
    """One raw table and what its columns mean.

    Attributes:
        join: name → a further raw table; its columns are addressed as `name.column`.
        where: SQL; rows for which it is not true are out of scope: counted, not checked.
        columns: contract column → raw column or SQL expression (DuckDB's dialect).
        formats: contract column → strptime formats of text times that are not ISO 8601.
        attributes: columns of `customers` that never change, or are dated by `valid_from`.
        passthrough: columns of `customers` that are copied to the list and CRM files as text (e-mail, phone)
            and never become features. A column with the name of its raw column needs no mapping.
    """

    join: dict[Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")], JoinSettings] = Field(default={})
    where: Expression | None = None
    columns: dict[str, Expression]
    formats: dict[str, Texts] = Field(default={})
    attributes: Texts = ()
    passthrough: Texts = ()

    @property
    def named_columns(self) -> frozenset[str]:
        """The names in the mapping, in lower case: raw columns and SQL functions."""
        keys = [expression for join in self.join.values() for expression, _ in join.keys]
        return named_in([*self.columns.values(), *self.passthrough, *keys, *filter(None, [self.where])])

    def joined_columns(self, name: str) -> frozenset[str]:
        """`named_columns` for a joined table, without the name of the join."""
        start = f"{name.lower()}."
        names = {named.removeprefix(start) for named in self.named_columns if named.startswith(start)}
        return self.named_columns | names | named_in([joined for _, joined in self.join[name].keys])

    @model_validator(mode="after")
    def _numbers_are_written_alike(self) -> Self:
        for name, join in self.join.items():
            if "csv" in join.model_fields_set and join.csv.marks != self.csv.marks:
                raise ValueError(
                    f"join.{name}.csv: decimal and thousands must equal those of the table's csv"
                )
        return self


def named_in(texts: Sequence[str]) -> frozenset[str]:
    """The names in SQL expressions, in lower case: columns and functions."""
    names = {text.strip().lower() for text in texts}
    return frozenset(names.union(*(NAME.findall(text.lower()) for text in texts)))

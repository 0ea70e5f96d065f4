"""The mapping of raw columns to contract columns, as one SQL select over the raw view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from holdfast.contracts.tables import Contract
from holdfast.errors import SettingError, first_line
from holdfast.files import hash_json
from holdfast.sources.expressions import Value, parse_value
from holdfast.sources.hints import advise_expression
from holdfast.sources.inference import (
    ClassCounts,
    InferredType,
    count_classes,
    infer_type,
    typed_sql,
    whole_sql,
)
from holdfast.sources.numbers import refuse_ambiguous_marks
from holdfast.sources.raw_table import FILE, ROW, SHEET, RawTable
from holdfast.sources.sql import column_types, quoted
from holdfast.sources.table_settings import TableSettings

IN_SCOPE = "holdfast__in_scope"  # the result of the table's `where`; null: neither true nor false


@dataclass(frozen=True)
class TableMapping:
    """The mapping of a table's raw columns to its contract columns.

    Attributes:
        values: contract column or attribute → its value.
        where: the rows in scope; None: all.
        currency: the currency of the source.
    """

    contract: Contract
    table: TableSettings
    values: Mapping[str, Value]
    where: Value | None
    currency: str | None

    @property
    def every(self) -> list[Value]:
        """All values, including `where`."""
        return [*self.values.values(), *([self.where] if self.where else [])]

    @property
    def columns(self) -> list[str]:
        """The raw columns in use, each once."""
        return list(dict.fromkeys(column for value in self.every for column in value.columns))

    def plain_columns(self, kind: str) -> set[str]:
        """Raw columns that are mapped unchanged to a contract column of this type."""
        plain = {name: value.column for name, value in self.values.items() if self.type_of(name) == kind}
        return {column for column in plain.values() if column is not None}

    def text_columns(self, raw: RawTable) -> set[str]:
        """Raw columns that are mapped to a text column: they stay text in expressions, too."""
        return self.plain_columns("text") & raw.text

    @property
    def within_expressions(self) -> set[str]:
        """Raw columns whose type matters: those in SQL, and attributes, which keep their type."""
        plain = [value for name, value in self.values.items() if not value.tree and self.type_of(name)]
        return {column for value in self.every if value not in plain for column in value.columns}

    @property
    def rowwise(self) -> bool:
        """Whether a row's values depend on no other row and not on the day."""
        return all(value.rowwise for value in self.every)

    def type_of(self, name: str) -> str | None:
        """The contract's type of a column; None: an attribute, which keeps its type."""
        if name in self.table.passthrough:
            return "text"
        column = self.contract.column(name)
        return column.type if column is not None else None


def read_mapping(
    contract: Contract, table: TableSettings, names: Sequence[str], where: str, currency: str | None
) -> TableMapping:
    """The mapping of a raw table with the columns `names`."""
    columns = {**{name: quoted(name) for name in table.passthrough}, **table.columns}
    values = {name: parse_value(text, names, f"{where}.columns.{name}") for name, text in columns.items()}
    scope = parse_value(table.where, names, f"{where}.where") if table.where else None
    return TableMapping(contract, table, values, scope, currency)


@dataclass(frozen=True)
class BoundMapping:
    """A mapping bound to the types of the raw columns.

    Attributes:
        select: the SQL of all raw rows: mapped values under their contract names, and IN_SCOPE.
        classes: see `count_raw_classes`.
        fingerprint: a hash of all that decides how a row is mapped.
    """

    raw: RawTable
    mapping: TableMapping
    select: str
    classes: Mapping[str, dict[str, ClassCounts]]
    fingerprint: str


def count_raw_classes(
    con: duckdb.DuckDBPyConnection, raw: RawTable, mapping: TableMapping
) -> dict[str, dict[str, ClassCounts]]:
    """The classes of the values of all text columns whose type or shape matters (see `count_classes`)."""
    texts = mapping.text_columns(raw)
    typed = (mapping.within_expressions & raw.text) - texts
    numbers = mapping.plain_columns("number") & raw.text
    return count_classes(con, raw.view, typed, numbers - typed - texts, texts, mapping.table.csv)


def bind_mapping(
    con: duckdb.DuckDBPyConnection,
    raw: RawTable,
    mapping: TableMapping,
    classes: Mapping[str, dict[str, ClassCounts]],
    totals: Mapping[str, ClassCounts],
    where: str,
) -> BoundMapping:
    """Infer the types of text columns and bind the mapping to them.

    Args:
        classes: see `count_raw_classes`.
        totals: their sums over all files of the table, also those that are not in `raw`.
        where: the table's setting, for messages.

    Raises:
        DataRefused: numbers of a column can be read in two ways.
        SettingError: the engine does not accept an expression.
    """
    typed = (mapping.within_expressions & raw.text) - mapping.text_columns(raw)
    numbers = mapping.plain_columns("number") & raw.text
    types = {column: infer_type(classes_of) for column, classes_of in totals.items()}
    if not mapping.table.csv.marks_are_set:
        for column, shapes in totals.items():
            if column in numbers or (column in typed and types[column].majority == "DOUBLE"):
                refuse_ambiguous_marks(column, shapes, where, typed=not raw.ordered)
    cells = []
    for name, value in mapping.values.items():
        if value.tree is None and mapping.type_of(name) is not None:
            cell = _plain(value, types, text=mapping.type_of(name) == "text")
        else:
            cell = _bound(con, raw, value, types, mapping)
        cells.append(f"{cell} AS {quoted(name)}")
    scope = _bound(con, raw, mapping.where, types, mapping) if mapping.where else "true"
    view = quoted(raw.view)
    place = f"{FILE}, {SHEET}, {ROW}"
    select = f"SELECT {', '.join(cells)}, CAST({scope} AS BOOLEAN) AS {IN_SCOPE}, {place} FROM {view}"
    return BoundMapping(raw, mapping, select, classes, hash_json([select, column_types(con, view)]))


def _plain(value: Value, types: Mapping[str, InferredType], text: bool) -> str:
    """A raw column; ids that a float column exported as 17850.0 lose their decimal point."""
    assert value.column is not None
    if text and value.column in types and types[value.column].point_zero:
        return whole_sql(value.column)
    return quoted(value.column)


def _bound(
    con: duckdb.DuckDBPyConnection,
    raw: RawTable,
    value: Value,
    types: Mapping[str, InferredType],
    mapping: TableMapping,
) -> str:
    """The first reading of an expression that the engine accepts.

    Text columns are read as the type of all their values; if the expression does not accept that, as the type
    of most values (other cells become null, and their rows are rejected), or as text. A row on which the
    expression fails gives null.
    """
    texts = mapping.plain_columns("text")
    used = [column for column in value.columns if column in types and column not in texts]
    readings = [
        {column: typed_sql(column, types[column], types[column].strict) for column in used},
        {column: typed_sql(column, types[column], types[column].majority) for column in used},
        {column: typed_sql(column, types[column], "VARCHAR") for column in used},
    ]
    failure = ""
    for reading in readings if used else readings[:1]:
        sql = value.sql(reading)
        for attempt in (f"TRY({sql})", f"({sql})"):  # TRY takes no volatile functions
            try:
                con.execute(f"SELECT {attempt} FROM {quoted(raw.view)} LIMIT 0")
            except duckdb.Error as error:
                failure = failure or first_line(error)
            else:
                return attempt
    texts_in_it = [column for column in used if types[column].strict == "VARCHAR"]
    advice = advise_expression(con, raw.view, texts_in_it, mapping.table.csv, mapping.currency)
    raise SettingError(
        "the engine does not accept the SQL expression",
        where=value.where,
        found=failure.removeprefix("Binder Error: ").removeprefix("Catalog Error: "),
        next_step=advice.format(where=value.where.partition(".columns")[0])
        if advice
        else "correct the expression: it is in DuckDB's dialect",
    )

"""Raw columns to contract columns: one SQL select over the raw view, then conversion and rules in Ibis."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import ibis
import ibis.expr.types as ir

from holdfast.contracts.rules import first_broken, given, violations
from holdfast.contracts.tables import Contract
from holdfast.engine.duckdb import DuckDB
from holdfast.errors import SettingError
from holdfast.sources.conversion import as_given, as_number, as_text, as_time, convert
from holdfast.sources.expressions import Value, read_value
from holdfast.sources.inference import ClassCounts, InferredType, count_classes, infer_types, typed_sql
from holdfast.sources.settings import SourceSettings, TableSettings
from holdfast.sources.sql import quoted
from holdfast.sources.staged import FILE, ROW, RawTable
from holdfast.storage import fingerprint

IN_SCOPE = "holdfast__in_scope"  # whether the table's `where` is true
RULE = "holdfast__rule"  # the first rule that the row breaks; null: none


@dataclass(frozen=True)
class TableMapping:
    """The mapping of a table's raw columns to its contract's.

    Attributes:
        values: contract column or attribute → its value.
        where: which rows are in scope; None: all.
    """

    contract: Contract
    table: TableSettings
    values: Mapping[str, Value]
    where: Value | None

    @property
    def columns(self) -> list[str]:
        """The raw columns in use, each once."""
        every = [*self.values.values(), *([self.where] if self.where else [])]
        return list(dict.fromkeys(column for value in every for column in value.columns))

    @property
    def plain_texts(self) -> set[str]:
        """Raw columns that are a text column of the contract as they stand: they stay text everywhere."""
        return {
            value.column
            for name, value in self.values.items()
            if value.column is not None and self.type_of(name) == "text"
        }

    @property
    def within_expressions(self) -> set[str]:
        """Raw columns whose type matters: within SQL, or as an attribute, which keeps its own type."""
        values = [value for name, value in self.values.items() if value.tree or not self.type_of(name)]
        every = [*values, *([self.where] if self.where else [])]
        return {column for value in every for column in value.columns}

    @property
    def row_by_row(self) -> bool:
        """Whether a row's values are the same whatever other rows there are, and on every day."""
        every = [*self.values.values(), *([self.where] if self.where else [])]
        return all(value.row_by_row for value in every)

    def type_of(self, name: str) -> str | None:
        """The contract's type of a column; None for an attribute, which keeps its own."""
        column = self.contract.column(name)
        return column.type if column is not None else None


def read_mapping(contract: Contract, table: TableSettings, names: Sequence[str], where: str) -> TableMapping:
    """The mapping of a raw table with the columns `names`.

    Raises:
        SettingError: it names a column that is not there, or is no SQL.
    """
    columns = f"{where}.columns"
    values = {name: read_value(text, names, f"{columns}.{name}") for name, text in table.columns.items()}
    kept = read_value(table.where, names, f"{where}.where") if table.where else None
    return TableMapping(contract, table, values, kept)


@dataclass(frozen=True)
class BoundMapping:
    """A mapping bound to the types of the raw columns.

    Attributes:
        select: the SQL that gives every mapped value of every raw row under its contract name, and IN_SCOPE.
        classes: file → text column → class of value → how many, of the files in `raw`.
        fingerprint: of all that decides how a row is mapped.
    """

    raw: RawTable
    mapping: TableMapping
    select: str
    classes: Mapping[str, dict[str, ClassCounts]]
    fingerprint: str


def bind_mapping(
    con: duckdb.DuckDBPyConnection,
    raw: RawTable,
    mapping: TableMapping,
    kept: Iterable[Mapping[str, ClassCounts]],
) -> BoundMapping:
    """Infer the types of text columns and bind the mapping to them.

    Args:
        kept: the classes of text columns in files that are not in `raw`.

    Raises:
        SettingError: the engine does not accept an expression.
    """
    # What is mapped plainly to a text column stays text within expressions too, whatever it looks like.
    texts = mapping.plain_texts & raw.text
    typed = (mapping.within_expressions & raw.text) - texts
    classes = count_classes(con, raw.view, typed, texts, mapping.table.csv)
    types = infer_types([*classes.values(), *kept])
    cells = []
    for name, value in mapping.values.items():
        if value.tree is None and mapping.type_of(name) is not None:
            cell = _plain(value, types, text=mapping.type_of(name) == "text")
        else:
            cell = _bound(con, raw, value, types, mapping)
        cells.append(f"{cell} AS {quoted(name)}")
    scope = f"coalesce({_bound(con, raw, mapping.where, types, mapping)}, false)" if mapping.where else "true"
    view = quoted(raw.view)
    select = f"SELECT {', '.join(cells)}, CAST({scope} AS BOOLEAN) AS {IN_SCOPE}, {FILE}, {ROW} FROM {view}"
    raw_types = {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {view}").fetchall()}
    return BoundMapping(raw, mapping, select, classes, fingerprint([select, raw_types]))


def map_rows(engine: DuckDB, bound: BoundMapping, source: SourceSettings, read_at: datetime) -> ibis.Table:
    """Every raw row: contract columns, `given` text of each, IN_SCOPE, RULE (null: keeps all), FILE and ROW.

    Args:
        read_at: when the source was read, naive wall-clock of its zone.
    """
    selected, mapping = engine.con.sql(bound.select), bound.mapping
    contract = mapping.contract
    columns: dict[str, ir.Value] = {}
    for name in mapping.values:
        value = selected[name]
        column = contract.column(name)
        if column is None:
            columns[name] = _attribute(value, source, mapping.table)
            continue
        formats, csv = mapping.table.formats.get(name, ()), mapping.table.csv
        columns[name] = convert(value, column.type, zone=source.time_zone, formats=formats, csv=csv)
        if name == "kind" and contract.name == "surveys":
            columns[name] = columns[name].lower()
        if column.type == "number" and not column.required:
            columns[name] = columns[name].isnan().ifelse(ibis.null("float64"), columns[name])
        columns[given(name)] = _given(value, required_number=column.type == "number" and column.required)
    converted = selected.select(**columns, **{name: selected[name] for name in (IN_SCOPE, FILE, ROW)})
    full = _in_own_currency(converted.mutate(known_at=_known_at(converted, contract)), source)
    currencies = _currencies(source) if "currency" in mapping.values else None
    broken = first_broken(violations(full, contract, read_at=read_at, currencies=currencies))
    return full.mutate(**{RULE: full[IN_SCOPE].ifelse(broken, ibis.null("string"))})


def _plain(value: Value, types: Mapping[str, InferredType], text: bool) -> str:
    """A raw column as it stands; ids that a float column wrote as 17850.0 lose their point."""
    assert value.column is not None
    if text and value.column in types and types[value.column].point_zero:
        return f"regexp_replace(trim({quoted(value.column)}), '[.]0+$', '')"
    return quoted(value.column)


def _bound(
    con: duckdb.DuckDBPyConnection,
    raw: RawTable,
    value: Value,
    types: Mapping[str, InferredType],
    mapping: TableMapping,
) -> str:
    """The first reading of an expression that the engine accepts.

    Columns of text are read as what all their values are; if the expression cannot work with that, as what
    most of them are (bad cells become null, and their rows are rejected), or as text. A row on which the
    expression fails gives null.

    Raises:
        SettingError: no reading is accepted.
    """
    csv = mapping.table.csv
    texts = mapping.plain_texts
    used = [column for column in value.columns if column in types and column not in texts]
    readings = [
        {column: typed_sql(column, types[column].strict, csv) for column in used},
        {column: typed_sql(column, types[column].majority, csv) for column in used},
        {column: quoted(column) for column in used},
    ]
    failure = ""
    for reading in readings if used else readings[:1]:
        sql = value.sql(reading)
        for attempt in (f"TRY({sql})", f"({sql})"):  # TRY takes no volatile functions
            try:
                con.execute(f"SELECT {attempt} FROM {quoted(raw.view)} LIMIT 0")
            except duckdb.Error as error:
                failure = failure or str(error).splitlines()[0]
            else:
                return attempt
    raise SettingError(
        "the engine does not accept the SQL expression",
        where=value.where,
        found=failure.removeprefix("Binder Error: ").removeprefix("Catalog Error: "),
        next_step="mend the expression; it is in DuckDB's dialect",
    )


def _attribute(value: ir.Value, source: SourceSettings, table: TableSettings) -> ir.Value:
    """An attribute in the contract type nearest to its own."""
    kind = value.type()
    if kind.is_boolean():
        return value
    if kind.is_numeric():
        number = as_number(value, table.csv)
        return (number.isnan() | number.isinf()).ifelse(ibis.null("float64"), number)
    if kind.is_timestamp() or kind.is_date():
        return as_time(value, source.time_zone, ())
    return as_text(value)


def _given(value: ir.Value, required_number: bool) -> ir.StringValue:
    """The raw value as text; NaN is nothing, save where a number must be."""
    if required_number and value.type().is_floating():
        return value.cast("string")
    return as_given(value)


def _known_at(table: ibis.Table, contract: Contract) -> ir.TimestampValue:
    """`known_at` where it is given, else the time of the event; a customer's `valid_from`, else null."""
    if contract.event is None:
        return table["valid_from"] if "valid_from" in table.columns else ibis.null("timestamp(6)")
    if "known_at" not in table.columns:
        return table[contract.event]
    return table[given("known_at")].isnull().ifelse(table[contract.event], table["known_at"])


def _currencies(source: SourceSettings) -> dict[str, float]:
    """Every currency that can be used → what one of it is worth in the source's."""
    assert source.currency is not None
    return {**{name.upper(): rate for name, rate in source.rates.items()}, source.currency.upper(): 1.0}


def _in_own_currency(table: ibis.Table, source: SourceSettings) -> ibis.Table:
    """Money turned into the source's currency where a rate is given; `currency` in capitals."""
    if "currency" not in table.columns or source.currency is None:
        return table
    written = table["currency"].upper()
    worth = ibis.cases(*[(written == name, rate) for name, rate in _currencies(source).items()], else_=1.0)
    money = {
        name: table[name] * worth for name in ("amount", "discount") if name in table.columns and source.rates
    }
    return table.mutate(currency=written, **money)

"""Read JSON and JSON lines: every value as text, nested fields as columns such as `requester.id`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from holdfast.errors import DataRefused, SettingError, nearest
from holdfast.sources.csv_settings import CsvSettings
from holdfast.sources.files import RawFile, unreadable
from holdfast.sources.raw_input import RawInput
from holdfast.sources.raw_table import stage_rows
from holdfast.sources.sql import literal, quoted

# All records are examined; dates stay text, to keep their time zones.
OPTIONS = (
    "timestampformat = 'none', dateformat = 'none', convert_strings_to_integers = false, sample_size = -1, "
    "maximum_depth = -1, map_inference_threshold = -1, field_appearance_threshold = 0"
)


class NestedFile(NamedTuple):
    """A JSON file whose fields are known.

    Attributes:
        records: the SQL of its records.
        fields: dotted name → the SQL of its value as text.
    """

    file: RawFile
    records: str
    fields: dict[str, str]


def open_nested(file: RawFile, table: RawInput) -> NestedFile:
    """Find the fields of a JSON file.

    Raises:
        DataRefused: the file is damaged, or its records are nested and no setting names their field.
        SettingError: `records` names an unknown field.
    """
    con, where, chosen = table.engine.raw, table.where, table.settings.records
    records = f"read_json({literal(file.path)}, {OPTIONS})"
    try:
        relation = con.sql(f"FROM {records}")
        kinds = dict(zip(relation.columns, relation.types, strict=True))
        if any("DOUBLE" in str(kind) for kind in kinds.values()):  # large whole numbers would lose digits
            exact = ", ".join(f"{literal(name)}: {literal(_exact(kind))}" for name, kind in kinds.items())
            records = f"read_json({literal(file.path)}, columns = {{{exact}}}, {OPTIONS})"
        fields = _fields(con, f"FROM {records}")
        if chosen is not None:
            if chosen not in fields:
                raise SettingError(
                    f"{file.name} has no field '{chosen}'",
                    where=f"{where}.records",
                    expected=nearest(chosen, fields),
                )
            records = f"(SELECT unnest({fields[chosen][0]}, max_depth := 2) FROM {records})"
            fields = _fields(con, f"FROM {records}")
    except duckdb.Error as error:
        raise unreadable(file, where, type(error).__name__) from None
    lists = [
        name for name, (_, kind) in fields.items() if str(kind).startswith("STRUCT") and kind.id == "list"
    ]
    if lists and not {name.lower() for name in fields} & table.named:
        raise DataRefused(
            f"{file.name} has none of the columns that are mapped",
            where=where,
            found=", ".join(fields),
            next_step=f"name the field with the list of records:  records: {lists[0]}",
        )
    return NestedFile(
        file, records, {name: _text(sql, kind, table.settings.csv) for name, (sql, kind) in fields.items()}
    )


def stage_nested(
    con: duckdb.DuckDBPyConnection, nested: NestedFile, use: Sequence[str], part: Path, where: str
) -> None:
    """Write fields of a JSON file as text, null for fields that it lacks."""
    fields = {name.lower(): sql for name, sql in nested.fields.items()}
    cells = (f"{fields.get(name.lower(), 'NULL::VARCHAR')} AS {quoted(name)}" for name in use)
    try:
        stage_rows(con, nested.records, cells, nested.file.name, part)
    except duckdb.Error as error:
        raise unreadable(nested.file, where, type(error).__name__) from None


def _fields(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, tuple[str, Any]]:
    """Dotted name → SQL and type of each field that is no object."""
    relation = con.sql(query)
    return {
        path: (sql, kind)
        for name, outer in zip(relation.columns, relation.types, strict=True)
        for path, sql, kind in _leaves(name, quoted(name), outer)
    }


def _leaves(path: str, sql: str, kind: Any) -> Iterator[tuple[str, str, Any]]:
    if kind.id != "struct":
        yield path, sql, kind
        return
    for name, inner in kind.children:
        yield from _leaves(f"{path}.{name}", f"struct_extract({sql}, {literal(name)})", inner)


def _exact(kind: Any) -> str:
    """A type in which numbers keep all their digits."""
    if kind.id == "struct":
        return f"STRUCT({', '.join(f'{quoted(name)} {_exact(inner)}' for name, inner in kind.children)})"
    if kind.id == "list":
        return f"{_exact(kind.children[0][1])}[]"
    return "JSON" if kind.id == "double" else str(kind)


def _text(sql: str, kind: Any, csv: CsvSettings) -> str:
    """The SQL of a field as text: lists as JSON, numbers with the table's decimal mark, nulls as null."""
    if kind.id in ("list", "map", "array"):
        return f"CAST(to_json({sql}) AS VARCHAR)"
    is_json = str(kind) == "JSON"
    text = f"({sql} ->> '$')" if is_json else f"CAST({sql} AS VARCHAR)"
    if not is_json and kind.id != "varchar":
        return text
    nulls = ", ".join(map(literal, csv.nulls))
    word = f"CASE WHEN {text} NOT IN ({nulls}) THEN {text} END"
    if not is_json:
        return word
    # A zero behind 1.234 shows that it has no grouped digits.
    number = rf"regexp_replace({text}, '^(-?[0-9]+[.][0-9]{{3}})$', '\10')"
    number = f"replace({number}, '.', {literal(csv.decimal_mark)})"
    return f"CASE WHEN json_type({sql}) = 'DOUBLE' THEN {number} ELSE {word} END"

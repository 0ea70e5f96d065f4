"""Infer the type of a text column from all its values, not from a sample.

Each value belongs to one class. The values of each class are counted for each raw file; the counts of a table
are the sums over its files, so each file is read only once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import duckdb

from holdfast.sources.csv_settings import CsvSettings
from holdfast.sources.numbers import AROUND, NUMBER, SHAPES
from holdfast.sources.raw_table import FILE
from holdfast.sources.sql import in_ascii, literal, quoted, trimmed
from holdfast.sources.times import INSTANT, ISO_DAY, ISO_TIME, ZONED

# Class of a value → the types that can hold it.
CLASSES: Mapping[str, tuple[str, ...]] = {
    "integer": ("BIGINT", "DOUBLE"),
    "long_integer": ("DOUBLE",),
    "group_or_decimal_comma": ("DOUBLE",),  # 1,234
    "group_or_decimal_point": ("DOUBLE",),  # 1.234
    "padded": (),  # a code, such as 007, which would lose its zeros as a number
    "point_zero": ("DOUBLE",),  # a whole number of an exported float column: 17850.0
    "padded_point_zero": (),
    "decimal_point": ("DOUBLE",),
    "decimal_comma": (),
    "fraction": (),  # in a text column: 1.5 is no id, so 1.0 is none either
    "number": ("DOUBLE",),
    "boolean": ("BOOLEAN",),
    "date": ("DATE", "TIMESTAMP"),
    "time_with_offset": ("TIMESTAMPTZ", "TIMESTAMP"),
    "time": ("TIMESTAMP",),
    "text": (),
}
TYPES = ("BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMPTZ", "TIMESTAMP")  # the first that fits is used
MAJORITY_TYPES = ("DOUBLE", "TIMESTAMPTZ", "TIMESTAMP")
MAJORITY = 0.5  # with a larger share of numbers, an expression reads the column as numbers with bad cells
NOT_WHOLE = {"fraction", "number", "decimal_point", "decimal_comma", "group_or_decimal_point"}

ClassCounts = Mapping[str, int]  # class → number of values


@dataclass(frozen=True)
class InferredType:
    """The inferred type of a text column.

    Attributes:
        strict: the DuckDB type of all values.
        majority: the type of most values.
        point_zero: some values are whole numbers with a decimal point (`17850.0`), and none is a fraction.
    """

    strict: str
    majority: str
    point_zero: bool


def add_classes(counts: Iterable[Mapping[str, ClassCounts]]) -> dict[str, Counter[str]]:
    """Column → the number of values of each class in all files."""
    totals: dict[str, Counter[str]] = {}
    for columns in counts:
        for column, classes in columns.items():
            totals.setdefault(column, Counter()).update(classes)
    return totals


def infer_type(classes: ClassCounts) -> InferredType:
    """The type of a column, from the number of values of each class."""
    values = sum(classes.values())
    fitting = Counter(dict.fromkeys(TYPES, 0))
    for name, count in classes.items():
        fitting.update(dict.fromkeys(CLASSES[name], count))
    if not values:
        return InferredType("VARCHAR", "VARCHAR", point_zero=False)
    strict = next((kind for kind in TYPES if fitting[kind] == values), "VARCHAR")
    if strict == "TIMESTAMP" and "time_with_offset" in classes:
        strict = "TIMESTAMPTZ"  # times without a zone are the source's
    most = next((kind for kind in MAJORITY_TYPES if fitting[kind] > MAJORITY * values), strict)
    if most == "TIMESTAMP" and "time_with_offset" in classes:
        most = "TIMESTAMPTZ"
    whole = NOT_WHOLE.isdisjoint(classes) and not {"point_zero", "padded_point_zero"}.isdisjoint(classes)
    return InferredType(strict, most if strict == "VARCHAR" else strict, whole)


def count_classes(
    con: duckdb.DuckDBPyConnection,
    view: str,
    typed: AbstractSet[str],
    numbers: AbstractSet[str],
    texts: AbstractSet[str],
    csv: CsvSettings,
) -> dict[str, dict[str, ClassCounts]]:
    """File → text column → class → number of values; blank values are not counted.

    Args:
        typed: columns whose type an expression needs.
        numbers: columns in which only shapes of numbers are distinguished.
        texts: columns that stay text; only whole numbers are distinguished.
    """
    columns = sorted(typed | numbers | texts)
    if not columns:
        return {}
    tests = (_class_sql(column, csv, column in typed, column in numbers) for column in columns)
    cells = ", ".join(f"histogram({test})" for test in tests)
    rows = con.execute(f"SELECT {quoted(FILE)}, {cells} FROM {quoted(view)} GROUP BY ALL").fetchall()
    return {
        file: dict(zip(columns, (counts or {} for counts in classes), strict=True)) for file, *classes in rows
    }


def _class_sql(column: str, csv: CsvSettings, typed: bool, number: bool) -> str:
    """The SQL of a value's class; null for a blank value."""
    text = in_ascii(trimmed(quoted(column)))
    time = f"{ISO_TIME}({quoted(column)})"

    def full(pattern: str) -> str:
        return f"regexp_full_match({text}, {literal(pattern)})"

    tests = {
        "integer": full("[+-]?(0|[1-9][0-9]{0,17})"),
        "long_integer": full("[+-]?[1-9][0-9]*"),
        "padded": full("[+-]?[0-9]+"),
    }
    readable, padded = f"{number_sql(column)} IS NOT NULL", full("[+-]?0[0-9]+.*")
    if (typed or number) and not csv.marks_are_set:
        shapes = {name: full(f"{AROUND}({shape}){AROUND}") for name, shape in SHAPES.items()}
        for name in ("group_or_decimal_comma", "group_or_decimal_point"):
            tests[name] = f"{shapes.pop(name)} AND {readable}"
    tests |= {
        "point_zero": full("[+-]?(0|[1-9][0-9]*)[.]0+"),
        "padded_point_zero": full("[+-]?[0-9]+[.]0+"),
    }
    if not typed and not number:
        tests["fraction"] = full("[+-]?[0-9]+[.][0-9]+")
    elif not csv.marks_are_set:
        tests["decimal_point"] = f"{shapes['decimal_point']} AND {readable} AND NOT {padded}"
        tests["decimal_comma"] = shapes["decimal_comma"]
    if typed:
        tests |= {
            "number": f"{readable} AND NOT {padded}",
            "boolean": f"lower({text}) IN ('true', 'false')",
            "text": f"NOT regexp_matches({text}, '^[0-9]+[-/]')",  # the casts to times are dear
            "date": f"{full(ISO_DAY)} AND TRY_CAST({text} AS DATE) IS NOT NULL",
            "time_with_offset": f"regexp_matches({time}, {literal(ZONED)}) "
            f"AND TRY_CAST({time} AS TIMESTAMPTZ) IS NOT NULL",
            "time": f"TRY_CAST({time} AS TIMESTAMP) IS NOT NULL",
        }
    cases = " ".join(f"WHEN {test} THEN {literal(name)}" for name, test in tests.items())
    return f"CASE WHEN {text} = '' OR {text} IS NULL THEN NULL {cases} ELSE 'text' END"


def number_sql(column: str) -> str:
    """The SQL that reads a text column as a number; null: it is no number."""
    return f"{NUMBER}({quoted(column)})"


def whole_sql(column: str) -> str:
    """The SQL of a text column without the decimal point of whole numbers: `17850` for `17850.0`."""
    return rf"regexp_replace({trimmed(quoted(column))}, '^([+-]?[0-9]+)[.]0+$', '\1')"


def typed_sql(column: str, inferred: InferredType, kind: str) -> str:
    """The SQL that reads a text column as a type; null: a value has another type."""
    if kind == "VARCHAR":
        return whole_sql(column) if inferred.point_zero else quoted(column)
    if kind == "DOUBLE":
        return number_sql(column)
    if kind == "TIMESTAMPTZ":
        return f"{INSTANT}({quoted(column)})"
    text = f"{ISO_TIME}({quoted(column)})" if kind in ("DATE", "TIMESTAMP") else in_ascii(quoted(column))
    return f"TRY_CAST({text} AS {kind})"

"""The type of a text column, inferred from all of its values and not from a sample.

Every value falls into one class. How many values of each class there are is counted for each raw file, so the
counts of a table are the sums of its files' counts, and a file is read once for them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import duckdb

from holdfast.sources.raw_table import FILE
from holdfast.sources.settings import CsvSettings
from holdfast.sources.sql import literal, quoted

OFFSET = r"(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$"  # at the end of an ISO time: it says its own zone
ISO_DAY = r"\d{4}-\d{2}-\d{2}"
# Class of a value → the types that can hold it.
CLASSES: Mapping[str, tuple[str, ...]] = {
    "integer": ("BIGINT", "DOUBLE"),
    "long_integer": ("DOUBLE",),
    "padded": (),  # a code, such as 007: as a number it would lose its zeros
    "point_zero": ("DOUBLE",),  # a whole number as a float column exports it: 17850.0
    "padded_point_zero": (),
    "number": ("DOUBLE",),
    "boolean": ("BOOLEAN",),
    "date": ("DATE", "TIMESTAMP"),
    "time_with_offset": ("TIMESTAMPTZ", "TIMESTAMP"),
    "time": ("TIMESTAMP",),
    "text": (),
}
TYPES = ("BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMPTZ", "TIMESTAMP")  # the first that fits is it
MAJORITY_TYPES = ("DOUBLE", "TIMESTAMPTZ", "TIMESTAMP")
MAJORITY = (
    0.5  # a column with a larger share of numbers is one with some bad cells, if an expression needs it
)
WHOLE = {"integer", "long_integer", "padded", "point_zero", "padded_point_zero"}

ClassCounts = Mapping[str, int]  # class → how many values


@dataclass(frozen=True)
class InferredType:
    """What a text column holds.

    Attributes:
        strict: the DuckDB type that every value has.
        majority: the type that most values have.
        point_zero: all are whole numbers, some written with a decimal point (`17850.0`).
    """

    strict: str
    majority: str
    point_zero: bool


def infer_types(counts: Iterable[Mapping[str, ClassCounts]]) -> dict[str, InferredType]:
    """The type of every column, from the class counts of the columns of each file."""
    totals: dict[str, Counter[str]] = {}
    for columns in counts:
        for column, classes in columns.items():
            totals.setdefault(column, Counter()).update(classes)
    return {column: infer_type(classes) for column, classes in totals.items()}


def infer_type(classes: ClassCounts) -> InferredType:
    """The type of a column with so many values of each class."""
    values = sum(classes.values())
    fitting = Counter(dict.fromkeys(TYPES, 0))
    for name, count in classes.items():
        fitting.update(dict.fromkeys(CLASSES[name], count))
    if not values:
        return InferredType("VARCHAR", "VARCHAR", point_zero=False)
    strict = next((kind for kind in TYPES if fitting[kind] == values), "VARCHAR")
    most = next((kind for kind in MAJORITY_TYPES if fitting[kind] > MAJORITY * values), strict)
    whole = set(classes) <= WHOLE and not {"point_zero", "padded_point_zero"}.isdisjoint(classes)
    return InferredType(strict, most if strict == "VARCHAR" else strict, whole)


def count_classes(
    con: duckdb.DuckDBPyConnection,
    view: str,
    typed: AbstractSet[str],
    texts: AbstractSet[str],
    csv: CsvSettings,
) -> dict[str, dict[str, ClassCounts]]:
    """File → text column → class → how many of its values there are; blank values are not counted.

    Args:
        typed: columns whose type an expression needs.
        texts: columns that stay text, of which only whole numbers are told from other text.
    """
    columns = sorted(typed | texts)
    if not columns:
        return {}
    cells = ", ".join(f"histogram({_class_sql(column, csv, column in typed)})" for column in columns)
    rows = con.execute(f"SELECT {quoted(FILE)}, {cells} FROM {quoted(view)} GROUP BY ALL").fetchall()
    return {
        file: dict(zip(columns, (found or {} for found in classes), strict=True)) for file, *classes in rows
    }


def _class_sql(column: str, csv: CsvSettings, typed: bool) -> str:
    """SQL of the class of a value; null for a blank one."""
    text = f"trim({quoted(column)})"
    tests = {
        "integer": f"regexp_full_match({text}, '[+-]?(0|[1-9][0-9]{{0,17}})')",
        "long_integer": f"regexp_full_match({text}, '[+-]?[1-9][0-9]*')",
        "padded": f"regexp_full_match({text}, '[+-]?[0-9]+')",
        "point_zero": f"regexp_full_match({text}, '[+-]?(0|[1-9][0-9]*)[.]0+')",
        "padded_point_zero": f"regexp_full_match({text}, '[+-]?[0-9]+[.]0+')",
    }
    if typed:
        padded = f"regexp_full_match({text}, '[+-]?0[0-9]+.*')"
        tests |= {
            "number": f"{number_sql(column, csv)} IS NOT NULL AND NOT {padded}",
            "boolean": f"lower({text}) IN ('true', 'false')",
            "text": f"NOT regexp_matches({text}, '^[0-9]+[-/]')",  # the casts to times are dear
            "date": f"regexp_full_match({text}, '{ISO_DAY}') AND TRY_CAST({text} AS DATE) IS NOT NULL",
            "time_with_offset": f"regexp_matches({text}, '{ISO_DAY}.+{OFFSET}') "
            f"AND TRY_CAST({text} AS TIMESTAMPTZ) IS NOT NULL",
            "time": f"TRY_CAST({text} AS TIMESTAMP) IS NOT NULL",
        }
    cases = " ".join(f"WHEN {test} THEN {literal(name)}" for name, test in tests.items())
    return f"CASE WHEN {text} = '' OR {text} IS NULL THEN NULL {cases} ELSE 'text' END"


def number_sql(column: str, csv: CsvSettings) -> str:
    """SQL that reads a text column as a number; null where it is none."""
    text = quoted(column)
    if csv.thousands:
        text = f"replace({text}, {literal(csv.thousands)}, '')"
    if csv.decimal != ".":
        text = f"replace({text}, {literal(csv.decimal)}, '.')"
    return f"TRY_CAST({text} AS DOUBLE)"


def typed_sql(column: str, kind: str, csv: CsvSettings) -> str:
    """SQL that reads a text column as a type; null where a value has another."""
    if kind == "VARCHAR":
        return quoted(column)
    if kind == "DOUBLE":
        return number_sql(column, csv)
    return f"TRY_CAST({quoted(column)} AS {kind})"

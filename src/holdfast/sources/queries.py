"""Queries over files, `duckdb://`: DuckDB runs them itself, without a database."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from holdfast.engine.duckdb import DuckDB
from holdfast.errors import DataRefused, SettingError, first_line
from holdfast.secrets import redact, remember
from holdfast.sources.raw_table import FILE, FIRST_ROW
from holdfast.sources.sql import literal, quoted, unique_names
from holdfast.sources.table_settings import IN_MEMORY, RawSettings

DATABASE = "database"  # stands where a file's name would
READ_JSON = ("read_json", "read_json_auto", "read_ndjson", "read_ndjson_auto")
JSON_FILE = re.compile(r"\.(json|jsonl|ndjson)(\.gz)?$", re.IGNORECASE)
EXTENSION = re.compile(r"required extension '(\w+)'")
Staged = tuple[tuple[str, ...], frozenset[str]]  # all columns, and those in use that are staged as text


class Reading(NamedTuple):
    """What is read from a database.

    Attributes:
        columns_in_use: given the names of all columns, those that are mapped.
        part: the Parquet file to write.
        where: the table's setting, for messages.
    """

    table: RawSettings
    columns_in_use: Callable[[Sequence[str]], Sequence[str]]
    part: Path
    where: str

    @property
    def query(self) -> str:
        """The query without a semicolon; blank where a table is read."""
        return (self.table.query or "").strip().rstrip(";")


def stage_query(engine: DuckDB, reading: Reading) -> Staged:
    """A query over files, run by the engine itself within its memory and threads.

    Columns of text are inferred like those of a CSV: a query may read all of them as text and keep its zeros.
    """
    query, con = keep_times_as_text(reading.query or f"FROM {reading.table.table}"), engine.raw
    try:
        described = con.execute(f"DESCRIBE ({query})").fetchall()
        names = unique_names([row[0] for row in described])
        use = reading.columns_in_use(names)
        cells = "".join(f"{quoted(name)}, " for name in use)
        con.execute(
            f"COPY (SELECT {cells}{literal(DATABASE)} AS {FILE}, 1::BIGINT AS {FIRST_ROW} "
            f"FROM ({query})) TO {literal(reading.part)} (FORMAT parquet, COMPRESSION snappy)"
        )
    except duckdb.IOException as error:
        raise DataRefused(
            "a file that the query reads is missing or damaged",
            where=f"{reading.where}.query",
            found=first_line(error),
            next_step="put the file there, or change the query",
        ) from None
    except duckdb.Error as error:
        message, next_step = (
            redacted_message(error, IN_MEMORY[0]),
            "run it in DuckDB's own client to see more",
        )
        if extension := EXTENSION.search(str(error)):
            message = f"the extension {extension[1]} of DuckDB is not installed"
            next_step = (
                "read the files of an object store by  read: s3://…  (or gs://, az://), without a query; "
                f"or install the extension in DuckDB's own client:  INSTALL {extension[1]}"
            )
        raise SettingError(
            "the query cannot be run", where=f"{reading.where}.query", found=message, next_step=next_step
        ) from None
    texts = {name for name, (_, kind, *_) in zip(names, described, strict=True) if kind == "VARCHAR"}
    return names, frozenset(use) & texts


def keep_times_as_text(query: str) -> str:
    """The query with times in JSON files left as text: the engine would drop the zone that they name."""
    try:
        tree = sqlglot.parse_one(query, read="duckdb")
    except SqlglotError:
        return query  # the engine says what is wrong with it
    changed = False
    for origin in list(tree.find_all(exp.Table)):
        path = origin.this
        if isinstance(path, exp.Identifier) and JSON_FILE.search(path.name):
            origin.set("this", exp.Anonymous(this="read_json", expressions=[exp.Literal.string(path.name)]))
            changed = True
    for call in tree.find_all(exp.Anonymous):
        if call.name.lower() not in READ_JSON or "timestampformat" in call.sql().lower():
            continue
        for option in ("timestampformat", "dateformat"):
            call.append("expressions", exp.EQ(this=exp.column(option), expression=exp.Literal.string("none")))
        changed = True
    return tree.sql(dialect="duckdb") if changed else query


def redacted_url(url: str) -> str:
    """A URL without user, password and options: what may be shown and logged."""
    return redact(url).partition("?")[0]


def redacted_message(error: Exception, url: str) -> str:
    """The first line of a driver's message without the secrets of the URL; not that of one about values."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"DataError", "ConversionException", "OutOfRangeException", "InvalidInputException"}:
        return f"{type(error).__name__}: a value that the query cannot work with"
    remember(url)
    return redact(first_line(error).replace(url, redacted_url(url)))

"""Queries over files (`duckdb://`), which DuckDB runs without a database."""

import re
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from holdfast.errors import DataRefused, SettingError, first_line
from holdfast.secrets import redact, remember
from holdfast.sources.raw_input import RawInput
from holdfast.sources.raw_table import stage_rows
from holdfast.sources.sql import quoted, unique_names
from holdfast.sources.table_settings import IN_MEMORY

DATABASE = "database"  # the name of a database in place of a raw file's
READ_JSON = ("read_json", "read_json_auto", "read_ndjson", "read_ndjson_auto")
JSON_FILE = re.compile(r"\.(json|jsonl|ndjson)(\.gz)?$", re.IGNORECASE)
EXTENSION = re.compile(r"required extension '(\w+)'")
Staged = tuple[tuple[str, ...], frozenset[str]]  # all columns, and those in use that are staged as text


def stage_query(table: RawInput, part: Path) -> Staged:
    """Stage a query over files, which the engine runs.

    The types of text columns are inferred as for a CSV: a query may read all columns as text to keep zeros.
    """
    settings, con = table.settings, table.engine.raw
    query = keep_times_as_text(settings.query or f"FROM {settings.table}")
    try:
        described = con.execute(f"DESCRIBE ({query})").fetchall()
        names = unique_names([row[0] for row in described])
        use = table.columns_in_use(names)
        stage_rows(con, f"({query})", map(quoted, use), DATABASE, part)
    except duckdb.IOException as error:
        raise DataRefused(
            "a file that the query reads is missing or damaged",
            where=f"{table.where}.query",
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
            "the query cannot be run", where=f"{table.where}.query", found=message, next_step=next_step
        ) from None
    texts = {name for name, (_, kind, *_) in zip(names, described, strict=True) if kind == "VARCHAR"}
    return names, frozenset(use) & texts


def keep_times_as_text(query: str) -> str:
    """Change a query so that times in JSON files stay text: the engine would drop their time zone."""
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
    """A URL without user, password and options, to be shown and logged."""
    return redact(url).partition("?")[0]


def redacted_message(error: Exception, url: str) -> str:
    """The first line of a driver's message, without secrets; messages about values are not shown."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"DataError", "ConversionException", "OutOfRangeException", "InvalidInputException"}:
        return f"{type(error).__name__}: a value that the query cannot work with"
    remember(url)
    return redact(first_line(error).replace(url, redacted_url(url)))

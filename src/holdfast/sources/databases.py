"""Read tables from any database that Ibis can connect to, batch by batch."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.errors import DataRefused, SettingError, nearest
from holdfast.sources.queries import DATABASE, Staged, redacted_message, redacted_url, stage_query
from holdfast.sources.raw_input import RawInput
from holdfast.sources.raw_table import FILE, FIRST_ROW, stage_texts
from holdfast.sources.sql import quoted
from holdfast.sources.table_settings import IN_MEMORY
from holdfast.sources.workbooks import cell_text

BATCH_ROWS = 50_000
CONNECT_SECONDS = 10
WAKE_SECONDS = 180  # the time for a warehouse of Databricks to start
AS_TEXT = ("postgres", "sqlite")
WAREHOUSES = ("bigquery", "snowflake", "databricks")  # their drivers hand over Arrow


def _of_any_type(_) -> str:  # type: ignore[no-untyped-def,empty-body]
    """The signature of a function that takes any type."""


to_json_string = ibis.udf.scalar.builtin(_of_any_type, name="to_json_string")  # of BigQuery


def stage_database(table: RawInput, part: Path) -> Staged:
    """Write the rows of a database's table or query to one Parquet file. Messages hold no credentials."""
    assert table.settings.database is not None
    url = table.settings.database.get_secret_value()
    if url in IN_MEMORY:
        return stage_query(table, part)
    with connected(url, table.where) as con:
        try:
            return (_stage_text if con.name in AS_TEXT else _stage_batches)(con, table, part)
        except (SettingError, DataRefused):
            raise
        except Exception as error:  # drivers agree on no class of their own
            raise DataRefused(
                "the database failed while it was read",
                where=f"{table.where}.database ({redacted_url(url)})",
                found=redacted_message(error, url),
                next_step=f"check {table.where}.{'query' if table.settings.query else 'table'} in the "
                "database's own client",
            ) from None


def _stage_batches(con: Any, table: RawInput, part: Path) -> Staged:
    """Stage the columns in use, in `portable_types`."""
    if table.settings.query:
        rows = con.sql(table.settings.query)
    else:
        name, schema = _find_table(con, table)
        rows = con.table(name, database=schema)
    names = tuple(rows.columns)
    cells = portable_types(rows.select(*table.columns_in_use(names)), con.name)
    batches = cells.to_pyarrow_batches(chunk_size=BATCH_ROWS)
    fields = pa.schema([*batches.schema, pa.field(FILE, pa.string()), pa.field(FIRST_ROW, pa.int64())])
    with pq.ParquetWriter(part, fields) as writer:
        for batch in batches:
            constant = [
                pa.repeat(DATABASE, batch.num_rows),
                pa.repeat(pa.scalar(1, pa.int64()), batch.num_rows),
            ]
            writer.write_batch(pa.RecordBatch.from_arrays([*batch.columns, *constant], schema=fields))
    return names, frozenset(name for name, kind in cells.schema().items() if kind.is_string())


def portable_types(rows: ibis.Table, database: str) -> ibis.Table:
    """Let the database convert columns to types that any driver can return.

    Integers, floats and booleans are unchanged, and so are dates and timestamps of a warehouse, whose text
    depends on the session. Decimals and all other types become text.
    """
    cells = {}
    for name, kind in rows.schema().items():
        plain = kind.is_integer() or kind.is_floating() or kind.is_boolean()
        if plain or (database in WAREHOUSES and (kind.is_date() or kind.is_timestamp())):
            cells[name] = rows[name]
        elif database == "bigquery" and (kind.is_nested() or kind.is_json()):
            cells[name] = to_json_string(rows[name])
        else:
            cells[name] = rows[name].cast("string")
    return rows.select(**cells)


def _stage_text(con: Any, table: RawInput, part: Path) -> Staged:
    """Stage every cell as text, from the driver's cursor.

    SQLite has any type in any column, and PostgreSQL has times that Python cannot represent. Ibis would
    create a view to find a query's columns, which a read-only replica refuses.
    """
    if table.settings.query:
        origin = f"({table.settings.query}) AS holdfast"
    else:
        name, schema = _find_table(con, table)
        origin = ".".join(quoted(part) for part in (schema, name) if part)
    with contextlib.closing(con.con.cursor()) as cursor:
        names = tuple(column[0] for column in cursor.execute(f"SELECT * FROM {origin} LIMIT 0").description)
    use = table.columns_in_use(names)
    if con.name == "sqlite":
        opened = contextlib.closing(con.con.cursor())
        cells = ", ".join(map(quoted, use)) or "NULL"
    else:
        con.con.execute("SET DateStyle = 'ISO, YMD'")
        opened = con.con.cursor(name="holdfast")
        cells = ", ".join(f"CAST({quoted(name)} AS text)" for name in use) or "NULL"
    with con.con.transaction() if con.name == "postgres" else contextlib.nullcontext(), opened as cursor:
        cursor.execute(f"SELECT {cells} FROM {origin}")
        rows = (cell for batch in iter(lambda: cursor.fetchmany(BATCH_ROWS), []) for cell in batch)
        texts = ([cell_text(cell) for cell in row[: len(use)]] for row in rows)
        stage_texts(texts, use, DATABASE, 1, part)
    return names, frozenset(use)


def _find_table(con: Any, table: RawInput) -> tuple[str, str | None]:
    """A table's bare name and its schema, from `name` or `schema.name`."""
    name = str(table.settings.table)
    schema, _, bare = name.rpartition(".")
    tables = con.list_tables(database=schema or None)
    if bare not in tables:
        raise SettingError(
            f"the database has no table {name}",
            where=f"{table.where}.table",
            expected=nearest(bare, tables),
        )
    return bare, schema or None


@contextlib.contextmanager
def connected(url: str, where: str) -> Iterator[Any]:
    """A connection of Ibis, closed when the block ends."""
    parts = urlsplit(url)
    options = options_for(parts)
    if parts.scheme in ("duckdb", "sqlite"):
        path = Path(parts.netloc + unquote(parts.path))
        if not path.is_file() and not parts.netloc.startswith("md:"):  # they would make an empty one
            raise _unreachable(url, where, f"there is no file {path}")
    try:
        if parts.scheme == "databricks":
            con = ibis.databricks.connect(**options)
        else:
            con = ibis.connect(url, **options)
    except ImportError as error:
        package = "holdfast" if parts.scheme in WAREHOUSES else "ibis-framework"
        raise SettingError(
            f"the driver for {parts.scheme} is not installed",
            where=f"{where}.database",
            found=redacted_message(error, url),
            next_step=f"install it: pip install '{package}[{parts.scheme}]'",
        ) from None
    except Exception as error:  # drivers agree on no class of their own
        raise _unreachable(url, where, redacted_message(error, url)) from None
    try:
        yield con
    finally:
        with contextlib.suppress(Exception):  # a connection that is already gone
            con.disconnect()


def options_for(parts: SplitResult) -> dict[str, Any]:
    """The options of `ibis.connect` beside the URL; for Databricks all options: Ibis cannot read its URL."""
    if parts.scheme == "databricks":
        return databricks_options(parts)
    if parts.scheme == "snowflake":
        wait = {} if "login_timeout" in parts.query else {"login_timeout": CONNECT_SECONDS}
        return {"create_object_udfs": False, **wait}  # otherwise Ibis creates functions in the database
    if parts.scheme == "duckdb":
        return {"read_only": True}
    if parts.scheme in ("postgres", "postgresql") and "connect_timeout" not in parts.query:
        return {"connect_timeout": CONNECT_SECONDS}
    return {}


def databricks_options(parts: SplitResult) -> dict[str, Any]:
    """The options to connect to `databricks://token:TOKEN@host/catalog/schema?http_path=…`."""
    catalog, _, schema = unquote(parts.path).strip("/").partition("/")
    options = {
        "server_hostname": parts.hostname,
        "access_token": parts.password and unquote(parts.password),
        "catalog": catalog,
        "schema": schema,
        **dict(parse_qsl(parts.query)),
    }
    given = {name: value for name, value in options.items() if value}
    return {"_retry_stop_after_attempts_duration": WAKE_SECONDS, **given}


def _unreachable(url: str, where: str, found: str) -> DataRefused:
    return DataRefused(
        f"the database of {where.rpartition('.')[2]} cannot be reached",
        where=f"{where}.database ({redacted_url(url)})",
        found=found,
        expected="a database that answers",
        next_step="check that it runs, and the address, user and password in the URL's environment variable",
    )

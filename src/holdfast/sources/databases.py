"""Tables out of databases, a batch at a time: any URL that Ibis can connect to."""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.engine.duckdb import DuckDB
from holdfast.errors import DataRefused, SettingError, nearest
from holdfast.sources.settings import TableSettings
from holdfast.sources.sql import literal, quoted, unique_names
from holdfast.sources.staged import FILE, FIRST_ROW, stage_texts
from holdfast.sources.workbooks import cell_text

BATCH_ROWS = 50_000
CONNECT_SECONDS = 10
DATABASE = "database"  # stands where a file's name would
AS_TEXT = ("postgres", "sqlite")
IN_MEMORY = ("duckdb://", "duckdb://:memory:", "duckdb:///:memory:")
Pick = Callable[[Sequence[str]], Sequence[str]]


def stage_database(
    engine: DuckDB, table: TableSettings, pick: Pick, part: Path, where: str
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Write what a database's table or query gives as one part.

    Args:
        pick: given the names of all columns, says which are in use.

    Returns:
        The names of all columns, and those in use that are staged as text.

    Raises:
        DataRefused: the database cannot be reached, or fails; the message holds no credentials.
        SettingError: the URL, the table or the query is wrong.
    """
    assert table.database is not None
    url = table.database.get_secret_value()
    if url in IN_MEMORY:
        return _stage_files(engine, table, pick, part, where)
    with _connected(url, where) as con:
        try:
            if con.name in AS_TEXT:
                if table.query:
                    return _stage_text(con, f"({table.query.strip().rstrip(';')}) AS holdfast", pick, part)
                name, schema = _find_table(con, str(table.table), where)
                return _stage_text(con, ".".join(quoted(one) for one in (schema, name) if one), pick, part)
            if table.query:
                rows = con.sql(table.query)
            else:
                name, schema = _find_table(con, str(table.table), where)
                rows = con.table(name, database=schema)
            return tuple(rows.columns), _stage_batches(rows.select(*pick(rows.columns)), part)
        except (SettingError, DataRefused):
            raise
        except Exception as error:  # drivers agree on no class of their own
            raise DataRefused(
                "the database failed while it was read",
                where=f"{where}.database ({shown(url)})",
                found=_safely(error, url),
                next_step=f"check {where}.{'query' if table.query else 'table'} in a client of the database",
            ) from None


def _stage_files(
    engine: DuckDB, table: TableSettings, pick: Pick, part: Path, where: str
) -> tuple[tuple[str, ...], frozenset[str]]:
    """A query over files, run by the engine itself within its memory and threads."""
    query = table.query.strip().rstrip(";") if table.query else f"FROM {table.table}"
    url = IN_MEMORY[0]
    try:
        names = unique_names([row[0] for row in engine.raw.execute(f"DESCRIBE ({query})").fetchall()])
        use = pick(names)
        cells = "".join(f"{quoted(name)}, " for name in use)
        engine.raw.execute(
            f"COPY (SELECT {cells}{literal(DATABASE)} AS {quoted(FILE)}, 1::BIGINT AS {quoted(FIRST_ROW)} "
            f"FROM ({query})) TO {literal(str(part))} (FORMAT parquet, COMPRESSION snappy)"
        )
    except duckdb.IOException as error:
        raise DataRefused(
            "a file that the query reads is missing or damaged",
            where=f"{where}.query",
            found=str(error).splitlines()[0],
            next_step="put the file there, or change the query",
        ) from None
    except duckdb.Error as error:
        raise SettingError(
            "the query cannot be run",
            where=f"{where}.query",
            found=_safely(error, url),
            next_step="run it in DuckDB's own client to see more",
        ) from None
    return names, frozenset()


def _stage_batches(rows: ibis.Table, part: Path) -> frozenset[str]:
    """Numbers and truth values as they are; all else, which a driver may not be able to hold, as text."""
    schema = rows.schema()
    native = {
        name for name, kind in schema.items() if kind.is_integer() or kind.is_floating() or kind.is_boolean()
    }
    cast = {name: rows[name] if name in native else rows[name].cast("string") for name in schema.names}
    batches = rows.select(**cast).to_pyarrow_batches(chunk_size=BATCH_ROWS)
    fields = pa.schema([*batches.schema, pa.field(FILE, pa.string()), pa.field(FIRST_ROW, pa.int64())])
    with pq.ParquetWriter(part, fields) as writer:
        for batch in batches:
            size = batch.num_rows
            constant = [pa.array([DATABASE] * size, pa.string()), pa.array([1] * size, pa.int64())]
            writer.write_batch(pa.RecordBatch.from_arrays([*batch.columns, *constant], schema=fields))
    return frozenset(schema.names) - native


def _stage_text(con: Any, origin: str, pick: Pick, part: Path) -> tuple[tuple[str, ...], frozenset[str]]:
    """Every cell as text, straight from the driver's cursor.

    SQLite keeps any type in any column, and PostgreSQL has times that Python has not; and Ibis would make
    a view to learn a query's columns, which a read-only replica refuses.
    """
    with contextlib.closing(con.con.cursor()) as cursor:
        names = tuple(column[0] for column in cursor.execute(f"SELECT * FROM {origin} LIMIT 0").description)
    use = pick(names)
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


def _find_table(con: Any, name: str, where: str) -> tuple[str, str | None]:
    """A table's bare name and its schema, from `name` or `schema.name`."""
    schema, _, bare = name.rpartition(".")
    known = con.list_tables(database=schema or None)
    if bare not in known:
        raise SettingError(
            f"the database has no table {name}", where=f"{where}.table", expected=nearest(bare, known)
        )
    return bare, schema or None


@contextlib.contextmanager
def _connected(url: str, where: str) -> Iterator[Any]:
    """A connection of Ibis, closed when the block ends."""
    parts = urlsplit(url)
    options: dict[str, Any] = {}
    if parts.scheme in ("duckdb", "sqlite"):
        path = Path(parts.netloc + unquote(parts.path))
        if not path.is_file() and not parts.netloc.startswith("md:"):  # they would make an empty one
            raise _unreachable(url, where, f"there is no file {path}")
        options = {"read_only": True} if parts.scheme == "duckdb" else {}
    elif parts.scheme in ("postgres", "postgresql") and "connect_timeout" not in parts.query:
        options = {"connect_timeout": CONNECT_SECONDS}
    try:
        con = ibis.connect(url, **options)
    except ImportError as error:
        raise SettingError(
            f"the driver for {parts.scheme} is not installed",
            where=f"{where}.database",
            found=_safely(error, url),
            next_step=f"install it: pip install 'ibis-framework[{parts.scheme}]'",
        ) from None
    except Exception as error:  # drivers agree on no class of their own
        raise _unreachable(url, where, _safely(error, url)) from None
    try:
        yield con
    finally:
        with contextlib.suppress(Exception):  # a connection that is already gone
            con.disconnect()


def _unreachable(url: str, where: str, found: str) -> DataRefused:
    return DataRefused(
        f"the database of {where.rpartition('.')[2]} cannot be reached",
        where=f"{where}.database ({shown(url)})",
        found=found,
        expected="a database that answers",
        next_step="check that it runs, and the address, user and password in the URL's environment variable",
    )


def shown(url: str) -> str:
    """A URL without user, password and options: what may be shown and logged."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _safely(error: Exception, url: str) -> str:
    """The first line of a driver's message without anything secret of the URL; no message about values."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"DataError", "ConversionException", "OutOfRangeException", "InvalidInputException"}:
        return f"{type(error).__name__}: a value that the query cannot work with"
    text = next(iter(str(error).strip().splitlines()), type(error).__name__)
    text = text.replace(url, shown(url))
    parts = urlsplit(url)
    for secret in filter(None, (parts.password, unquote(parts.password or ""), parts.query)):
        text = text.replace(secret, "***")
    return re.sub(r"://[^@\s/]+@", "://", text)

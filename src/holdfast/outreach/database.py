"""Write a published list to a PostgreSQL table, for programs that read a database."""

import contextlib
import datetime as dt
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from holdfast.errors import NotDelivered, SettingError
from holdfast.outreach.columns import COLUMNS
from holdfast.outreach.settings import Database

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Table

KEY = ("as_of", "customer_id")
CONNECT_SECONDS = 10

logger = logging.getLogger(__name__)


def deliver(listed: pd.DataFrame, as_of: dt.date, database: Database) -> bool:
    """Write a published list to the configured database, in one transaction; rows of other dates stay.

    Returns:
        Whether the settings name a database.

    Raises:
        SettingError: the URL is not a PostgreSQL URL.
        NotDelivered: the database refused the list; the list stays published.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    if database.url is None:
        return False
    url = address(database.url.get_secret_value())
    engine = create_engine(url, connect_args={"connect_timeout": CONNECT_SECONDS}, hide_parameters=True)
    try:
        with engine.begin() as connection:
            write(connection, database, listed, as_of)
    except SQLAlchemyError as error:
        raise NotDelivered(
            "the list is published, but the database did not take it",
            where=f"outreach.database.url ({shown(url)}), table {database.table_schema}.{database.table}",
            found=safely(error),
            expected="a PostgreSQL that answers, and a user who may write there",
            next_step="fix that, then run the same command again: it delivers the published list",
        ) from None
    finally:
        engine.dispose()
    logger.info("delivered %s rows to %s.%s", f"{len(listed):,}", database.table_schema, database.table)
    return True


def write(connection: "Connection", database: Database, listed: pd.DataFrame, as_of: dt.date) -> None:
    """Replace the rows of one `as_of` by the list: upsert by KEY, delete the other rows of that day."""
    from sqlalchemy import delete
    from sqlalchemy.dialects.postgresql import insert
    from sqlalchemy.schema import CreateSchema

    columns = kinds_of(listed)
    table = table_of(database, columns)
    if not connection.dialect.has_schema(connection, database.table_schema):
        connection.execute(CreateSchema(database.table_schema))
    table.create(connection, checkfirst=True)
    add_missing_columns(connection, table)
    if records := rows(listed, columns):
        upsert = insert(table)
        others = {name: upsert.excluded[name] for name in columns if name not in KEY}
        connection.execute(upsert.on_conflict_do_update(index_elements=KEY, set_=others), records)
    kept = [record["customer_id"] for record in records]
    connection.execute(delete(table).where(table.c.as_of == as_of, table.c.customer_id.not_in(kept)))


def kinds_of(listed: pd.DataFrame) -> dict[str, str]:
    """Column → its kind: those of every list, then the passthrough columns."""
    return {**COLUMNS, **{str(name): "str" for name in listed.columns if name not in COLUMNS}}


def table_of(database: Database, columns: Mapping[str, str]) -> "Table":
    """The definition of the table with the primary key KEY."""
    from sqlalchemy import BigInteger, Column, Date, Double, MetaData, Table, Text

    kinds = {"str": Text, "int64": BigInteger, "Int64": BigInteger, "float64": Double, "date": Date}
    defined: list[Column[Any]] = [
        Column(name, kinds[kind](), primary_key=name in KEY, autoincrement=False)
        for name, kind in columns.items()
    ]
    return Table(database.table, MetaData(schema=database.table_schema), *defined)


def add_missing_columns(connection: "Connection", table: "Table") -> None:
    """Add the columns that a table of an earlier list lacks."""
    from sqlalchemy import inspect

    there = {column["name"] for column in inspect(connection).get_columns(table.name, schema=table.schema)}
    dialect = connection.dialect
    for column in (column for column in table.columns if column.name not in there):
        target = dialect.identifier_preparer.format_table(table)
        name = dialect.identifier_preparer.format_column(column)
        change = f"ALTER TABLE {target} ADD COLUMN {name} {column.type.compile(dialect)}"
        connection.exec_driver_sql(change)


def rows(listed: pd.DataFrame, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows for the driver, with None for nulls."""
    names = list(columns)
    cells = (zip(names, row, strict=True) for row in listed[names].itertuples(index=False, name=None))
    return [{name: _native(columns[name], value) for name, value in row} for row in cells]


def _native(kind: str, value: Any) -> Any:
    """One value as a Python type; NUL is replaced, because PostgreSQL's text cannot hold it."""
    if value is None or pd.isna(value):
        return None
    if kind == "str":
        return str(value).replace("\0", "\ufffd")
    return int(value) if kind in ("int64", "Int64") else value


def address(url: str) -> "URL":
    """The URL with Holdfast's driver (psycopg); raises a SettingError if PostgreSQL could not take it."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    parsed, given = None, "no URL"
    with contextlib.suppress(ArgumentError, ValueError):  # the latter: a port that is no number
        parsed = make_url(url)
        given = parsed.get_backend_name()
    if parsed is not None and given in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
        with contextlib.suppress(ProgrammingError):
            make_conninfo("", **{name: str(value) for name, value in parsed.query.items()})
            return parsed
        given = "an option behind `?` that PostgreSQL does not know"
    raise SettingError(
        "the list can be delivered to PostgreSQL only",
        where="outreach.database.url",
        found=given,
        expected="postgresql://user:password@host:port/database",
        next_step="fix the environment variable that it comes from, or set outreach.database.url=null",
    )


def shown(url: "URL") -> str:
    """The URL without user, password and options."""
    port = "" if url.port is None else f":{url.port}"
    return f"postgresql://{url.host or 'localhost'}{port}/{url.database or ''}"


def safely(error: Exception) -> str:
    """The server's message without values, addresses and secrets, or else the type of the error."""
    cause = getattr(error, "orig", None) or error
    diagnosis = getattr(cause, "diag", None)
    primary = getattr(diagnosis, "message_primary", None)
    if type(cause).__name__ == "OperationalError" and primary is None:
        return "no connection: it does not answer, or refuses the user or the password"
    if primary is None or type(cause).__name__ == "DataError":
        return type(cause).__name__
    return f"{type(cause).__name__}: {primary}"

"""Check that all tables of a source write customer ids in the same way."""

from functools import reduce
from pathlib import Path

import duckdb

from holdfast.contracts.identifiers import ASCII, BLANKS, ENOUGH, GROUPED, OTHER_SCRIPTS
from holdfast.contracts.settings import ContractSettings
from holdfast.engine.engine import parquet_files
from holdfast.errors import DataRefused
from holdfast.sources.sql import column_types, fetch_row, literal, quoted, read_parquet

STEPS = (  # each is applied to the result of the previous one
    f"regexp_replace(nfc_normalize({{}}), '[{BLANKS}]', '', 'g')",
    f"replace(lower(translate({{}}, {literal(OTHER_SCRIPTS)}, {literal(ASCII)})), '\u0307', '')",
    r"ltrim(regexp_replace({}, '^=\x22(.*)\x22$', '\1'), chr(39))",
)
SPELLINGS = "capitals, blanks, marks, the script of digits, zeros ahead or .0 behind"
NEXT_STEP = (
    "write the ids alike in all tables, such as customer_id: lower(email), or lpad(id, 3, '0') for lost "
    "zeros; contracts.max_misspelled_ids=1 where they are different customers"
)

KnownCustomers = dict[str, dict[str, float]]


def bare(column: str) -> str:
    """The SQL of `contracts.identifiers.bare`, for tables that are too large for Python."""
    plain = reduce(lambda sql, step: step.replace("{}", sql), STEPS, column)
    groups = f"regexp_full_match({plain}, {literal(GROUPED)})"
    whole = f"CASE WHEN {groups} THEN regexp_replace({plain}, '[,''’]', '', 'g') ELSE {plain} END"
    return rf"ltrim(regexp_replace({whole}, '^([+]?[0-9]+)[.]0+$', '\1'), '+0')"


def match_customers(
    con: duckdb.DuckDBPyConnection, tables: dict[str, Path], limits: ContractSettings
) -> KnownCustomers:
    """Compare the customer ids of every two tables, and refuse ids that differ only in spelling.

    A join would find nothing for such customers, not even a refused consent.

    Args:
        tables: folders of validated tables by name; the customers of the first table are scored.

    Returns:
        Table → other table → the share of the table's customers that the other table has.

    Raises:
        DataRefused: ids have two spellings, or two tables have almost no customer in common.
    """
    for name, folder in tables.items():
        _read_ids(con, name, folder)
        _refuse_spellings_within(con, name, limits.max_misspelled_ids)
    shares: KnownCustomers = {name: {} for name in tables}
    first = next(iter(tables))
    for name in reversed(tables):
        for other in tables:
            if name != other:
                shares[name][other] = _share_known(con, name, other, limits.max_misspelled_ids)
    for name in tables:
        if name != first:
            _refuse_strangers(con, name, first, shares, limits.min_known_customers)
    for name in tables:
        con.execute(f"DROP TABLE {_ids(name)}")
    return shares


def _ids(name: str) -> str:
    return quoted(f"ids_{name}")


def _read_ids(con: duckdb.DuckDBPyConnection, name: str, folder: Path) -> None:
    """Make the engine's table of a table's customers: id, its bare form, and whether consent was refused."""
    rows = read_parquet(parquet_files(folder))
    has_consent = "consent" in column_types(con, f"FROM {rows}")
    no = "coalesce(bool_or(NOT consent), false)" if has_consent else "false"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {_ids(name)} AS SELECT id, {bare('id')} AS bare, no FROM "
        f"(SELECT customer_id AS id, {no} AS no FROM {rows} GROUP BY customer_id)"
    )


def _refuse_spellings_within(con: duckdb.DuckDBPyConnection, name: str, limit: float) -> None:
    """Refuse a table that has many customers under two spellings of their id."""
    several, every = fetch_row(con, f"SELECT count(*) - count(DISTINCT bare), count(*) FROM {_ids(name)}")
    if several > limit * every:
        raise DataRefused(
            f"{several:,} of {every:,} customers of {name} are there under another spelling of their id, too",
            where=f"source.tables.{name}.columns.customer_id",
            found=f"ids that differ only in {SPELLINGS}",
            expected=f"at most {limit:.0%} (contracts.max_misspelled_ids)",
            next_step=NEXT_STEP,
        )


def _share_known(con: duckdb.DuckDBPyConnection, name: str, other: str, limit: float) -> float:
    """The share of a table's customers that the other table has; refuses too many other spellings."""
    every, exact, misspelled, said_no = fetch_row(
        con,
        f"SELECT count(*), count(*) FILTER (exact), count(*) FILTER (spelled AND NOT exact), "
        f"count(*) FILTER (spelled AND NOT exact AND no) FROM (SELECT no, "
        f"id IN (SELECT id FROM {_ids(other)}) AS exact, bare IN (SELECT bare FROM {_ids(other)}) AS spelled "
        f"FROM {_ids(name)})",
    )
    if misspelled > limit * every or (said_no and limit < 1):
        consent = f", {said_no:,} of them do not want to be contacted" if said_no else ""
        raise DataRefused(
            f"{misspelled:,} of {every:,} customers of {name} are known to {other} only in another spelling"
            f"{consent}",
            where=f"source.tables.{name}.columns.customer_id",
            found=f"{exact:,} of their ids are in {other} letter by letter; the others differ in {SPELLINGS}",
            expected="the same customer_id, letter by letter, in all tables",
            next_step=NEXT_STEP,
        )
    return float(exact / every) if every else 0.0


def _refuse_strangers(
    con: duckdb.DuckDBPyConnection, name: str, first: str, shares: KnownCustomers, least: float
) -> None:
    """Refuse two tables with almost no common customers, in either direction."""
    sizes = fetch_row(
        con, f"SELECT (SELECT count(*) FROM {_ids(name)}), (SELECT count(*) FROM {_ids(first)})"
    )
    share = max(shares[name][first], shares[first][name])
    if min(sizes) >= ENOUGH and share < least:
        raise DataRefused(
            f"{name} and {first} have next to no customer in common",
            where=f"source.tables.{name}.columns.customer_id",
            found=f"{shares[name][first]:.1%} of {sizes[0]:,} customers of {name} are known to {first}",
            expected=f"at least {least:.0%} of the smaller table's (contracts.min_known_customers)",
            next_step="map to customer_id, in both, columns with the same ids",
        )

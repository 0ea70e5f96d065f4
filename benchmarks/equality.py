"""Whether a competitor's features are Holdfast's: the same rows, and in a sample the same values."""

import dataclasses
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

RTOL = 1e-4
ATOL = 1e-5  # a change of exactly nothing is 1e-17 to some
SAMPLE_CUSTOMERS = 20_000
KEY = ("customer_id", "as_of")


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What comparing found.

    Attributes:
        rows: how many the competitor wrote.
        columns: the features that it made and Holdfast has.
        faults: what differs, in words; empty: equal.
    """

    rows: int
    columns: tuple[str, ...]
    faults: tuple[str, ...]


def compare(found: Path, expected: Path, columns: tuple[str, ...], share: int = 1) -> Verdict:
    """Hold the features in the folder `found` against those in `expected`.

    Args:
        columns: the features to compare; those that `found` lacks are not in the verdict's columns.
        share: `found` has only customers whose number is divisible by this.
    """
    made = pq.read_schema(next(iter(sorted(found.glob("*.parquet"))))).names
    both = tuple(column for column in columns if column in made)
    rows, wanted = count(found), count(expected, share)
    faults = [] if rows == wanted else [f"{rows:,} rows, not {wanted:,}"]
    for column, differing in differences(found, expected, both, share).items():
        if differing:
            faults.append(f"{column} differs in {differing:,} rows")
    return Verdict(rows, both, tuple(faults))


def number(column: str) -> str:
    """SQL: the number in an id such as c000000123."""
    return f"substr({column}, 2)::BIGINT"


def count(folder: Path, share: int = 1) -> int:
    """The rows of all files in a folder, of one in `share` customers."""
    if share == 1:
        return sum(pq.read_metadata(file).num_rows for file in folder.glob("*.parquet"))
    query = f"SELECT count(*) FROM '{folder}/*.parquet' WHERE {number('customer_id')} % {share} = 0"
    row = duckdb.execute(query).fetchone()
    return 0 if row is None else int(row[0])


def differences(found: Path, expected: Path, columns: tuple[str, ...], share: int) -> dict[str, int]:
    """For each column, in how many rows of the sample the two are not equal; nulls equal nulls only.

    Under `customer_id`: rows that only one of the two has, or that one has twice.
    """
    people = duckdb.execute(f"SELECT max({number('customer_id')}) FROM '{expected}/*.parquet'").fetchone()
    every = share * max(1, (people[0] if people and people[0] else 0) // share // SAMPLE_CUSTOMERS)
    sample = f"WHERE {number('customer_id')} % {every} = 0"
    unequal = ", ".join(
        f"count(*) FILTER ((a.{column} IS NULL) <> (b.{column} IS NULL)"
        f" OR abs(a.{column} - b.{column}) > {ATOL} + {RTOL} * abs(b.{column})) AS {column}"
        for column in columns
    )
    joined = ", ".join(KEY)
    query = f"""
        SELECT count(*) - count(a.as_of) + count(*) - count(b.as_of) + count(*) - count(DISTINCT ({joined}))
               AS customer_id, {unequal}
        FROM (SELECT * FROM '{found}/*.parquet' {sample}) a
        FULL JOIN (SELECT * FROM '{expected}/*.parquet' {sample}) b USING ({joined})
    """
    values = duckdb.execute(query).fetchone()
    return dict(zip(("customer_id", *columns), values or (), strict=True))

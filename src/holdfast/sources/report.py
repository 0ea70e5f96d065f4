"""The report of a validated table: counts of rows, and the span of its times."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

import duckdb

from holdfast.contracts.tables import Contract
from holdfast.sources.clock_changes import is_skipped
from holdfast.sources.parts import Counts, Part, add_counts
from holdfast.sources.sql import column_types, fetch_row, quoted, read_parquet

SAMPLE, SHAPE_LETTERS = 2_000, 24  # shapes are counted of so many values, and so many letters of each


class ColumnProfile(TypedDict):
    """Summary statistics of a column's accepted values.

    null_share: share of the rows, 0 to 1. distinct: approximate number of distinct values. least, most: of
    numbers and times; None: another type, or no value. samples: the most frequent shapes of texts, with
    letters as a and digits as 9, so that no value is shown.
    """

    null_share: float
    distinct: int
    least: str | float | None
    most: str | float | None
    samples: list[str]


@dataclass(frozen=True, kw_only=True)
class TableReport(Counts):
    """The numbers of accepted, rejected and out-of-scope rows of a table, and their time span.

    Attributes:
        first_occurred_at, last_known_at: of the accepted rows, ISO 8601 wall-clock; None: no such time.
        delay_days_p99: the delay in days from event to `known_at` of 99% of the accepted rows, rounded up to
            the hour; 0 if `known_at` is not mapped.
        columns: the columns of the validated table, in order.
        known_customers: other table → the share of this table's customers that it has.
        skipped_by_clock: time column → accepted times in an hour that the clocks of the zone skipped.
        advice: the next step for the most frequent broken rule; None: it is rare.
    """

    name: str
    first_occurred_at: str | None
    last_known_at: str | None
    delay_days_p99: float
    columns: list[str]
    profile: dict[str, ColumnProfile]
    known_customers: dict[str, float] = field(default_factory=dict)
    skipped_by_clock: dict[str, int] = field(default_factory=dict)
    advice: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON, with `read` and `rejected`."""
        return {**asdict(self), "read": self.read, "rejected": self.rejected}


def report_table(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    folder: Path,
    parts: Sequence[Part],
    zone: str,
    advice: str | None,
) -> TableReport:
    """The report of a table, from its validated parts in `folder`."""
    origin = read_parquet(folder / part.name for part in parts)
    types = column_types(con, f"FROM {origin}")
    past = [column.name for column in contract.columns if column.type == "time" and not column.may_be_future]
    facts = [quoted(name) for name in types if name in past or name == "known_at"]
    event = quoted(contract.event) if contract.event else "NULL::TIMESTAMP"
    # Rounded to the hour, so that few delays are sorted.
    late = (
        f"SELECT ceil(greatest(epoch(known_at) - epoch({event}), 0) / 3600) AS hours, count(*) AS n "
        f"FROM {origin} WHERE {event} IS NOT NULL GROUP BY hours"
    )
    enough = f"SELECT hours, sum(n) OVER (ORDER BY hours) >= 0.99 * sum(n) OVER () AS enough FROM ({late})"
    first, last = fetch_row(con, f"SELECT min({event}), max(greatest({', '.join(facts)})) FROM {origin}")
    (delay,) = fetch_row(con, f"SELECT min(hours) FROM ({enough}) WHERE enough")
    return TableReport(
        **asdict(add_counts(parts)),
        name=contract.name,
        first_occurred_at=first.isoformat() if first else None,
        last_known_at=last.isoformat() if last else None,
        delay_days_p99=(delay or 0.0) / 24,
        columns=list(types),
        profile=_profile(con, origin, types),
        skipped_by_clock=_skipped_by_clock(con, origin, types, zone),
        advice=advice,
    )


def _profile(
    con: duckdb.DuckDBPyConnection, origin: str, types: Mapping[str, str]
) -> dict[str, ColumnProfile]:
    """The profile of every column; `types`: column → DuckDB type."""
    cells = []
    for name, kind in types.items():
        ranged = kind in ("DOUBLE", "TIMESTAMP")
        cells.append(f"count({quoted(name)}), approx_count_distinct({quoted(name)})")
        cells.append(f"min({quoted(name)}), max({quoted(name)})" if ranged else "NULL, NULL")
    rows, *figures = fetch_row(con, f"SELECT count(*), {', '.join(cells)} FROM {origin}")
    plain: list[Any] = [value.isoformat() if isinstance(value, datetime) else value for value in figures]
    return {
        name: ColumnProfile(
            null_share=1 - given / rows if rows else 0.0,
            distinct=distinct,
            least=least,
            most=most,
            samples=_shapes(con, origin, name) if types[name] == "VARCHAR" else [],
        )
        for name, given, distinct, least, most in zip(
            types, plain[::4], plain[1::4], plain[2::4], plain[3::4], strict=True
        )
    }


def _skipped_by_clock(
    con: duckdb.DuckDBPyConnection, origin: str, types: Mapping[str, str], zone: str
) -> dict[str, int]:
    """Time column → the number of times in a skipped hour, if there are any."""
    tests = {
        name: test
        for name, kind in types.items()
        if kind == "TIMESTAMP" and (test := is_skipped(name, zone)) is not None
    }
    if not tests:
        return {}
    counts = fetch_row(
        con, f"SELECT {', '.join(f'count(*) FILTER ({test})' for test in tests.values())} FROM {origin}"
    )
    return {name: count for name, count in zip(tests, counts, strict=True) if count}


def _shapes(con: duckdb.DuckDBPyConnection, origin: str, column: str) -> list[str]:
    """The most frequent shapes of the first values of a text column."""
    text = f"left({quoted(column)}, {SHAPE_LETTERS})"
    shape = rf"regexp_replace(regexp_replace({text}, '\pL', 'a', 'g'), '\pN', '9', 'g')"
    rows = con.execute(
        f"SELECT {shape} AS shape FROM (SELECT {quoted(column)} FROM {origin} LIMIT {SAMPLE}) "
        "WHERE shape IS NOT NULL GROUP BY shape ORDER BY count(*) DESC, shape LIMIT 3"
    ).fetchall()
    return [shape for (shape,) in rows]

"""When rows of a table were known, and whether their times look as if they had been stamped in bulk."""

import dataclasses
from typing import Any

from ibis import Table, desc

from holdfast.audit.findings import Finding, Severity
from holdfast.audit.future import later_facts
from holdfast.contracts.tables import CONTRACTS

LATE_SECONDS = 86_400
BULK_SHARE = 0.5  # of the times of one column, at the same instant
FEWEST_ROWS = 50


@dataclasses.dataclass(frozen=True)
class Timing:
    """The times of one validated table.

    Attributes:
        rows: how many.
        late: rows known more than a day after they happened.
        delayed: rows known at another time than they happened. Both are 0 of a table without an event.
        at_once: time column → how many rows have a time, and how many of them share the most frequent one.
    """

    table: str
    rows: int
    late: int
    delayed: int
    at_once: dict[str, tuple[int, int]]

    def to_dict(self) -> dict[str, Any]:
        """The times as JSON holds them."""
        return dataclasses.asdict(self)


def measure_timing(name: str, table: Table) -> Timing:
    """Count the times of a validated table."""
    event = CONTRACTS[name].event
    counts: dict[str, Any] = {"rows": table.count()}
    if event is not None:
        delay = table.known_at.epoch_seconds() - table[event].epoch_seconds()
        counts |= {"late": (delay > LATE_SECONDS).sum(), "delayed": (table.known_at != table[event]).sum()}
    row = table.aggregate(**counts).to_pyarrow().to_pylist()[0]
    looked_at = [*later_facts(name, table), *(["known_at"] if row.get("delayed") else [])]
    return Timing(
        name,
        row["rows"],
        row.get("late") or 0,
        row.get("delayed") or 0,
        {column: most_frequent(table, column) for column in looked_at if column in table.columns},
    )


def most_frequent(table: Table, column: str) -> tuple[int, int]:
    """How many rows have a time, and how many of them the most frequent one."""
    given = table.filter(table[column].notnull())
    found = given.group_by(column).aggregate(rows=given.count())
    top = found.order_by([desc("rows"), column]).limit(1).to_pyarrow()["rows"].to_pylist()
    return int(given.count().to_pyarrow().as_py()), int(top[0]) if top else 0


def judge_timing(timing: Timing) -> list[Finding]:
    """Notes on late rows and tables whose rows seem to be known at once; times stamped in bulk."""
    table, rows = timing.table, timing.rows
    where = f"tables.{table}.columns"
    told: list[tuple[Severity, str, tuple[str, ...], str, str]] = []
    if timing.late:
        share = f"{timing.late:,} of {rows:,} rows ({timing.late / rows:.2%})"
        remedy = "nothing to do: nobody sees them until then; labels wait for timeline.label_delay_days"
        told.append(("note", "late_rows", (), f"{share} were known more than a day late", remedy))
    later = ", ".join(column for column in timing.at_once if column != "known_at")
    if later and rows and not timing.delayed and CONTRACTS[table].event is not None:
        text = f"every row counts as known when it happened, though later facts follow ({later})"
        remedy = f"where rows arrive later than they happen, map {where}.known_at (loaded_at …)"
        told.append(("note", "known_when_it_happened", (), text, remedy))
    for column, (given, same) in timing.at_once.items():
        if given >= FEWEST_ROWS and same >= BULK_SHARE * given:
            text = (
                f"{same:,} of {given:,} rows ({same / given:.0%}) have the very same time: stamped in bulk?"
            )
            remedy = f"map {where}.{column} to when it really happened, or leave it out"
            told.append(("suspicious", "stamped_in_bulk", (column,), text, remedy))
    return [
        Finding(severity, rule, table, columns, text, remedy)
        for severity, rule, columns, text, remedy in told
    ]

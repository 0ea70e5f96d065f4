"""How late the rows of a table became known, and whether their times were stamped in bulk."""

import dataclasses
from typing import Any

from ibis import Table, desc

from holdfast.audit.findings import Finding, Severity
from holdfast.audit.future import later_facts
from holdfast.contracts.tables import CONTRACTS

LATE_SECONDS = 86_400
BULK_SHARE = 0.5  # share of a column's times that are equal
MIN_ROWS = 50


@dataclasses.dataclass(frozen=True)
class Timing:
    """The times of one validated table.

    Attributes:
        rows: number of rows.
        late: rows known more than a day after the event; 0 for a table without events.
        delayed: rows whose known_at differs from the event time; 0 for a table without events.
        at_once: time column → the number of rows with a time, and of rows with the most frequent time.
    """

    table: str
    rows: int
    late: int
    delayed: int
    at_once: dict[str, tuple[int, int]]

    def to_dict(self) -> dict[str, Any]:
        """The timing for JSON."""
        return dataclasses.asdict(self)


def measure_timing(name: str, table: Table) -> Timing:
    """Count the times of a validated table."""
    event = CONTRACTS[name].event
    counts: dict[str, Any] = {"rows": table.count()}
    if event is not None:
        delay = table.known_at.epoch_seconds() - table[event].epoch_seconds()
        counts |= {"late": (delay > LATE_SECONDS).sum(), "delayed": (table.known_at != table[event]).sum()}
    row = table.aggregate(**counts).to_pyarrow().to_pylist()[0]
    checked = [*later_facts(name, table), *(["known_at"] if row.get("delayed") else [])]
    return Timing(
        name, row["rows"], row.get("late") or 0, row.get("delayed") or 0,
        {column: most_frequent(table, column) for column in checked if column in table.columns},
    )  # fmt: skip


def most_frequent(table: Table, column: str) -> tuple[int, int]:
    """The number of rows with a time, and of rows with the most frequent time."""
    valid = table.filter(table[column].notnull())
    counts = valid.group_by(column).aggregate(rows=valid.count())
    top = counts.order_by([desc("rows"), column]).limit(1).to_pyarrow()["rows"].to_pylist()
    return int(valid.count().to_pyarrow().as_py()), int(top[0]) if top else 0


def judge_timing(timing: Timing) -> list[Finding]:
    """Findings about late rows, about missing arrival times, and about times stamped in bulk."""
    table, rows = timing.table, timing.rows
    where = f"tables.{table}.columns"
    findings: list[Finding] = []

    def add(severity: Severity, rule: str, columns: tuple[str, ...], evidence: str, remedy: str) -> None:
        findings.append(Finding(severity, rule, table, columns, evidence, remedy))

    if timing.late:
        share = f"{timing.late:,} of {rows:,} rows ({timing.late / rows:.2%})"
        remedy = "nothing to do: features ignore them until then; labels wait for timeline.label_delay_days"
        add("note", "late_rows", (), f"{share} were known more than a day late", remedy)
    later = ", ".join(column for column in timing.at_once if column != "known_at")
    if later and rows and not timing.delayed and CONTRACTS[table].event is not None:
        text = f"every row counts as known when it happened, though later facts follow ({later})"
        remedy = f"where rows arrive later than they happen, map {where}.known_at (loaded_at …)"
        add("note", "known_when_it_happened", (), text, remedy)
    for column, (valid, same) in timing.at_once.items():
        if valid >= MIN_ROWS and same >= BULK_SHARE * valid:
            text = f"{same:,} of {valid:,} rows ({same / valid:.0%}) have the same time: stamped in bulk?"
            remedy = f"map {where}.{column} to the time of the event, or leave it out"
            add("suspicious", "stamped_in_bulk", (column,), text, remedy)
    return findings

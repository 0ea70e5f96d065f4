"""Checked rows split into validated and rejected, so that every raw row is in exactly one count."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from holdfast.contracts.rules import MALFORMED, after_reading, given
from holdfast.contracts.tables import Contract
from holdfast.engine.appending import append_query
from holdfast.engine.duckdb import DuckDB
from holdfast.sources.mapping import KEPT, RULE
from holdfast.sources.parts import FILE, ROW, Raw, literal, quoted
from holdfast.sources.reading import Origin


@dataclass(frozen=True)
class Checked:
    """A table after its rules, before it is split.

    Attributes:
        origin: how the raw columns were read.
        rows: the engine's view of every raw row with KEPT, RULE, FILE and ROW.
        columns: of the validated table, in order.
        shown: columns whose raw values stand in the rejected table, in order.
        shuffled: whether the engine gives `rows` out of the order of file and row.
        overruled: rows that were given the no of a duplicate.
    """

    contract: Contract
    raw: Raw
    origin: Origin
    rows: str
    columns: list[str]
    shown: list[str]
    shuffled: bool
    overruled: int = 0


@dataclass(frozen=True)
class Counts:
    """Rows of a table; accepted + rejected + left_out = read."""

    accepted: int
    left_out: int
    by_rule: dict[str, int]

    @property
    def rejected(self) -> int:
        """Rows that broke a rule, malformed lines included."""
        return sum(self.by_rule.values())

    @property
    def read(self) -> int:
        """All there were."""
        return self.accepted + self.rejected + self.left_out

    def plus(self, accepted: int, left_out: int, by_rule: Mapping[str, int]) -> "Counts":
        """These rows and those of an earlier reading."""
        rules = sorted({*self.by_rule, *by_rule})
        return Counts(
            self.accepted + accepted,
            self.left_out + left_out,
            {rule: self.by_rule.get(rule, 0) + by_rule.get(rule, 0) for rule in rules},
        )


def count_rows(con: duckdb.DuckDBPyConnection, checked: Checked) -> Counts:
    """How many rows were accepted, left out, and rejected by which rule."""
    rows = con.execute(
        f"SELECT {quoted(KEPT)}, {quoted(RULE)}, count(*) FROM {quoted(checked.rows)} GROUP BY ALL"
    ).fetchall()
    malformed = con.execute(f"SELECT count(*) FROM {checked.raw.malformed}").fetchone()
    by_rule = {rule: number for _, rule, number in rows if rule is not None}
    if malformed and malformed[0]:
        by_rule[MALFORMED] = malformed[0]
    return Counts(
        accepted=sum(number for kept, rule, number in rows if kept and rule is None),
        left_out=sum(number for kept, _, number in rows if not kept),
        by_rule=dict(sorted(by_rule.items())),
    )


def early_of(con: duckdb.DuckDBPyConnection, checked: Checked) -> str | None:
    """The earliest time for which a row was rejected as later than the reading, ISO 8601.

    From then on the row would break that rule no more.
    """
    times = [column.name for column in checked.contract.columns if column.type == "time"]
    cells = [
        f"min({quoted(name)}) FILTER ({quoted(RULE)} = {literal(after_reading(name))})"
        for name in times
        if name in checked.columns
    ]
    if not cells:
        return None
    found = con.execute(f"SELECT {', '.join(cells)} FROM {quoted(checked.rows)}").fetchone()
    early = min((time for time in found or () if time is not None), default=None)
    return None if early is None else str(early.isoformat())


def write_validated(engine: DuckDB, checked: Checked, path: Path, before: Path | None = None) -> None:
    """The rows that keep every rule, in an order that is the same on every run.

    Args:
        before: an earlier file, below whose rows these come.
    """
    order = ""
    if not checked.raw.ordered:
        order = "ORDER BY ALL"
    elif checked.shuffled:
        order = f"ORDER BY {quoted(FILE)}, {quoted(ROW)}"
    columns = ", ".join(map(quoted, checked.columns))
    kept = f"{quoted(KEPT)} AND {quoted(RULE)} IS NULL"
    sql = f"SELECT {columns} FROM {quoted(checked.rows)} WHERE {kept} {order}"
    if before is None:
        engine.write_query(sql, path)
    else:
        append_query(engine, sql, before, path)


def write_rejected(engine: DuckDB, checked: Checked, path: Path, before: Path | None = None) -> None:
    """The rows that break a rule: file, row (null for a database), rule, raw values as text, line.

    `row` is the row in the file as a spreadsheet shows it: the header is row 1; a Parquet file has none.
    `line` is the content of a malformed line.

    Args:
        before: an earlier file, whose rows are among these.
    """
    earlier = f"UNION ALL FROM read_parquet({literal(str(before))}) " if before is not None else ""
    values = "".join(f"{quoted(given(name))} AS {quoted(name)}, " for name in checked.shown)
    blanks = "".join("NULL::VARCHAR, " for _ in checked.shown)
    # A row's number counts the lines above it that could not be split.
    shifts = (
        f"SELECT file, before, max(shift) AS shift FROM (SELECT file, before, row_number() OVER "
        f"(PARTITION BY file ORDER BY line) AS shift FROM {checked.raw.malformed}) GROUP BY file, before"
    )
    row = f"rows.{quoted(ROW)} + coalesce(shifts.shift, 0)" if checked.raw.ordered else "NULL::BIGINT"
    engine.write_query(
        f"SELECT rows.{quoted(FILE)} AS file, {row} AS row, {quoted(RULE)} AS rule, {values}"
        f"NULL::VARCHAR AS line FROM (FROM {quoted(checked.rows)} WHERE {quoted(RULE)} IS NOT NULL) AS rows "
        f"ASOF LEFT JOIN ({shifts}) AS shifts "
        f"ON rows.{quoted(FILE)} = shifts.file AND rows.{quoted(ROW)} >= shifts.before "
        f"UNION ALL SELECT file, line, {literal(MALFORMED)}, {blanks}content FROM {checked.raw.malformed} "
        f"{earlier}ORDER BY ALL",
        path,
    )

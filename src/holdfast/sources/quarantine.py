"""Checked rows split into validated and rejected, so that every raw row is in exactly one count."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from holdfast.contracts.rules import DUPLICATE, MALFORMED, given
from holdfast.contracts.tables import Contract
from holdfast.engine.duckdb import DuckDB
from holdfast.sources.mapping import KEPT, RULE
from holdfast.sources.parts import FILE, ROW, Raw, literal, quoted

PLACE = "file_row_number"  # tells the mapped rows of a part apart


@dataclass(frozen=True)
class Checked:
    """A table after its rules, before it is split.

    Attributes:
        rows: the engine's view of every raw row with KEPT, RULE, FILE, ROW and PLACE.
        columns: of the validated table, in order.
        shown: columns whose raw values stand in the rejected table, in order.
        shuffled: whether the engine gives `rows` out of the order of file and row.
    """

    contract: Contract
    raw: Raw
    rows: str
    columns: list[str]
    shown: list[str]
    shuffled: bool


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


def mark_duplicates(
    con: duckdb.DuckDBPyConnection, contract: Contract, raw: Raw, columns: Sequence[str], part: Path
) -> tuple[str, bool]:
    """A view of the mapped rows, all but the first known of a key breaking a rule; whether it is shuffled.

    Equally early known rows: the first by file and row stays, or by all its values where there is no order.
    """
    view, marked = f"mapped_{contract.name}", f"marked_{contract.name}"
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {quoted(view)} AS "
        f"SELECT * FROM read_parquet({literal(str(part))}, file_row_number = true)"
    )
    shuffled = raw.ordered and _shuffled(con, view)
    key = [column for column in contract.key if column in columns]
    if not key:
        return view, shuffled
    keys = ", ".join(map(quoted, key))
    ties = map(quoted, (FILE, ROW) if raw.ordered else columns)
    sound = f"{quoted(RULE)} IS NULL AND {quoted(KEPT)} AND {quoted(key[0])} IS NOT NULL"
    several = f"SELECT {keys} FROM {quoted(view)} WHERE {sound} GROUP BY ALL HAVING count(*) > 1"
    same = " AND ".join(f"rows.{quoted(name)} IS NOT DISTINCT FROM keys.{quoted(name)}" for name in key)
    repeated = quoted(f"repeated_{contract.name}")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {repeated} AS SELECT {PLACE} FROM {quoted(view)} AS rows "
        f"SEMI JOIN ({several}) AS keys ON {same} "
        f"WHERE {sound} QUALIFY row_number() OVER "
        f"(PARTITION BY {keys} ORDER BY known_at NULLS FIRST, {', '.join(ties)}) > 1"
    )
    found = con.execute(f"SELECT count(*) FROM {repeated}").fetchone()
    if found is None or found[0] == 0:
        return view, shuffled
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {quoted(marked)} AS SELECT * REPLACE (CASE WHEN {PLACE} IN "
        f"(FROM {repeated}) THEN {literal(DUPLICATE)} ELSE {quoted(RULE)} END AS {quoted(RULE)}) "
        f"FROM {quoted(view)}"
    )
    return marked, True


def _shuffled(con: duckdb.DuckDBPyConnection, view: str) -> bool:
    """Whether any row comes before one that is above it in its file.

    The engine keeps the order of what it reads, except where an expression needs a join (a long IN) or a
    window.
    """
    file, row = quoted(FILE), quoted(ROW)
    above = f"lag({file}) OVER () AS file, lag({row}) OVER () AS row"
    lagged = f"SELECT {file}, {row}, {above} FROM {quoted(view)}"
    found = con.execute(
        f"SELECT count(*) FROM ({lagged}) WHERE {file} < file OR ({file} = file AND {row} <= row)"
    ).fetchone()
    return found is not None and found[0] > 0


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


def write_validated(engine: DuckDB, checked: Checked, path: Path) -> None:
    """The rows that keep every rule, in an order that is the same on every run."""
    order = ""
    if not checked.raw.ordered:
        order = "ORDER BY ALL"
    elif checked.shuffled:
        order = f"ORDER BY {quoted(FILE)}, {quoted(ROW)}"
    columns = ", ".join(map(quoted, checked.columns))
    kept = f"{quoted(KEPT)} AND {quoted(RULE)} IS NULL"
    engine.write_query(f"SELECT {columns} FROM {quoted(checked.rows)} WHERE {kept} {order}", path)


def write_rejected(engine: DuckDB, checked: Checked, path: Path) -> None:
    """The rows that break a rule: file, row (null for a database), rule, raw values as text, line.

    `row` is the row in the file as a spreadsheet shows it: the header is row 1; a Parquet file has none.
    `line` is the content of a malformed line.
    """
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
        f"ORDER BY ALL",
        path,
    )

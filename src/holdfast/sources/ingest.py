"""Raw → validated + rejected: every table of a source mapped and checked, every row accounted for."""

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from holdfast.contracts.rules import given
from holdfast.contracts.settings import ContractSettings
from holdfast.contracts.tables import CONTRACTS
from holdfast.engine.duckdb import DuckDB
from holdfast.sources.mapping import KEPT, RULE, TableMapping, map_rows, read_mapping
from holdfast.sources.parts import FILE, ROW, literal, quoted
from holdfast.sources.quarantine import (
    Checked,
    Counts,
    count_rows,
    mark_duplicates,
    write_rejected,
    write_validated,
)
from holdfast.sources.refusals import refuse_beyond, refuse_expression
from holdfast.sources.report import TableReport
from holdfast.sources.settings import SourceSettings
from holdfast.sources.staging import Staging, stage


def ingest(
    engine: DuckDB,
    source: SourceSettings,
    limits: ContractSettings,
    validated: Path,
    rejected: Path,
    temporary: Path,
    read_at: datetime,
    progress: Callable[[str], None],
) -> list[TableReport]:
    """Read, map and check every table of a source.

    Writes `<validated>/<table>.parquet` (contract columns that are mapped, attributes, and always `known_at`)
    and `<rejected>/<table>.parquet` (file, row, rule, raw values as text, content of malformed lines). The
    same input gives the same bytes: rows in the order of file and row; those of a database, which has no
    order, sorted by all columns.

    Args:
        temporary: for staged parts; what is left there when it fails is the caller's to remove.
        read_at: when the source is read; naive times are taken as wall-clock of the source's zone.

    Raises:
        SettingError: a mapping that does not fit the raw table.
        DataRefused: a table is missing, empty, unreadable, or breaks its contract beyond the limit.
    """
    if read_at.tzinfo is not None:
        read_at = read_at.astimezone(ZoneInfo(source.time_zone)).replace(tzinfo=None)
    validated.mkdir(parents=True, exist_ok=True)
    rejected.mkdir(parents=True, exist_ok=True)
    reports = []
    for name in [name for name in CONTRACTS if name in source.tables]:
        folder = temporary / name
        checked = _check(engine, source, name, folder, read_at, progress)
        counts = count_rows(engine.raw, checked)
        refuse_beyond(engine.raw, checked, counts, source, limits.max_rejected_share)
        progress(f"{name}: writing {counts.accepted:,} accepted and {counts.rejected:,} rejected rows")
        write_validated(engine, checked, validated / f"{name}.parquet")
        write_rejected(engine, checked, rejected / f"{name}.parquet")
        reports.append(_report(engine, checked, validated / f"{name}.parquet", counts))
        shutil.rmtree(folder)
    return reports


def _check(
    engine: DuckDB,
    source: SourceSettings,
    name: str,
    folder: Path,
    read_at: datetime,
    progress: Callable[[str], None],
) -> Checked:
    """Stage a table's raw rows, then its mapped rows with the rule that each breaks."""
    contract, table = CONTRACTS[name], source.tables[name]
    where = f"source.tables.{name}"

    def mapping_for(names: Sequence[str]) -> TableMapping:
        return read_mapping(contract, table, names, where)

    def columns_in_use(names: Sequence[str]) -> list[str]:
        return mapping_for(names).columns

    raw = stage(Staging(engine, name, table, columns_in_use, folder, where, progress))
    mapping = mapping_for(raw.names)
    progress(f"{name}: checking")
    mapped = map_rows(engine, raw, mapping, source, read_at)
    shown = [column for column in mapping.values if given(column) in mapped.columns]
    kept_given = {given(name): mapped[RULE].notnull().ifelse(mapped[given(name)], None) for name in shown}
    order = [column.name for column in contract.columns if column.name in mapped.columns]
    columns = [*order, *(name for name in mapping.values if name not in order)]
    columns += [] if "known_at" in columns else ["known_at"]
    selected = mapped.select(*columns, **kept_given, **{own: mapped[own] for own in (KEPT, RULE, FILE, ROW)})
    part = folder / "mapped.parquet"
    try:
        engine.con.to_parquet(selected, part, compression="snappy")
    except duckdb.Error as error:
        raise refuse_expression(where, error) from None
    rows, again = mark_duplicates(engine.raw, contract, raw, columns, part)
    return Checked(contract, raw, rows, columns, shown, again)


def _report(engine: DuckDB, checked: Checked, written: Path, counts: Counts) -> TableReport:
    """The counts of a table and the span of its times, read from the validated file."""
    con, contract = engine.raw, checked.contract
    origin = f"read_parquet({literal(str(written))})"
    past = [column.name for column in contract.columns if column.type == "time" and not column.ahead]
    facts = [quoted(name) for name in checked.columns if name in past or name == "known_at"]
    event = quoted(contract.event) if contract.event else "NULL::TIMESTAMP"
    # To the hour, so that the delays to sort are few however many rows there are.
    late = (
        f"SELECT ceil(greatest(epoch(known_at) - epoch({event}), 0) / 3600) AS hours, count(*) AS n "
        f"FROM {origin} WHERE {event} IS NOT NULL GROUP BY hours"
    )
    enough = f"SELECT hours, sum(n) OVER (ORDER BY hours) >= 0.99 * sum(n) OVER () AS enough FROM ({late})"
    span = con.execute(f"SELECT min({event}), max(greatest({', '.join(facts)})) FROM {origin}").fetchone()
    delay = con.execute(f"SELECT min(hours) FROM ({enough}) WHERE enough").fetchone()
    assert span is not None
    assert delay is not None
    first, last = span
    return TableReport(
        name=contract.name,
        read=counts.read,
        accepted=counts.accepted,
        rejected=counts.rejected,
        left_out=counts.left_out,
        by_rule=counts.by_rule,
        first_occurred_at=first.isoformat() if first else None,
        last_known_at=last.isoformat() if last else None,
        late_days_99=(delay[0] or 0.0) / 24,
        columns=checked.columns,
    )

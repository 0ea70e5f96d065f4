"""Raw → validated + rejected: every table of a source mapped and checked, every row accounted for."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from holdfast.contracts.settings import ContractSettings
from holdfast.contracts.tables import CONTRACTS
from holdfast.engine.duckdb import DuckDB
from holdfast.files import sha256_file
from holdfast.sources.checking import Intake, check, read_origin, stage_rows
from holdfast.sources.files import find_files
from holdfast.sources.growing import Grown, Standing, grow
from holdfast.sources.inference import narrowed_by
from holdfast.sources.inputs import Hashes
from holdfast.sources.matching import refuse_lost_zeros
from holdfast.sources.parts import literal, quoted
from holdfast.sources.quarantine import Counts, count_rows, early_of, write_rejected, write_validated
from holdfast.sources.reading import Origin, Reading, settings_of
from holdfast.sources.refusals import empty_table, refuse_beyond
from holdfast.sources.report import TableReport
from holdfast.sources.settings import SourceSettings


@dataclass(frozen=True)
class Taken:
    """A table that was taken in: what became of its rows, and how it was read."""

    report: TableReport
    reading: Reading


def ingest(
    engine: DuckDB,
    source: SourceSettings,
    limits: ContractSettings,
    validated: Path,
    rejected: Path,
    temporary: Path,
    read_at: datetime,
    progress: Callable[[str], None],
    *,
    hashes: Mapping[str, Hashes | None] = MappingProxyType({}),
    standing: Mapping[str, Standing] = MappingProxyType({}),
) -> list[Taken]:
    """Read, map and check every table of a source; of tables that only grew, the rows of the new files.

    Writes `<validated>/<table>.parquet` (contract columns that are mapped, attributes, and always `known_at`)
    and `<rejected>/<table>.parquet` (file, row, rule, raw values as text, content of malformed lines). The
    same input gives the same bytes: rows in the order of file and row; those of a database, which has no
    order, sorted by all columns. Rows that were added to a table come after those that stood.

    Args:
        temporary: for staged parts; what is left there when it fails is the caller's to remove.
        read_at: when the source is read; naive times are taken as wall-clock of the source's zone.
        hashes: of each table's raw files, as `table_hashes` gives them; needed to go on from it later.
        standing: what an earlier reading left of each table, in other folders.

    Raises:
        SettingError: a mapping that does not fit the raw table.
        DataRefused: a table is missing, empty, unreadable, or breaks its contract beyond the limit.
    """
    if read_at.tzinfo is not None:
        read_at = read_at.astimezone(ZoneInfo(source.time_zone)).replace(tzinfo=None)
    validated.mkdir(parents=True, exist_ok=True)
    rejected.mkdir(parents=True, exist_ok=True)
    taken = []
    for name in [name for name in CONTRACTS if name in source.tables]:
        file = f"{name}.parquet"
        intake = Intake(
            engine, source, name, hashes.get(name), validated / file, rejected / file, temporary / name,
            read_at, progress,
        )  # fmt: skip
        before = standing.get(name)
        grown = grow(intake, before, limits.max_rejected_share) if before else None
        if grown is None or before is None:
            taken.append(_read_whole(intake, limits.max_rejected_share))
        else:
            taken.append(_account(intake, grown, before))
        shutil.rmtree(intake.folder, ignore_errors=True)
    files = [validated / f"{one.report.name}.parquet" for one in taken]
    refuse_lost_zeros(engine.raw, files, limits.max_rejected_share)
    return taken


def _read_whole(intake: Intake, limit: float) -> Taken:
    """Every row of a table."""
    con = intake.engine.raw
    raw = stage_rows(intake, None)
    if raw is None:
        raise empty_table(intake.name, intake.where)
    origin = read_origin(intake, raw, None)
    checked, _ = check(intake, raw, origin, None)
    counts = count_rows(con, checked)
    refuse_beyond(con, checked, counts, intake.source, limit)
    intake.progress(
        f"{intake.name}: writing {counts.accepted:,} accepted and {counts.rejected:,} rejected rows"
    )
    write_validated(intake.engine, checked, intake.validated)
    write_rejected(intake.engine, checked, intake.rejected)
    narrowed = narrowed_by(con, raw.view) if origin.tally.first else ""
    reading = _reading(intake, origin, narrowed, early_of(con, checked), {})
    return Taken(_report(intake, checked.columns, counts, checked.overruled), reading)


def _account(intake: Intake, grown: Grown, before: Standing) -> Taken:
    """What is to be said of a table that grew."""
    known = [before.reading.early, early_of(intake.engine.raw, grown.new) if grown.new else None]
    early = min((time for time in known if time is not None), default=None)
    reading = _reading(intake, grown.origin, before.reading.narrowed_by, early, grown.grown_from)
    overruled = before.report.overruled + (grown.new.overruled if grown.new else 0)
    return Taken(_report(intake, before.report.columns, grown.counts, overruled), reading)


def _reading(
    intake: Intake, origin: Origin, narrowed: str | None, early: str | None, grown_from: dict[str, int]
) -> Reading:
    """How a table was read; its files are written."""
    hashes = dict(intake.hashes or {})
    names: dict[str, str] = {}
    if hashes and intake.table.database is None:
        names = {file.path.as_posix(): file.name for file in find_files(intake.table.read, intake.where)}
    return Reading(
        settings=settings_of(intake.source, intake.name),
        files=hashes,
        names=names,
        columns=origin.columns,
        types=origin.types,
        select=origin.select,
        first=origin.tally.first,
        every=origin.tally.every,
        row_by_row=origin.row_by_row,
        narrowed_by=narrowed,
        read_at=intake.read_at.isoformat(),
        early=early,
        rejected=sha256_file(intake.rejected),
        grown_from=grown_from,
    )


def _report(intake: Intake, columns: list[str], counts: Counts, overruled: int) -> TableReport:
    """The counts of a table and the span of its times, read from the validated file."""
    con, contract = intake.engine.raw, intake.contract
    origin = f"read_parquet({literal(str(intake.validated))})"
    past = [column.name for column in contract.columns if column.type == "time" and not column.ahead]
    facts = [quoted(name) for name in columns if name in past or name == "known_at"]
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
        columns=columns,
        overruled=overruled,
    )

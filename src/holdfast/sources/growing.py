"""Raw tables that grew since they were last read: only the rows of new files are mapped and checked.

Whenever that could come to something else than reading all of it again, nothing is done here and the table
is read from nothing: a file changed or vanished; columns, types or settings are others; a new row was known
before the standing row of its key; a row rejected for lying in the future no longer does.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from holdfast.errors import DataRefused, SettingError
from holdfast.files import link_or_copy
from holdfast.sources.checking import Further, Intake, check, read_origin, stage_rows
from holdfast.sources.duplicates import Stands
from holdfast.sources.files import find_files
from holdfast.sources.quarantine import Checked, Counts, count_rows, write_rejected, write_validated
from holdfast.sources.reading import Origin, Reading, settings_of
from holdfast.sources.refusals import too_many_rejected
from holdfast.sources.report import TableReport


@dataclass(frozen=True)
class Standing:
    """What an earlier reading of a table left behind, whole to the byte.

    Attributes:
        validated, rejected: its files.
        digest: SHA-256 of `validated`.
    """

    reading: Reading
    report: TableReport
    validated: Path
    rejected: Path
    digest: str


@dataclass(frozen=True)
class Grown:
    """What was added to a table.

    Attributes:
        counts: of all its rows.
        new: the new rows; None: there were none, and its files are those that stood.
        origin: how the raw columns of all rows are read.
        grown_from: as in `Reading`.
    """

    counts: Counts
    new: Checked | None
    origin: Origin
    grown_from: dict[str, int]


class FromNothing(Exception):
    """What stands cannot be gone on from."""


def grow(intake: Intake, standing: Standing, limit: float) -> Grown | None:
    """Write a table's files from what stands and the rows of new files; None: it must be read from nothing.

    Args:
        limit: the largest share of the rows judged that may be rejected; beyond it reading from nothing says
            what is wrong.
    """
    report = standing.report
    try:
        checked = check_new(intake, standing)
        counts = count_rows(intake.engine.raw, checked) if checked else Counts(0, 0, {})
        both = counts.plus(report.accepted, report.left_out, report.by_rule)
        if too_many_rejected(both, limit):
            return None
    except (FromNothing, DataRefused, SettingError):
        return None  # what is wrong with a file or a setting is said with all files in view
    return write_grown(intake, standing, counts, both, checked)


def check_new(intake: Intake, standing: Standing) -> Checked | None:
    """The rows of the files that are new, checked; None where there are none.

    Raises:
        FromNothing: they cannot be told apart, or do not go with the rows that stand.
    """
    reading = standing.reading
    new = new_files(intake, reading)
    if not new:
        return None
    further = Further(new, reading, Stands(standing.validated, max(reading.names.values())))
    raw = stage_rows(intake, further)
    if raw is None:
        return None
    if sorted(raw.names) != reading.columns:
        raise FromNothing
    origin = read_origin(intake, raw, further)
    if origin.types != reading.types or origin.select != reading.select:
        raise FromNothing
    checked, displacing = check(intake, raw, origin, further)
    if displacing:
        raise FromNothing
    return checked


def new_files(intake: Intake, reading: Reading) -> frozenset[str]:
    """The paths of the raw files that are new since an earlier reading.

    Raises:
        FromNothing: the others are not as they were, or would not come out as they did.
    """
    hashes = intake.hashes
    if hashes is None or not reading.files or reading.settings != settings_of(intake.source, intake.name):
        raise FromNothing
    if any(hashes.get(path) != digest for path, digest in reading.files.items()):
        raise FromNothing
    if not reading.row_by_row or intake.read_at < dt.datetime.fromisoformat(reading.read_at):
        raise FromNothing
    if reading.early is not None and dt.datetime.fromisoformat(reading.early) <= intake.read_at:
        raise FromNothing
    new = frozenset(hashes) - set(reading.files)
    if new:
        check_places(intake, reading, new)
    return new


def check_places(intake: Intake, reading: Reading, new: frozenset[str]) -> None:
    """See to it that the new files leave names of files and types of columns as they were.

    Raises:
        FromNothing: they do not.
    """
    if reading.narrowed_by is None or intake.table.database is not None:
        raise FromNothing
    names = {file.path.as_posix(): file.name for file in find_files(intake.table.read, intake.where)}
    if any(names[path] != name for path, name in reading.names.items()):
        raise FromNothing  # the folder that all share is another one
    if min(names[path] for path in new) <= reading.narrowed_by:
        raise FromNothing


def write_grown(
    intake: Intake, standing: Standing, counts: Counts, both: Counts, checked: Checked | None
) -> Grown:
    """The files of a table that grew by `counts`; those to which nothing was added are kept as they are."""
    origin = checked.origin if checked else standing.reading.origin
    grown_from = dict(standing.reading.grown_from)
    if checked and counts.rejected:
        write_rejected(intake.engine, checked, intake.rejected, standing.rejected)
    else:
        link_or_copy(standing.rejected, intake.rejected)
    if checked and counts.accepted:
        intake.progress(f"{intake.name}: adding {counts.accepted:,} rows to {standing.report.accepted:,}")
        write_validated(intake.engine, checked, intake.validated, standing.validated)
        grown_from[standing.digest] = standing.report.accepted
    else:
        link_or_copy(standing.validated, intake.validated)
    return Grown(both, checked, origin, grown_from)

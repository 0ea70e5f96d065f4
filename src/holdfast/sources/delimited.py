"""Read delimited text files (CSV, TSV): every cell as text, malformed lines apart.

DuckDB reads the file. If its counts are not exact (after a quote that never closes),
`records.split_records` reads the file again, line by line.
"""

import csv
import gzip
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.errors import DataRefused
from holdfast.sources.csv_settings import CsvSettings
from holdfast.sources.encodings import UTF8, describe_content, encoding_of, opened, transcribe
from holdfast.sources.files import RawFile, unreadable
from holdfast.sources.raw_table import Cells, stage_rows, stage_texts
from holdfast.sources.records import UNDECODED, split_records
from holdfast.sources.sql import literal, quoted, unique_names

DELIMITERS = (",", ";", "\t", "|")
MANY_FIELDS = 1000  # above the number of columns: such lines are not read by the engine
SEP = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)  # a line of Excel above the header: the delimiter
EXACT_ERRORS = {"INVALID ENCODING", "MISSING COLUMNS", "TOO MANY COLUMNS"}  # such lines are counted exactly
REJECTS, SCANS = "holdfast_rejects", "holdfast_scans"
MALFORMED_COLUMNS = "(file VARCHAR, line BIGINT, next_row BIGINT, content VARCHAR)"


class Target(NamedTuple):
    """Where a delimited file is staged.

    Attributes:
        columns: the columns to write; null if the file lacks one.
        part: the Parquet file to write.
        malformed: the engine's table for lines that cannot be split.
    """

    con: duckdb.DuckDBPyConnection
    columns: Sequence[str]
    part: Path
    malformed: str


@dataclass(frozen=True)
class DelimitedFile:
    """A delimited file whose header has been read.

    Attributes:
        columns: the names of its columns.
        skip: the number of lines above the header.
        first_line: the number of the first line below the header.
        where: the setting that names the file, for messages.
    """

    file: RawFile
    settings: CsvSettings
    where: str
    columns: tuple[str, ...]
    delimiter: str
    encoding: str
    skip: int
    first_line: int


def read_delimited(path: Path, where: str) -> pa.Table:
    """Read a whole small file of the user: every cell as text, blank cells as null.

    Raises:
        DataRefused: it is empty, damaged, not UTF-8, or has a malformed line.
    """
    file = RawFile(path, path.name, "csv")
    source = open_delimited(file, CsvSettings(), where)
    if source is None:
        raise unreadable(file, where, "no header")
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        con.execute(f"CREATE TABLE malformed {MALFORMED_COLUMNS}")
        part = Path(folder) / "part.parquet"
        stage_delimited(source, Target(con, source.columns, part, "malformed"))
        lines = con.execute("SELECT count(*), min(line) FROM malformed").fetchone()
        if lines and lines[0]:
            raise unreadable(file, where, f"{lines[0]:,} malformed lines, the first is line {lines[1]}")
        return pq.read_table(part, columns=list(source.columns))


def open_delimited(file: RawFile, settings: CsvSettings, where: str) -> DelimitedFile | None:
    """Find the encoding, the delimiter and the columns of a file; None: it is empty."""
    try:
        encoding = encoding_of(file.path, settings.encoding)
        with opened(file.path, encoding, "replace") as text:
            skip, first = settings.skip, next(islice(text, settings.skip, None), "")
            if sep := SEP.match(first):
                skip, first = skip + 1, text.readline()
            if not first.strip():
                return None
            delimiter = settings.delimiter or (sep[1] if sep else _delimiter(first, settings))
            lines = chain([first], text)  # a quoted name may span lines
            reader = csv.reader(lines, delimiter=delimiter, quotechar=settings.quote or None)
            header = next(reader)
            if any(UNDECODED in name or "\0" in name for name in header):  # \0: UTF-16 without a mark
                raise UnicodeError
    except UnicodeError:
        raise _not_text(file, settings, where) from None
    except (OSError, EOFError, csv.Error) as error:
        raise unreadable(file, where, type(error).__name__) from None
    names, height = (header, reader.line_num) if settings.header else (settings.names, 0)
    first_line = skip + height + 1
    return DelimitedFile(file, settings, where, unique_names(names), delimiter, encoding, skip, first_line)


def stage_delimited(source: DelimitedFile, target: Target) -> None:
    """Write columns of a file as text."""
    path = source.file.path
    transcoded = target.part.with_suffix(".txt")
    try:
        # The engine would skip lines by the first kind of line ending that it finds, and lose others.
        if source.encoding != UTF8 or source.skip:
            transcribe(path, source.encoding, transcoded)
            path = transcoded
        if _has_endless_line(source, path) or not _scan(source, path, target):
            _split(source, path, target)
    except UnicodeError:
        raise _not_text(source.file, source.settings, source.where) from None
    except (OSError, EOFError, duckdb.IOException, duckdb.InvalidInputException) as error:
        raise unreadable(source.file, source.where, type(error).__name__) from None
    finally:
        transcoded.unlink(missing_ok=True)
        target.con.execute(f"DROP TABLE IF EXISTS {REJECTS}; DROP TABLE IF EXISTS {SCANS}")


def _has_endless_line(source: DelimitedFile, path: Path) -> bool:
    """Whether a line has far more fields than there are columns. The engine would report it once a field."""
    most, mark = MANY_FIELDS + 2 * len(source.columns), source.delimiter.encode()
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    fields = 0
    with opener(path, "rb") as file:
        while block := file.read(1 << 20):
            first, *others = block.split(b"\n") if len(block) > most else [block]
            fields += first.count(mark)
            if fields > most or any(len(line) > most and line.count(mark) > most for line in others):
                return True
            fields = others[-1].count(mark) if others else fields
    return False


def _scan(source: DelimitedFile, path: Path, target: Target) -> bool:
    """Let the engine read the file; False: it met an error after which its counts are not exact."""
    settings, con = source.settings, target.con
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in source.columns)
    marks = {source.delimiter, settings.quote, settings.escape} - {""}
    nulls = ", ".join(literal(null) for null in settings.nulls or ("",) if not marks & set(null))
    # The engine's sniffer is off: it would skip lines silently.
    options = (
        f"columns = {{{types}}}, auto_detect = false, header = {str(settings.header).lower()}, "
        f"skip = {source.skip}, delim = {literal(source.delimiter)}, quote = {literal(settings.quote)}, "
        f"escape = {literal(settings.escape if settings.quote else '')}, nullstr = [{nulls}], "
        f"store_rejects = true, rejects_table = '{REJECTS}', rejects_scan = '{SCANS}'"
    )
    cells = (
        f"{quoted(c) if c in source.columns else 'NULL::VARCHAR'} AS {quoted(c)}" for c in target.columns
    )
    origin = f"read_csv({literal(path)}, {options})"
    try:
        stage_rows(con, origin, cells, source.file.name, target.part, source.first_line)
    except duckdb.InvalidInputException:
        return False
    errors = {kind for (kind,) in con.execute(f"SELECT DISTINCT error_type FROM {REJECTS}").fetchall()}
    if not errors <= EXACT_ERRORS:
        return False
    if settings.encoding is None and "INVALID ENCODING" in errors:
        raise UnicodeError
    if errors:
        con.execute(
            f"INSERT INTO {target.malformed} SELECT {literal(source.file.name)}, line, "
            "line - row_number() OVER (ORDER BY line) + 1, content "
            f"FROM (SELECT line, min(csv_line) AS content FROM {REJECTS} GROUP BY line)"
        )
    return True


def _split(source: DelimitedFile, path: Path, target: Target) -> None:
    """Read the file line by line, because the engine could not."""
    settings, first, name = source.settings, source.first_line, source.file.name
    places = [source.columns.index(c) if c in source.columns else None for c in target.columns]
    nulls = {None, *settings.nulls}
    malformed: list[tuple[str, int, int, str]] = []

    def rows() -> Iterator[Cells]:
        number, width = first, len(source.columns)
        with opened(path, UTF8, "strict" if settings.encoding is None else "replace") as text:
            lines = (line.rstrip("\n") for line in islice(text, first - 1, None))
            for record in split_records(
                lines, width, source.delimiter, settings.quote, settings.escape, first
            ):
                if record.cells is None:
                    malformed.append((name, record.line, number, record.content.replace(UNDECODED, "?")))
                else:
                    number += 1
                    cells = (None if place is None else record.cells[place] for place in places)
                    yield [None if cell in nulls else cell for cell in cells]

    stage_texts(rows(), target.columns, name, first, target.part)
    if malformed:
        target.con.executemany(f"INSERT INTO {target.malformed} VALUES (?, ?, ?, ?)", malformed)


def _delimiter(header: str, settings: CsvSettings) -> str:
    """The delimiter that splits the header into the most names; if none does, the first."""
    marks = [mark for mark in DELIMITERS if mark not in (settings.quote, settings.escape)]
    quote = settings.quote or None
    widths = [len(next(csv.reader([header], delimiter=mark, quotechar=quote))) for mark in marks]
    return marks[widths.index(max(widths))]


def _not_text(file: RawFile, settings: CsvSettings, where: str) -> DataRefused:
    """The refusal of a file in another encoding, or without text."""
    found, next_step = describe_content(file.path)
    return DataRefused(
        f"{file.name} is not written in {settings.encoding or 'utf-8'}",
        where=f"{where}.csv.encoding",
        found=found,
        expected="the encoding the file was saved in",
        next_step=next_step,
    )

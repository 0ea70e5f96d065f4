"""CSV and its kin: every cell as text, every line that cannot be split into columns set aside."""

import codecs
import csv
import gzip
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import TextIOBase
from itertools import islice
from pathlib import Path
from typing import cast

import duckdb

from holdfast.errors import DataRefused
from holdfast.sources.broken import UNDECODED, split_records
from holdfast.sources.files import RawFile
from holdfast.sources.parts import FILE, FIRST, Cells, literal, quoted, unique_names, write_texts
from holdfast.sources.settings import CsvSettings

DELIMITERS = (",", ";", "\t", "|")
UTF8 = "utf-8-sig"  # UTF-8, with or without its mark
SPLIT_ERRORS = ("INVALID ENCODING", "MISSING COLUMNS", "TOO MANY COLUMNS")  # the engine counts these exactly
REJECTS = "holdfast_rejects"
SCANS = "holdfast_scans"


@dataclass(frozen=True)
class CsvFile:
    """One CSV file whose header has been read.

    Attributes:
        first_line: the number of the first line below the header.
        where: the setting of its table, for messages.
    """

    file: RawFile
    settings: CsvSettings
    where: str
    names: tuple[str, ...]
    delimiter: str
    encoding: str
    first_line: int


def open_csv(file: RawFile, settings: CsvSettings, where: str) -> CsvFile | None:
    """The names of the columns and the delimiter, from the header; None for an empty file.

    Raises:
        DataRefused: the file is damaged, or not in the encoding it should be in.
    """
    try:
        encoding = _encoding(file.path, settings)
        with _opened(file.path, encoding, "replace") as text:  # it reads on below the header
            for _ in range(settings.skip):
                text.readline()
            first = text.readline()
            if not first.strip():
                return None
            delimiter = settings.delimiter or _delimiter(first, settings.quote)
            reader = csv.reader(_chained(first, text), delimiter=delimiter, quotechar=settings.quote or None)
            header = next(reader)
            if any(UNDECODED in name for name in header):
                raise UnicodeError
    except UnicodeError:
        raise not_text(file, settings, where) from None
    except (OSError, EOFError, csv.Error) as error:
        raise unreadable(file, where, error) from None
    names, lines = (header, reader.line_num) if settings.header else (settings.names, 0)
    first_line = settings.skip + lines + 1
    return CsvFile(file, settings, where, unique_names(names), delimiter, encoding, first_line)


def stage_csv(
    con: duckdb.DuckDBPyConnection, source: CsvFile, use: Sequence[str], part: Path, malformed: str
) -> None:
    """Write the columns in use as one part, and lines that cannot be split into the table `malformed`."""
    path = source.file.path
    transcoded = part.with_suffix(".txt")
    try:
        if source.encoding != UTF8:
            with _opened(path, source.encoding) as text, transcoded.open("w", encoding="utf-8") as copy:
                shutil.copyfileobj(text, copy, 1 << 20)
            path = transcoded
        if not _scan(con, source, path, use, part):
            _read_slowly(con, source, path, use, part, malformed)
            return
        if source.settings.encoding is None and _rejected(con, "error_type = 'INVALID ENCODING'"):
            raise UnicodeError
        con.execute(
            f"INSERT INTO {malformed} SELECT {literal(source.file.name)}, line, "
            "line - row_number() OVER (ORDER BY line) + 1, content "
            f"FROM (SELECT line, min(csv_line) AS content FROM {REJECTS} GROUP BY line)"
        )
    except UnicodeError:
        raise not_text(source.file, source.settings, source.where) from None
    except (OSError, EOFError, duckdb.IOException, duckdb.InvalidInputException) as error:
        raise unreadable(source.file, source.where, error) from None
    finally:
        transcoded.unlink(missing_ok=True)
        con.execute(f"DROP TABLE IF EXISTS {REJECTS}; DROP TABLE IF EXISTS {SCANS}")


def _scan(
    con: duckdb.DuckDBPyConnection, source: CsvFile, path: Path, use: Sequence[str], part: Path
) -> bool:
    """Let the engine read the file; False where it met something after which its counts are not exact."""
    settings = source.settings
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in source.names)
    marks = {source.delimiter, settings.quote, settings.escape} - {""}
    nulls = ", ".join(literal(null) for null in settings.nulls if not marks & set(null))
    # Nothing is left to the engine's own guessing: that would skip lines it does not like.
    options = (
        f"columns = {{{columns}}}, auto_detect = false, header = {str(settings.header).lower()}, "
        f"skip = {settings.skip}, delim = {literal(source.delimiter)}, quote = {literal(settings.quote)}, "
        f"escape = {literal(settings.escape if settings.quote else '')}, nullstr = [{nulls}], "
        f"store_rejects = true, rejects_table = '{REJECTS}', rejects_scan = '{SCANS}'"
    )
    cells = "".join(f"{quoted(name)}, " for name in use if name in source.names)
    copy = (
        f"COPY (SELECT {cells}{literal(source.file.name)} AS {quoted(FILE)}, "
        f"{source.first_line}::BIGINT AS {quoted(FIRST)} FROM read_csv({literal(str(path))}, {options})) "
        f"TO {literal(str(part))} (FORMAT parquet, COMPRESSION snappy)"
    )
    try:
        con.execute(copy)
    except duckdb.InvalidInputException:
        return False
    return not _rejected(con, f"error_type NOT IN {SPLIT_ERRORS}")


def _rejected(con: duckdb.DuckDBPyConnection, condition: str) -> bool:
    found = con.execute(f"SELECT count(*) FROM {REJECTS} WHERE {condition}").fetchone()
    return found is not None and found[0] > 0


def _read_slowly(
    con: duckdb.DuckDBPyConnection,
    source: CsvFile,
    path: Path,
    use: Sequence[str],
    part: Path,
    malformed: str,
) -> None:
    """Read the file line by line, where the engine could not."""
    settings = source.settings
    names = [name for name in use if name in source.names]
    places = [source.names.index(name) for name in names]
    nulls = set(settings.nulls)
    bad: list[tuple[str, int, int, str]] = []

    def rows() -> Iterator[Cells]:
        before = 0
        with _opened(path, UTF8, "strict" if settings.encoding is None else "replace") as text:
            lines = (line.rstrip("\n") for line in islice(text, source.first_line - 1, None))
            for record in split_records(
                lines, len(source.names), source.delimiter, settings.quote, settings.escape, source.first_line
            ):
                if record.cells is None:
                    content = record.content.replace(UNDECODED, "?")
                    bad.append((source.file.name, record.line, source.first_line + before, content))
                else:
                    before += 1
                    yield [None if record.cells[place] in nulls else record.cells[place] for place in places]

    write_texts(rows(), names, source.file.name, source.first_line, part)
    if bad:
        con.executemany(f"INSERT INTO {malformed} VALUES (?, ?, ?, ?)", bad)


def _opened(path: Path, encoding: str, errors: str = "strict") -> AbstractContextManager[TextIOBase]:
    """The file as text, unzipped where it is zipped, every end of line as one newline."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    text = cast("Callable[..., AbstractContextManager[TextIOBase]]", opener)
    return text(path, "rt", encoding=encoding, errors=errors, newline=None)


def _encoding(path: Path, settings: CsvSettings) -> str:
    """The encoding to read in: as set, else UTF-8, or UTF-16 where the file begins with its mark."""
    if settings.encoding is not None and settings.encoding != "utf-8":
        return settings.encoding
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rb") as file:
        start = file.read(2)
    return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else UTF8


def _delimiter(header: str, quote: str) -> str:
    """The delimiter that splits the header into the most names; the first of them where none splits it."""
    widths = [len(next(csv.reader([header], delimiter=mark, quotechar=quote or None))) for mark in DELIMITERS]
    return DELIMITERS[widths.index(max(widths))]


def _chained(first: str, rest: TextIOBase) -> Iterator[str]:
    yield first
    yield from rest


def not_text(file: RawFile, settings: CsvSettings, where: str) -> DataRefused:
    """The refusal of a file that is in another encoding."""
    return DataRefused(
        f"{file.name} is not written in {settings.encoding or 'utf-8'}",
        where=f"{where}.csv.encoding",
        found="bytes that mean nothing in that encoding",
        expected="the encoding the file was saved in",
        next_step="add to the table in the source file, for example:  csv: {encoding: cp1252}",
    )


def unreadable(file: RawFile, where: str, error: Exception) -> DataRefused:
    """The refusal of a file that is damaged, or not what its name says."""
    return DataRefused(
        f"{file.name} cannot be read: it is damaged, or not what its name says",
        where=where,
        found=type(error).__name__,
        expected=f"a whole {file.kind} file",
        next_step="export or copy the file again",
    )

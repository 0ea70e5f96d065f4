"""Read Excel workbooks: cells of any type, as text."""

import datetime as dt
import functools
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from holdfast.errors import DataRefused, SettingError, nearest
from holdfast.sources.files import RawFile, unreadable
from holdfast.sources.raw_input import RawInput
from holdfast.sources.raw_table import Cells, stage_texts
from holdfast.sources.sql import unique_names

LARGEST_AREA = 50_000_000  # cells, at 24 bytes each
ROW, FAR_COLUMN = re.compile(rb'<row r="(\d+)"'), re.compile(rb'<c r="([A-Z]{2,3})\d')
# A formula without a stored result, as programs that never calculate write it; a text may be empty (t="str").
FORMULA = re.compile(
    rb'<c r="([A-Z]+)(\d+)"(?![^>]*t="str")[^>]*><f(?:/>|[^>]*/>|[^>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>'
)
LONGEST_CELL = 1 << 16  # bytes of a sheet's XML; a longer cell is cut in two
HEADER_WITHIN = 30  # the first rows of a sheet, which may have its header

UNREADABLE = (
    CalamineError, ElementTree.ParseError, KeyError, OSError, zipfile.BadZipFile, zlib.error
)  # fmt: skip


class Sheet(NamedTuple):
    """A sheet whose header has been found.

    Attributes:
        top: the number of rows above its header.
    """

    name: str
    cells: CalamineSheet
    columns: tuple[str, ...]
    top: int


def cell_text(cell: object) -> str | None:
    """A cell as text: dates as ISO 8601, whole numbers without a decimal point, blank cells as None."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return _float_text(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return str(cell)  # dates and times: ISO 8601


def _float_text(cell: float) -> str:
    """A number as text; 1.234 becomes 1.2340, so that it is not read as 1234."""
    if cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    text = repr(cell)
    return f"{text}0" if text[-4:-3] == "." else text


def workbook_names(file: RawFile, table: RawInput) -> tuple[str, ...]:
    """The columns of all sheets to read, each once."""
    return tuple(dict.fromkeys(name for sheet in open_sheets(file, table) for name in sheet.columns))


def stage_workbook(file: RawFile, use: Sequence[str], folder: Path, table: RawInput) -> list[Path]:
    """Write columns of a workbook as text, one Parquet file a sheet; null for columns that a sheet lacks.

    Raises:
        DataRefused: a sheet has none of the columns in use, or a column in use has formulas without results,
            which would be read as blank.
    """
    parts: list[Path] = []
    sheets = open_sheets(file, table)
    for number, sheet in enumerate(sheets):
        columns = [name.lower() for name in sheet.columns]
        places = [columns.index(name.lower()) if name.lower() in columns else None for name in use]
        if use and not any(place is not None for place in places):
            raise DataRefused(
                f"the sheet '{sheet.name}' of {file.name} has none of the columns that are mapped",
                where=table.where,
                found=f"in row {sheet.top + 1}: " + ", ".join(sheet.columns[:10]),
                next_step=f"name the sheets to read in {table.where}.sheet, or the header's row in "
                f"{table.where}.header_row",
            )
        uncalculated = find_uncalculated(file.path, sheet)
        if lost := [name for name, place in zip(use, places, strict=True) if place in uncalculated]:
            raise DataRefused(
                f"{file.name} has formulas without a result",
                where=table.where,
                found="in " + ", ".join(lost),
                expected="formulas that a spreadsheet program has calculated",
                next_step="open it in Excel or LibreOffice and save it, or export it as CSV",
            )
        part = folder / f"sheet-{number:03d}.parquet"
        stage_texts(_rows(sheet, places, table), use, file.name, sheet.top + 2, part)
        parts.append(part)
    return parts


def _rows(sheet: Sheet, places: Sequence[int | None], table: RawInput) -> Iterator[Cells]:
    """The rows below the header, without blank rows."""
    mark, nulls = table.settings.csv.decimal_mark, set(table.settings.csv.nulls)
    for index, row in enumerate(sheet.cells.iter_rows()):
        if index > sheet.top and any(cell != "" for cell in row):
            yield [None if place is None else _text(row[place], mark, nulls) for place in places]


def _text(cell: object, mark: str, nulls: set[str]) -> str | None:
    """A cell as text, with the table's decimal mark; words for missing values become None."""
    text = cell_text(cell)
    if text is None or (isinstance(cell, str) and text.strip() in nulls):
        return None
    return text.replace(".", mark) if isinstance(cell, float) and mark != "." else text


def open_sheets(file: RawFile, table: RawInput) -> list[Sheet]:
    """The sheets to read that are not blank."""
    try:
        workbook = CalamineWorkbook.from_path(str(file.path))
        for name in table.settings.sheet:
            if name not in workbook.sheet_names:
                raise SettingError(
                    f"{file.name} has no sheet '{name}'",
                    where=f"{table.where}.sheet",
                    expected=nearest(name, workbook.sheet_names),
                )
        names = list(table.settings.sheet) or workbook.sheet_names
        refuse_scattered(file, names, table.where)
        opened = [(name, workbook.get_sheet_by_name(name)) for name in names]
    except UNREADABLE as error:
        raise unreadable(file, table.where, type(error).__name__) from None
    return [sheet for name, cells in opened if (sheet := _open_sheet(name, cells, table)) is not None]


def refuse_scattered(file: RawFile, names: Sequence[str], where: str) -> None:
    """Refuse a sheet with a stray cell far from all others: the reader fills the whole area up to it.

    Raises:
        DataRefused: the area has more than `LARGEST_AREA` cells, hardly any of them filled.
    """
    for sheet in sheets_as_xml(file.path, names):
        filled, row, column = 0, 1, 26
        for text in sheet:
            filled += text.count(b"<c ")
            row = max([row, *(int(number) for number in ROW.findall(text))])
            column = max([column, *map(_column_number, set(FAR_COLUMN.findall(text)))])
        if row * column > max(LARGEST_AREA, 100 * filled):
            raise DataRefused(
                f"a sheet of {file.name} has a cell far from all others",
                where=where,
                found=f"{filled:,} cells, in an area of {row:,} rows and {column:,} columns",
                next_step="delete the empty rows and columns beyond the data, and save it again",
            )


def find_uncalculated(path: Path, sheet: Sheet) -> set[int]:
    """The places (from 0) of a sheet's columns with a formula below the header whose result is not stored."""
    cells = {
        cell for part in sheets_as_xml(path, [sheet.name]) for text in part for cell in FORMULA.findall(text)
    }
    return {_column_number(column) - 1 for column, row in cells if int(row) > sheet.top + 1}


def sheets_as_xml(path: Path, names: Sequence[str]) -> Iterator[Iterator[bytes]]:
    """The XML of sheets in pieces of about a megabyte, which cut no tag and no cell in two."""
    with zipfile.ZipFile(path) as archive:
        for place in _places(archive, names):
            with archive.open(place) as sheet:
                yield _whole_cells(sheet)


def _places(archive: zipfile.ZipFile, names: Sequence[str]) -> list[str]:
    """The files of sheets within a workbook."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    sheets = [node for node in book.iter() if node.tag.endswith("}sheet") and node.get("name") in names]
    found = []
    for sheet in sheets:
        link = next((value for key, value in sheet.items() if key.endswith("}id")), None)
        found.append(posixpath.join("/xl", targets.get(link, "")).removeprefix("/"))
    return [place for place in found if place in archive.namelist()]


def _whole_cells(sheet: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while block := sheet.read(1 << 20):
        text = rest + block
        cell = text.rfind(b"<c ", max(0, len(text) - LONGEST_CELL))
        cut = cell if cell >= 0 else text.rfind(b"<", max(0, len(text) - LONGEST_CELL))
        cut = len(text) if cut < 0 else cut
        yield text[:cut]
        rest = text[cut:]
    yield rest


def _column_number(letters: bytes) -> int:
    return functools.reduce(lambda number, letter: 26 * number + letter - ord("A") + 1, letters, 0)


def _open_sheet(name: str, cells: CalamineSheet, table: RawInput) -> Sheet | None:
    """A sheet with its header: the set row, else the row with the most mapped names, else the first row."""
    wanted = table.settings.header_row
    first, end = (0, HEADER_WITHIN) if wanted is None else (wanted - 1, wanted)
    rows = enumerate(islice(cells.iter_rows(), first, end), start=first)
    filled = [(index, row) for index, row in rows if any(cell != "" for cell in row)]
    if not filled:
        return None
    top, header = max(filled, key=lambda row: (_mapped(row[1], table), -row[0]))
    return Sheet(name, cells, unique_names(header), top)


def _mapped(row: Sequence[Any], table: RawInput) -> int:
    """The number of cells of a row that the mapping names."""
    texts = {cell.strip().lower() for cell in row if isinstance(cell, str)}
    return len(texts & table.named)

"""Excel workbooks and untyped databases: cells of any type, as text."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from holdfast.sources.files import RawFile, unreadable
from holdfast.sources.raw_table import Cells, stage_texts
from holdfast.sources.sql import unique_names


def cell_text(cell: object) -> str | None:
    """A cell as text: dates as ISO 8601, whole numbers without a decimal point, blank as None."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return str(cell)  # of a date or a time: ISO 8601


def workbook_names(file: RawFile, where: str) -> tuple[str, ...]:
    """The columns of the first sheet that has any."""
    sheets = list(_sheets(file, where))
    return sheets[0][1] if sheets else ()


def stage_workbook(
    file: RawFile, use: Sequence[str], folder: Path, where: str, progress: Callable[[str], None]
) -> list[Path]:
    """Write columns of a workbook as text, one Parquet file a sheet, null where a column is not there.

    A sheet with other columns than the first is no data.
    """
    parts: list[Path] = []
    first_names: tuple[str, ...] | None = None
    for number, (sheet, names, top) in enumerate(_sheets(file, where)):
        first_names = first_names or names
        if names != first_names:
            progress(f"{file.name}: sheet {number + 1} has other columns than the first; not read")
            continue
        part = folder / f"sheet-{number:03d}.parquet"
        places = [names.index(name) if name in names else None for name in use]
        stage_texts(_rows(sheet, top, places), use, file.name, top + 2, part)
        parts.append(part)
    return parts


def _rows(sheet: CalamineSheet, top: int, places: Sequence[int | None]) -> Iterator[Cells]:
    """The rows below the header; a row with nothing in it at all is no row."""
    for index, row in enumerate(sheet.iter_rows()):
        if index > top and any(cell != "" for cell in row):
            yield [None if place is None else cell_text(row[place]) for place in places]


def _sheets(file: RawFile, where: str) -> Iterator[tuple[CalamineSheet, tuple[str, ...], int]]:
    """Every sheet with a header: itself, its names, and how many rows come before its header."""
    try:
        workbook = CalamineWorkbook.from_path(str(file.path))
        sheets = [workbook.get_sheet_by_index(index) for index in range(len(workbook.sheet_names))]
    except (CalamineError, OSError) as error:
        raise unreadable(file, where, type(error).__name__) from None
    for sheet in sheets:
        for top, row in enumerate(sheet.iter_rows()):
            if any(cell != "" for cell in row):
                yield sheet, unique_names(row), top
                break

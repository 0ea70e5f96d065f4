"""The list as files: for a spreadsheet (CSV, XLSX), for programs (Parquet), for reading (HTML).

The same list gives the same bytes: nothing of the moment of writing goes into a file.
"""

import csv
import io
import re
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from holdfast.errors import SettingError
from holdfast.outreach.cells import in_words, rows
from holdfast.outreach.lists import COLUMNS, AtRiskList
from holdfast.outreach.report import render_report

FILES = ("at_risk.csv", "at_risk.xlsx", "at_risk.parquet", "report.html")

_ARROW = {
    "str": pa.string(),
    "int64": pa.int64(),
    "Int64": pa.int64(),
    "float64": pa.float64(),
    "date": pa.date32(),
}
SCHEMA = pa.schema([(name, _ARROW[kind]) for name, kind in COLUMNS.items()])

_WIDTHS = {"rank": 6, "customer_id": 16, "name": 26, "owner": 20, "recommended_action": 44, "channel": 22}
_WIDTHS |= {"reason_1": 38, "reason_2": 38, "reason_3": 38, "run_id": 20, "model_version": 20}
_WRAPPED = {"name", "reason_1", "reason_2", "reason_3", "recommended_action"}
_FORMATS = {"churn_probability": "0.0%", "previous_probability": "0.0%"}
_FORMATS |= {"value_at_risk": "#,##0.00", "expected_net_value": "#,##0.00"}
_KINDS = {"str": "@", "date": "yyyy-mm-dd", "int64": "0", "Int64": "0", "float64": "0"}
# What XML cannot hold.
_NOT_IN_XML = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\ud800-\udfff\ufffe\uffff]")
_CELL_LIMIT = 32_767  # characters that Excel takes in one cell


def write_list(at_risk: AtRiskList, folder: Path, *, currency: str | None = None) -> list[Path]:
    """Write the FILES into `folder`, which the caller makes, and puts in place when all is written.

    Args:
        currency: the source's, shown beside money in the report.

    Returns:
        The paths, in the order of FILES.
    """
    contents = (
        to_csv(at_risk.listed),
        to_xlsx(at_risk.listed, at_risk.as_of),
        to_parquet(at_risk.listed),
        render_report(at_risk, currency=currency).encode("utf-8"),
    )
    paths = [folder / name for name in FILES]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def to_csv(listed: pd.DataFrame) -> bytes:
    """RFC 4180 with a byte order mark, so that Excel shows every script; formulas defused."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows(listed):
        writer.writerow([in_words(name, value) for name, value in zip(COLUMNS, row, strict=True)])
    return text.getvalue().encode("utf-8-sig")


def to_parquet(listed: pd.DataFrame) -> bytes:
    """All digits and exact types (SCHEMA), for the next list and for programs."""
    columns = [pa.array(listed[field.name], type=field.type, from_pandas=True) for field in SCHEMA]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), sink, compression="zstd")
    return bytes(sink.getvalue())


def to_xlsx(listed: pd.DataFrame, as_of: date) -> bytes:
    """One sheet that a spreadsheet opens as it is: ids are text and keep their zeros, dates are dates."""
    book = Workbook()
    # The file says that it was made on its as_of: the real moment would change its bytes.
    book.properties.created = book.properties.modified = datetime(as_of.year, as_of.month, as_of.day)  # noqa: DTZ001 (wall clock)
    book.properties.creator = "Holdfast"
    sheet = book.active
    sheet.title = f"at risk {as_of.isoformat()}"
    sheet.append(list(COLUMNS))
    for row in rows(listed):
        sheet.append([_for_xml(value) for value in row])
    _dress(sheet)
    raw = io.BytesIO()
    # `book.save` would put the present time into the properties.
    ExcelWriter(book, zipfile.ZipFile(raw, "w")).save()
    return _timeless(raw)


def _for_xml(value: Any) -> Any:
    return _NOT_IN_XML.sub("\ufffd", value)[:_CELL_LIMIT] if isinstance(value, str) else value


def _dress(sheet: Any) -> None:
    """Types, widths, a frozen header and filters; every text cell is marked as text."""
    top, wrapped = Alignment(vertical="top"), Alignment(vertical="top", wrap_text=True)
    for number, (name, kind) in enumerate(COLUMNS.items(), start=1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = _WIDTHS.get(name, max(12, len(name) + 3))
        header, *cells = sheet[letter]
        header.font = Font(bold=True, color="FFFFFF")
        header.fill = PatternFill("solid", fgColor="1F3A4D")
        for cell in cells:
            cell.alignment = wrapped if name in _WRAPPED else top
            cell.number_format = _FORMATS.get(name, _KINDS[kind])
            if kind == "str" and cell.value is not None:
                cell.data_type = "s"
    sheet.freeze_panes = "D2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{sheet.max_row}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def _timeless(raw: io.BytesIO) -> bytes:
    """The same zip file with every entry dated 1980-01-01, the oldest that the format knows."""
    out = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            dateless = zipfile.ZipInfo(entry.filename)
            dateless.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(dateless, source.read(entry))
    return out.getvalue()


def read_do_not_contact(path: Path | None) -> frozenset[str]:
    """The ids of the do-not-contact file, one on each line; nobody when there is no such setting.

    Raises:
        SettingError: the file is missing or not UTF-8 text: better no list than one with people on it
            who must not be contacted.
    """
    if path is None:
        return frozenset()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            "The do-not-contact list cannot be read.",
            where="outreach.do_not_contact",
            found=f"{path}: {type(error).__name__}",
            expected="a UTF-8 text file with a customer_id on each line",
            next_step="put the file there, or set outreach.do_not_contact=null",
        ) from error
    return frozenset(line.strip() for line in lines if line.strip())

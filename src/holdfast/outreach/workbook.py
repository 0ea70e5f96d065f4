"""Write lists as one Excel workbook; the same lists give the same bytes."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from holdfast.outreach.cells import Sheet

_WIDTHS = {"rank": 6, "customer_id": 16, "name": 26, "owner": 20, "recommended_action": 44, "channel": 22}
_WIDTHS |= dict.fromkeys(("reason", "reason_1", "reason_2", "reason_3"), 38)
_WIDTHS |= {"reason_from": 22, "run_id": 20, "model_version": 20}
_WRAPPED = {"name", "reason", "reason_1", "reason_2", "reason_3", "recommended_action"}
_FORMATS = dict.fromkeys(("churn_probability", "previous_probability"), "0.0%")
_FORMATS |= dict.fromkeys(("value", "value_at_risk", "expected_net_value", "amount_due"), "#,##0.00")
_KINDS = {"str": "@", "date": "yyyy-mm-dd", "int64": "0", "Int64": "0", "float64": "0"}
# What XML cannot hold.
_NOT_IN_XML = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\ud800-\udfff\ufffe\uffff]")
_CELL_LIMIT = 32_767  # characters that Excel takes in one cell


def to_xlsx(
    sheets: Mapping[str, Sheet], as_of: date, *, notices: Mapping[str, Sequence[str]] | None = None,
    right_to_left: bool = False,
) -> bytes:  # fmt: skip
    """One sheet per list: ids are text and keep leading zeros, dates are dates.

    Args:
        notices: sheet title → sentences, one per row; this sheet comes first.
        right_to_left: whether the first column is on the right, for right-to-left scripts.
    """
    book = Workbook()
    # the creation time is the as_of, because the present time would change the bytes
    book.properties.created = book.properties.modified = datetime(as_of.year, as_of.month, as_of.day)  # noqa: DTZ001 (wall clock)
    book.properties.creator = "Holdfast"
    book.remove(book.active)
    for title, sentences in (notices or {}).items():
        sheet = book.create_sheet(title)
        sheet.column_dimensions["A"].width = 110
        for sentence in sentences:
            sheet.append([_for_xml(sentence)])
            sheet.cell(sheet.max_row, 1).alignment = Alignment(vertical="top", wrap_text=True)
        sheet.sheet_view.rightToLeft = right_to_left or None
    for title, content in sheets.items():
        sheet = book.create_sheet(title)
        sheet.append(list(content.columns))
        for row in content.rows():
            sheet.append([_for_xml(value) for value in row])
        _format_sheet(sheet, content.columns)
        sheet.sheet_view.rightToLeft = right_to_left or None
    raw = io.BytesIO()
    # `book.save` would write the present time into the properties
    ExcelWriter(book, zipfile.ZipFile(raw, "w")).save()
    return _without_timestamps(raw)


def _for_xml(value: Any) -> Any:
    return _NOT_IN_XML.sub("\ufffd", value)[:_CELL_LIMIT] if isinstance(value, str) else value


def _format_sheet(sheet: Any, columns: Mapping[str, str]) -> None:
    """Set types, widths, a frozen header and filters; mark every text cell as text."""
    top, wrapped = Alignment(vertical="top"), Alignment(vertical="top", wrap_text=True)
    for number, (name, kind) in enumerate(columns.items(), start=1):
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
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{sheet.max_row}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def _without_timestamps(raw: io.BytesIO) -> bytes:
    """The same zip file with every entry dated 1980-01-01, the earliest date of the format."""
    out = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            dateless = zipfile.ZipInfo(entry.filename)
            dateless.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(dateless, source.read(entry))
    return out.getvalue()

"""A list as files: for a spreadsheet (CSV, XLSX), for programs (Parquet), for reading (HTML), for a CRM.

The same list gives the same bytes: nothing of the moment of writing goes into a file.
"""

import csv
import io
from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.outreach.briefs import COLUMNS as BRIEF_COLUMNS
from holdfast.outreach.cells import Sheet, in_words
from holdfast.outreach.exports import Template, export
from holdfast.outreach.lists import COLUMNS, AtRiskList
from holdfast.outreach.page.island import Page
from holdfast.outreach.page.render import render_report
from holdfast.outreach.winback import WIN_BACK_COLUMNS, WinBack
from holdfast.outreach.workbook import to_xlsx

FILES = ("at_risk.csv", "at_risk.xlsx", "at_risk.parquet", "report.html")

_ARROW = {
    "str": pa.string(),
    "int64": pa.int64(),
    "Int64": pa.int64(),
    "float64": pa.float64(),
    "date": pa.date32(),
}


def render_files(
    at_risk: AtRiskList,
    page: Page,
    *,
    run_id: str,
    win_back: WinBack | None = None,
    sources: Mapping[str, str] | None = None,
    templates: Mapping[str, Template] | None = None,
) -> dict[str, bytes]:
    """The content of every file of a list, by its name.

    In CSV and XLSX, which people read, tiers and statuses are in the words of the page; in Parquet, which
    programs read, they are those of the data in every language.

    Args:
        page: what the page shows beside the list.
        run_id: names the files.
        win_back: as win_back.csv, win_back.parquet and a second sheet; None: there is none.
        sources: where a reason is known from → as the team reads it.
        templates: a file for each.
    """
    words = {"risk_tier": page.words.tiers, "status_vs_last": page.words.statuses}
    listed = at_risk.listed.assign(run_id=run_id)
    sheet = Sheet(listed, COLUMNS, words)  # type: ignore[arg-type]  # their keys are literals
    sheets = {f"at risk {at_risk.as_of.isoformat()}": sheet}
    contents = {"at_risk.csv": to_csv(sheet), "at_risk.parquet": to_parquet(listed, COLUMNS)}
    if win_back is not None:
        left = win_back.listed.assign(run_id=run_id)
        back = Sheet(left, WIN_BACK_COLUMNS, {"reason_from": sources or {}})
        sheets["win back"] = back
        contents["win_back.csv"] = to_csv(back)
        contents["win_back.parquet"] = to_parquet(left, WIN_BACK_COLUMNS)
    mirrored = page.words.direction == "rtl"
    first = {page.words.notices_heading: page.notices} if page.notices else {}
    contents["at_risk.xlsx"] = to_xlsx(sheets, at_risk.as_of, notices=first, right_to_left=mirrored)
    if page.briefs is not None:
        contents["briefs.csv"] = to_csv(Sheet(page.briefs, BRIEF_COLUMNS, {}))
    contents["report.html"] = render_report(at_risk, page, run_id).encode("utf-8")
    for template in (templates or {}).values():
        contents[template.file] = export(listed, template)
    return contents


def to_csv(sheet: Sheet) -> bytes:
    """RFC 4180 with a byte order mark, so that Excel shows every script; formulas defused."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(sheet.columns)
    for row in sheet.rows():
        writer.writerow([in_words(name, value) for name, value in zip(sheet.columns, row, strict=True)])
    return text.getvalue().encode("utf-8-sig")


def schema_of(columns: Mapping[str, str]) -> pa.Schema:
    """The columns as Parquet holds them."""
    return pa.schema([(name, _ARROW[kind]) for name, kind in columns.items()])


def to_parquet(frame: pd.DataFrame, columns: Mapping[str, str]) -> bytes:
    """All digits and exact types, for the next list and for programs."""
    schema = schema_of(columns)
    arrays = [pa.array(frame[field.name], type=field.type, from_pandas=True) for field in schema]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), sink, compression="zstd")
    return bytes(sink.getvalue())

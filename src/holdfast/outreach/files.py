"""Render a list as files: CSV and XLSX for spreadsheets, Parquet for programs, HTML, and CRM imports.

The same list gives the same bytes: no file contains the time of writing.
"""

import csv
import dataclasses
import io
from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.errors import SettingError
from holdfast.outreach.briefs import COLUMNS as BRIEF_COLUMNS
from holdfast.outreach.cells import Sheet, in_words
from holdfast.outreach.columns import COLUMNS
from holdfast.outreach.exports import export
from holdfast.outreach.lists import AtRiskList
from holdfast.outreach.page.island import Page
from holdfast.outreach.page.render import render_report
from holdfast.outreach.payment_recovery import RECOVERY_COLUMNS
from holdfast.outreach.templates import Template
from holdfast.outreach.winback import WIN_BACK_COLUMNS, WinBack
from holdfast.outreach.workbook import to_xlsx

FILES = ("at_risk.csv", "at_risk.xlsx", "at_risk.parquet", "report.html")

_ARROW = {
    "str": pa.string(), "int64": pa.int64(), "Int64": pa.int64(), "float64": pa.float64(),
    "date": pa.date32(),
}  # fmt: skip


def render_files(
    at_risk: AtRiskList, page: Page, *, run_id: str, win_back: WinBack | None = None,
    recovery: pd.DataFrame | None = None, sources: Mapping[str, str] | None = None,
    templates: Mapping[str, Template] | None = None, passed: pd.DataFrame | None = None,
) -> dict[str, bytes]:  # fmt: skip
    """File name → content, for every file of a list.

    CSV and XLSX show tiers and statuses in the page's language; Parquet keeps the codes.

    Args:
        win_back, recovery: the other lists, each a CSV, a Parquet file and a sheet; None: there is none.
        sources: origin of a reason → text for the team.
        templates: CRM templates, one file each.
        passed: customer_id and passthrough columns as text; None: no passthrough.
    """
    words = {"risk_tier": page.words.tiers, "status_vs_last": page.words.statuses}
    listed, columns = with_passed(at_risk.listed.assign(run_id=run_id), COLUMNS, passed)
    sheet = Sheet(listed, columns, words)  # type: ignore[arg-type]  # their keys are literals
    sheets = {f"at risk {at_risk.as_of.isoformat()}": sheet}
    contents = {"at_risk.csv": to_csv(sheet), "at_risk.parquet": to_parquet(listed, columns)}
    if win_back is not None:
        left, left_columns = with_passed(win_back.listed.assign(run_id=run_id), WIN_BACK_COLUMNS, passed)
        win_back_sheet = Sheet(left, left_columns, {"reason_from": sources or {}})
        sheets["win back"] = win_back_sheet
        contents["win_back.csv"] = to_csv(win_back_sheet)
        contents["win_back.parquet"] = to_parquet(left, left_columns)
    if recovery is not None:
        due, due_columns = with_passed(recovery.assign(run_id=run_id), RECOVERY_COLUMNS, passed)
        sheets["payment recovery"] = Sheet(due, due_columns)
        contents["payment_recovery.csv"] = to_csv(sheets["payment recovery"])
        contents["payment_recovery.parquet"] = to_parquet(due, due_columns)
    mirrored = page.words.direction == "rtl"
    first = {page.words.notices_heading: page.notices} if page.notices else {}
    contents["at_risk.xlsx"] = to_xlsx(sheets, at_risk.as_of, notices=first, right_to_left=mirrored)
    if page.briefs is not None:
        contents["briefs.csv"] = to_csv(Sheet(page.briefs, BRIEF_COLUMNS, {}))
    page = dataclasses.replace(page, passed=passed)
    lost = None if win_back is None else win_back.listed
    contents["report.html"] = render_report(at_risk, page, run_id, recovery, lost).encode("utf-8")
    for template in (templates or {}).values():
        contents[template.file] = export(listed, template, [name for name in columns if name not in COLUMNS])
    return contents


def with_passed(
    listed: pd.DataFrame, columns: Mapping[str, str], passed: pd.DataFrame | None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Append passthrough columns to a list, refusing names it already has; returns list and column types."""
    if passed is None:
        return listed, dict(columns)
    names = [name for name in passed.columns if name != "customer_id"]
    if taken := [name for name in names if name in columns]:
        raise SettingError(
            f"the list has a column '{taken[0]}' of its own",
            where="source.tables.customers.passthrough",
            next_step=f"give it another name:  columns: {{crm_{taken[0]}: …}}, passthrough: [crm_{taken[0]}]",
        )
    joined = listed.merge(passed, on="customer_id", how="left", validate="many_to_one")
    return joined, {**columns, **dict.fromkeys(names, "str")}


def to_csv(sheet: Sheet) -> bytes:
    """CSV (RFC 4180) with a byte order mark, which Excel needs to read UTF-8; formulas defused."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(sheet.columns)
    for row in sheet.rows():
        writer.writerow([in_words(name, value) for name, value in zip(sheet.columns, row, strict=True)])
    return text.getvalue().encode("utf-8-sig")


def schema_of(columns: Mapping[str, str]) -> pa.Schema:
    """The Parquet schema of the columns."""
    return pa.schema([(name, _ARROW[kind]) for name, kind in columns.items()])


def to_parquet(frame: pd.DataFrame, columns: Mapping[str, str]) -> bytes:
    """Parquet with full precision and exact types."""
    schema = schema_of(columns)
    arrays = [pa.array(frame[field.name], type=field.type, from_pandas=True) for field in schema]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), sink, compression="zstd")
    return bytes(sink.getvalue())

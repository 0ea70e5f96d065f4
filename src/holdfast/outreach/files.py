"""A list as files: for a spreadsheet (CSV, XLSX), for programs (Parquet), for reading (HTML), for a CRM.

The same list gives the same bytes: nothing of the moment of writing goes into a file.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.errors import SettingError
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


def write_list(
    at_risk: AtRiskList,
    folder: Path,
    page: Page,
    *,
    win_back: WinBack | None = None,
    sources: Mapping[str, str] | None = None,
    templates: Mapping[str, Template] | None = None,
) -> list[Path]:
    """Write the FILES into `folder`, which the caller makes, and puts in place when all is written.

    In CSV and XLSX, which people read, tiers and statuses are in the words of the page; in Parquet, which
    programs read, they are those of the data in every language.

    Args:
        page: what the page tells beside the list.
        win_back: written as win_back.csv, win_back.parquet and a second sheet; None: there is none.
        sources: where a reason is known from → as the team reads it.
        templates: a file for each is written as well.

    Returns:
        The paths.
    """
    words = {"risk_tier": page.words.tiers, "status_vs_last": page.words.statuses}
    listed = Sheet(at_risk.listed, COLUMNS, words)  # type: ignore[arg-type]  # their keys are literals
    sheets = {f"at risk {at_risk.as_of.isoformat()}": listed}
    contents = {"at_risk.csv": to_csv(listed), "at_risk.parquet": to_parquet(at_risk.listed, COLUMNS)}
    if win_back is not None:
        back = Sheet(win_back.listed, WIN_BACK_COLUMNS, {"reason_from": sources or {}})
        sheets["win back"] = back
        contents["win_back.csv"] = to_csv(back)
        contents["win_back.parquet"] = to_parquet(win_back.listed, WIN_BACK_COLUMNS)
    mirrored = page.words.direction == "rtl"
    contents["at_risk.xlsx"] = to_xlsx(sheets, at_risk.as_of, right_to_left=mirrored)
    contents["report.html"] = render_report(at_risk, page).encode("utf-8")
    for template in (templates or {}).values():
        contents[template.file] = export(at_risk.listed, template)
    paths = [folder / name for name in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_bytes(content)
    return paths


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

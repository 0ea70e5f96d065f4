"""Export a list as a CRM import file."""

import csv
import io
from collections.abc import Sequence

import pandas as pd

from holdfast.outreach.cells import Cell, defuse, plain
from holdfast.outreach.columns import COLUMNS
from holdfast.outreach.templates import FILL, Template


def export(listed: pd.DataFrame, template: Template, passed: Sequence[str] = ()) -> bytes:
    """The export as CSV for CRMs: RFC 4180, UTF-8 without BOM, line feeds, formulas defused.

    The passthrough columns follow the template's fields, under the names they have.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*template.fields, *passed])
    for row in listed.to_dict("records"):
        cells = {name: _word(template, name, plain(name, kind, row[name])) for name, kind in COLUMNS.items()}
        filled = [FILL.vformat(field, (), cells) for field in template.fields.values()]
        plainly = [str(row[name] or "") if pd.notna(row[name]) else "" for name in passed]
        writer.writerow([defuse(text) for text in (*filled, *plainly)])
    return text.getvalue().encode("utf-8")


def _word(template: Template, name: str, value: Cell) -> Cell:
    return template.words.get(name, {}).get(value, value) if isinstance(value, str) else value

"""How a list's values look in a spreadsheet: rounded, and never taken for a formula."""

import dataclasses
import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

# Digits after the point that people read; the Parquet file keeps all of them.
DIGITS = {
    "churn_probability": 6,
    "previous_probability": 6,
    "value": 2,
    "value_at_risk": 2,
    "expected_net_value": 2,
    "days_since_last_purchase": 0,
}

Cell = str | int | float | date | None

# What a spreadsheet skips before it looks whether a formula begins: blanks of every script, control
# characters, marks without width, and the quote that marks text.
_SKIPPED = re.compile("^[\\s\\x00-\\x1f\\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff']*")


def defuse(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a `'` before it where one would begin.

    A formula begins with `=`, `+`, `-` or `@`, in full width too, whatever blanks or marks stand
    before; tab and carriage return at the start move what follows into a cell of its own (OWASP, "CSV
    Injection"). Two different texts never become the same, so ids stay distinct.
    """
    first = text[_SKIPPED.match(text).end() :][:1]  # type: ignore[union-attr]  # matches nothing, too
    if first and unicodedata.normalize("NFKC", first) in "=+-@":
        return "'" + text
    if text.lstrip("'")[:1] in ("\t", "\r", "\n"):
        return "'" + text
    return text


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A list as a table of cells.

    Attributes:
        frame: one row a customer, with at least these columns.
        columns: name → pandas type ("date": datetime.date or None), in their order.
        words: column → word of the data → as the team reads it; a word that is not there stays as it is.
    """

    frame: pd.DataFrame
    columns: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)

    def rows(self) -> list[list[Cell]]:
        """One list a customer, in the order of the columns; text defused."""
        columns = [
            [cell(name, kind, self._read(name, value)) for value in self.frame[name]]
            for name, kind in self.columns.items()
        ]
        return [list(row) for row in zip(*columns, strict=True)]

    def _read(self, name: str, value: Any) -> Any:
        return self.words[name].get(value, value) if name in self.words else value


def cell(name: str, kind: str, value: Any) -> Cell:
    """One value of a column: text defused, numbers rounded, None where there is nothing."""
    found = plain(name, kind, value)
    return defuse(found) if isinstance(found, str) else found


def plain(name: str, kind: str, value: Any) -> Cell:
    """One value of a column, numbers rounded, None where there is nothing; text as it is."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if kind == "str":
        return str(value)
    if kind == "date":
        return value  # type: ignore[no-any-return]  # a datetime.date
    if name not in DIGITS:
        return int(value)
    rounded = round(float(value), DIGITS[name])
    return rounded if DIGITS[name] else int(rounded)


def in_words(name: str, value: Cell) -> str:
    """A cell as the text of a CSV: ISO dates, a point before the decimals, empty where there is nothing."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.{DIGITS[name]}f}"
    return value.isoformat() if isinstance(value, date) else str(value)

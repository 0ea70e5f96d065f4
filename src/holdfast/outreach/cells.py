"""The values of a list as spreadsheet cells: rounded, and safe from formula injection."""

import dataclasses
import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

# Decimals in files for people; the Parquet file keeps full precision.
DIGITS = {
    "churn_probability": 6, "previous_probability": 6, "value": 2, "value_at_risk": 2, "amount_due": 2,
    "expected_net_value": 2, "days_since_last_purchase": 0,
}  # fmt: skip

Cell = str | int | float | date | None

# Characters that a spreadsheet skips before a formula: whitespace, control and zero-width characters, and the
# quote that marks text.
_SKIPPED = re.compile("^[\\s\\x00-\\x1f\\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff']*")


def defuse(text: str) -> str:
    """Put a `'` before a text that a spreadsheet would take for a formula (OWASP, "CSV Injection").

    A formula begins with `=`, `+`, `-` or `@` (full width too) after any skipped characters; a leading tab or
    line break starts a new cell. Different texts stay different, so ids stay distinct.
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
        frame: one row per customer, with at least these columns.
        columns: name → pandas type ("date": datetime.date or None), in order.
        words: column → value → text for the team; a value without a text stays unchanged.
    """

    frame: "pd.DataFrame"
    columns: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)

    def rows(self) -> list[list[Cell]]:
        """One list of cells per customer, in the order of the columns; formulas defused."""
        columns = [
            [cell(name, kind, self._read(name, value)) for value in self.frame[name]]
            for name, kind in self.columns.items()
        ]
        return [list(row) for row in zip(*columns, strict=True)]

    def _read(self, name: str, value: Any) -> Any:
        return self.words[name].get(value, value) if name in self.words else value


def cell(name: str, kind: str, value: Any) -> Cell:
    """One value of a column: formulas defused, numbers rounded, nulls as None."""
    value = plain(name, kind, value)
    return defuse(value) if isinstance(value, str) else value


def plain(name: str, kind: str, value: Any) -> Cell:
    """One value of a column: numbers rounded, nulls as None, text unchanged."""
    import pandas as pd

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
    """A cell as CSV text: ISO dates, decimal point, nulls as an empty text."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.{DIGITS[name]}f}"
    return value.isoformat() if isinstance(value, date) else str(value)

"""CSV files that break their own rules, read line by line so that no line is ever lost.

An engine that meets a quote which never closes swallows what follows. Here such a quote spoils its own
line only. Slower than the engine by far, so it is used only for files the engine complained about.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

LONGEST_VALUE_LINES = 100  # a quoted value that spans more is taken for a quote that never closes
UNDECODED = "\ufffd"


@dataclass(frozen=True)
class Record:
    """One record: its cells, or None where it could not be split into as many as there are columns."""

    line: int
    cells: list[str] | None
    content: str


def split_records(
    lines: Iterable[str], width: int, delimiter: str, quote: str, escape: str, first_line: int
) -> Iterator[Record]:
    """Every line of a CSV body, as part of exactly one record.

    Args:
        lines: physical lines below the header, without their ends; UNDECODED where bytes were not text.
        width: how many columns there are.
        first_line: the number of the first of `lines` in its file.
    """
    dialect = {
        "delimiter": delimiter,
        "quotechar": quote or None,
        "quoting": csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        "doublequote": escape == quote,
        "escapechar": None if escape == quote else escape or None,
        "strict": True,
    }
    waiting: deque[str] = deque()
    source = iter(lines)
    number = first_line
    while True:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            return
        if not line and width > 1:
            number += 1  # a blank line is no record
            continue
        text, cells = _record(line, waiting, source, width, dialect, quote)
        yield Record(number, cells, text)
        number += 1 + text.count("\n")


def _record(
    line: str,
    waiting: deque[str],
    source: Iterator[str],
    width: int,
    dialect: Mapping[str, object],
    quote: str,
) -> tuple[str, list[str] | None]:
    """The record that begins with `line`, lengthened by the lines its quoted values span."""
    cells = _cells(line, width, dialect)
    if cells is not None or not quote or line.count(quote) % 2 == 0:
        return line, cells
    text = line
    taken: list[str] = []
    while len(taken) < LONGEST_VALUE_LINES:
        following = waiting.popleft() if waiting else next(source, None)
        if following is None:
            break
        taken.append(following)
        text = f"{text}\n{following}"
        if following.count(quote) % 2:
            cells = _cells(text, width, dialect)
            if cells is not None:
                return text, cells
            break
    waiting.extendleft(reversed(taken))
    return line, None


def _cells(text: str, width: int, dialect: Mapping[str, object]) -> list[str] | None:
    """The cells of a record's text; None unless there are exactly `width` (a last, empty one may be more)."""
    if UNDECODED in text:
        return None
    try:
        rows = list(csv.reader([part + "\n" for part in text.split("\n")], **dialect))  # type: ignore[arg-type]
    except csv.Error:
        return None
    if len(rows) != 1:
        return None
    cells = rows[0] or [""]
    if len(cells) == width + 1 and cells[-1] == "":
        cells = cells[:-1]
    return cells if len(cells) == width else None

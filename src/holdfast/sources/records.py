"""Split malformed delimited text line by line, so that no line is lost.

The engine loses all lines below a quote that never closes; here only the line of the quote is malformed. This
is far slower than the engine, so it reads only files that the engine could not read exactly.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

LONGEST_VALUE_LINES = 100  # a longer quoted value counts as a quote that never closes
csv.field_size_limit(1 << 24)  # a customer's message may exceed Python's limit of 128 kB
UNDECODED = "\ufffd"  # replaces bytes that are invalid in the file's encoding


@dataclass(frozen=True)
class Record:
    """One record of a delimited file.

    Attributes:
        line: the number of its first line in the file.
        cells: its values; None: their number differs from that of the columns.
        content: its text.
    """

    line: int
    cells: list[str] | None
    content: str


def split_records(
    lines: Iterable[str], width: int, delimiter: str, quote: str, escape: str, first_line: int
) -> Iterator[Record]:
    """Split the lines below the header into records; every line belongs to exactly one record.

    Args:
        lines: without line endings; UNDECODED in place of invalid bytes. Blank lines are no records.
        width: the number of columns.
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
    rest = iter(lines)
    ahead = deque(islice(rest, LONGEST_VALUE_LINES))
    number = first_line
    while ahead:
        size, cells = _first_record(ahead, width, dialect, quote)
        content = "\n".join(ahead.popleft() for _ in range(size))
        if content or width == 1:
            yield Record(number, cells, content)
        number += size
        ahead.extend(islice(rest, size))


def _first_record(
    ahead: deque[str], width: int, dialect: Mapping[str, object], quote: str
) -> tuple[int, list[str] | None]:
    """The number of lines of the first record, and its cells."""
    cells = _cells(ahead[0], width, dialect)
    if cells is None and quote and ahead[0].count(quote) % 2:
        for size in range(2, len(ahead) + 1):
            if ahead[size - 1].count(quote) % 2:
                cells = _cells("\n".join(islice(ahead, size)), width, dialect)
                return (size, cells) if cells is not None else (1, None)
    return 1, cells


def _cells(text: str, width: int, dialect: Mapping[str, object]) -> list[str] | None:
    """The cells of a record's text; None unless there are `width` of them (an empty last one is ignored)."""
    if UNDECODED in text:
        return None
    try:
        rows = list(csv.reader([part + "\n" for part in text.split("\n")], **dialect))  # type: ignore[arg-type]
    except csv.Error:
        return None
    cells = (rows[0] or [""]) if len(rows) == 1 else []
    if len(cells) == width + 1 and cells[-1] == "":
        cells = cells[:-1]
    return cells if len(cells) == width else None

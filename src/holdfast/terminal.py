"""Fit texts into the width of a terminal; a pipe or a file gets every line whole."""

import os
import re
import shutil
import sys
import textwrap
from typing import TextIO

NARROWEST = 60  # columns; narrower terminals wrap by themselves
WIDE = 100  # columns; in narrower tables, numbers are never wrapped and heads always
LEAST_TEXT = 30  # columns beside a name
BELOW = 6  # columns by which a text is indented that does not fit beside its name
NAME = re.compile(r"^(.*\S {2,}| *)(?=\S)")  # what stands before the last gap of a line


def width_of(stream: TextIO | None = None) -> int | None:
    """The columns of a terminal, or COLUMNS; None: the stream is a pipe or a file."""
    stream, columns = stream or sys.stdout, os.environ.get("COLUMNS", "")
    if columns.isdigit():
        return max(NARROWEST, int(columns))
    return max(NARROWEST, shutil.get_terminal_size().columns) if stream.isatty() else None


def fit(text: str, stream: TextIO | None = None) -> str:
    """Wrap the lines that are wider than the terminal, at blanks.

    In a line `name  text` the text continues below itself; beside a wide name, it begins below the name.
    """
    width = width_of(stream)
    if width is None:
        return text
    return "\n".join(_wrapped(line, width) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    name = found[1] if (found := NAME.match(line)) else ""
    narrow = width - len(name) < LEAST_TEXT
    indent = BELOW if narrow else len(name)
    rest = textwrap.wrap(
        line[len(name) :], width - indent, break_on_hyphens=False, break_long_words=False,
        subsequent_indent="" if name else "  ",
    )  # fmt: skip
    lines = [name.rstrip(), *(" " * indent + part for part in rest)]
    if not narrow:
        lines[:2] = [f"{name}{rest[0]}"]
    return "\n".join(lines)

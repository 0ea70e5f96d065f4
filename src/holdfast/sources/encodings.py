"""The encoding of a text file, and the file as text."""

import codecs
import gzip
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import TextIOBase
from pathlib import Path
from typing import BinaryIO, cast

UTF8 = "utf-8-sig"  # UTF-8, with or without its mark
ONE_BYTE = re.compile(r"cp(125|437|85|86)|iso8859|koi8|mac_")  # encodings of one byte a character
BLOCK = 1 << 20


def opened(path: Path, encoding: str, errors: str = "strict") -> AbstractContextManager[TextIOBase]:
    """The file as text, unzipped where it is zipped, every end of line as one newline."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    text = cast("Callable[..., AbstractContextManager[TextIOBase]]", opener)
    return text(path, "rt", encoding=encoding, errors=errors, newline=None)


def encoding_of(path: Path, given: str | None) -> str:
    """The encoding to read in: as set, else UTF-8, or UTF-16 where the file begins with its mark.

    A file that is UTF-8 throughout, beyond ASCII, is read so where an encoding of one byte a character is set
    for the table: its other files may well be in that, but in this one `é` would become `Ã©`.
    """
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with cast("BinaryIO", opener(path, "rb")) as file:
        if given in (None, "utf-8"):
            return "utf-16" if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else UTF8
        one_byte = ONE_BYTE.match(codecs.lookup(given).name.replace("-", "_").replace("iso8859_", "iso8859"))
        return UTF8 if one_byte and _is_utf8(file) else given


def _is_utf8(file: BinaryIO) -> bool:
    """Whether a file has characters beyond ASCII, all of them in UTF-8."""
    beyond_ascii, decoder = False, codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(BLOCK):
            beyond_ascii = beyond_ascii or not block.isascii()
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return beyond_ascii

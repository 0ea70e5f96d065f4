"""The encoding of a text file, and the file as text."""

import codecs
import gzip
import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import TextIOBase
from pathlib import Path
from typing import BinaryIO, cast

UTF8 = "utf-8-sig"  # UTF-8, with or without its mark
ONE_BYTE = re.compile(r"cp(125|437|85|86)|iso8859|koi8|mac_")  # encodings with one byte a character
BLOCK = 1 << 20
# The first bytes of formats other than text → the format, and the next step.
CONTENTS = {
    b"PK\x03\x04": ("a workbook or a zip archive", "name a workbook .xlsx; unpack an archive"),
    b"\x1f\x8b": ("a gzip archive", "add .gz to its name"),
    b"\x28\xb5\x2f\xfd": ("a zstd archive", "unpack it"),
    b"PAR1": ("a Parquet file", "name it .parquet"),
    b"\xd0\xcf\x11\xe0": ("a workbook of an old kind", "save it as .xlsx"),
}
OTHER_TEXT = (
    "bytes that are invalid in that encoding",
    "add to the table in the source file, for example:  csv: {encoding: cp1252}",
)
UTF16 = (
    "text in UTF-16 without its mark",
    "add to the table in the source file:  csv: {encoding: utf-16-le}",
)


def opened(path: Path, encoding: str, errors: str = "strict") -> AbstractContextManager[TextIOBase]:
    """Open a file as text, unzipped, with newlines as line endings."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    text = cast("Callable[..., AbstractContextManager[TextIOBase]]", opener)
    return text(path, "rt", encoding=encoding, errors=errors, newline=None)


def transcribe(path: Path, encoding: str, copy: Path) -> None:
    """Copy a text file as UTF-8 with newlines as line endings.

    If the encoding has one byte a character, lines that are valid UTF-8 are read as UTF-8, because a file
    that several programs wrote may have both. Invalid bytes in a file of UTF-8 are copied.
    """
    errors = "surrogateescape" if encoding == UTF8 else "strict"
    with copy.open("w", encoding="utf-8", errors=errors) as new:
        if _has_one_byte(encoding):
            with _opened_binary(path) as file:
                new.writelines(_decoded(line, encoding) for line in file)
        else:
            with opened(path, encoding, errors) as text:
                shutil.copyfileobj(text, new, BLOCK)


def _decoded(line: bytes, encoding: str) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode(encoding)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _opened_binary(path: Path) -> BinaryIO:
    """Open a file as bytes, unzipped."""
    return cast("BinaryIO", (gzip.open if path.suffix.lower() == ".gz" else open)(path, "rb"))


def _has_one_byte(encoding: str) -> bool:
    name = codecs.lookup(encoding).name.replace("-", "_").replace("iso8859_", "iso8859")
    return ONE_BYTE.match(name) is not None


def describe_content(path: Path) -> tuple[str, str]:
    """The content of a file that is not in the expected encoding, and the next step."""
    with _opened_binary(path) as file:
        start = file.read(64)
    recognized = next((content for mark, content in CONTENTS.items() if start.startswith(mark)), None)
    return recognized or (UTF16 if not any(start[1::2]) else OTHER_TEXT)


def encoding_of(path: Path, given: str | None) -> str:
    """The encoding of a file: as set, else UTF-8, or UTF-16 if the file begins with its mark.

    If the setting has one byte a character, a file with valid UTF-8 beyond ASCII is read as UTF-8: the other
    files of the table may have the set encoding, but here `é` would become `Ã©`.
    """
    with _opened_binary(path) as file:
        if given in (None, "utf-8"):
            return "utf-16" if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else UTF8
        return UTF8 if _has_one_byte(given) and _is_utf8(file) else given


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

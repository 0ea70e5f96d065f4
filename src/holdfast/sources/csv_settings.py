"""The settings `csv` of a table: how text is written."""

import codecs

from pydantic import Field, field_validator, model_validator

from holdfast.settings import Settings

# As databases, statistics programs and spreadsheets write a null or an error. Not NA: that is Namibia.
NULLS = (
    "", "NULL", "null", "\\N", "NaN", "nan", "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!",
    "#NUM!",
)  # fmt: skip


class CsvSettings(Settings):
    """How a CSV file is written. Set only what cannot be inferred.

    Attributes:
        delimiter: None: the one of `, ; tab |` that splits the header into the most names.
        encoding: an encoding of Python, such as cp1252; None: UTF-8, or UTF-16 with its mark. Without a
            setting, invalid bytes refuse the file; with `utf-8`, they reject only their lines.
        decimal, thousands: marks within numbers; None: a decimal point, and digits grouped by commas, blanks
            or apostrophes. Numbers that could be read in two ways are refused.
        header: whether the first line has the column names; if not, `names` gives them.
        skip: lines above the header.
        nulls: texts that stand for a missing value.
    """

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str | None = None
    decimal: str | None = Field(default=None, min_length=1, max_length=1)
    thousands: str | None = Field(default=None, min_length=1, max_length=1)
    quote: str = Field(default='"', max_length=1)
    escape: str = Field(default='"', max_length=1)
    header: bool = True
    names: tuple[str, ...] = ()
    skip: int = Field(default=0, ge=0, le=1_000_000)
    nulls: tuple[str, ...] = NULLS

    @property
    def decimal_mark(self) -> str:
        """The decimal mark: as set, else a comma if points group digits, else a point."""
        return self.decimal or ("," if self.thousands == "." else ".")

    @property
    def marks(self) -> tuple[str | None, str | None]:
        """The marks within numbers, as set."""
        return self.decimal, self.thousands

    @property
    def marks_are_set(self) -> bool:
        """Whether the settings say how numbers are written."""
        return self.decimal is not None or self.thousands is not None

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, encoding: str | None) -> str | None:
        if encoding is None:
            return None
        try:
            name = codecs.lookup(encoding).name
            "".encode(encoding)  # hex and rot13 are codecs, but no encodings of text
            return name
        except LookupError:
            raise ValueError(f"'{encoding}' is no encoding known; such as utf-8 or cp1252") from None

    @model_validator(mode="after")
    def _names_where_no_header(self) -> "CsvSettings":
        if not self.header and not self.names:
            raise ValueError("header: false needs names: [...], the names of the columns in their order")
        if self.delimiter is not None and self.delimiter in (self.quote, self.escape, "\n", "\r"):
            raise ValueError("delimiter is also the quote, the escape or the end of a line")
        if self.thousands is not None and self.thousands == self.decimal:
            raise ValueError("decimal and thousands are the same mark")
        return self

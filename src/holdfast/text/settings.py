"""Settings of texts (`conf/text/`)."""

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from holdfast.settings import Settings


class Words(Settings):
    """How one language talks of leaving, of prices and of a competitor (`conf/text/words/<language>.yaml`).

    Each entry is the beginning of a word or of several; RE2's regular expressions are allowed.
    """

    leaving: tuple[str, ...]
    price: tuple[str, ...]
    competitor: tuple[str, ...]

    @field_validator("leaving", "price", "competitor")
    @classmethod
    def readable(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        """Patterns that can be matched, and that do not match everything."""
        for pattern in patterns:
            try:
                empty = pc.match_substring_regex(pa.array([""]), pattern)[0].as_py()
            except pa.ArrowInvalid as error:
                raise ValueError(f"'{pattern}' is no regular expression: {error}") from None
            if empty:
                raise ValueError(f"'{pattern}' would be found in every text")
        return patterns


class TextSettings(Settings):
    """What texts are read for; `conf/text/default.yaml` says what each setting is for."""

    days: int = Field(ge=1)
    topics: int = Field(ge=0, le=50)
    competitors: tuple[str, ...]

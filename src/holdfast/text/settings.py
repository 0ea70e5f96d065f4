"""Settings of text features (`conf/text/`)."""

import re
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, field_validator

from holdfast.settings import Settings

ONLY_PYTHON = re.compile(r"\(\?(?:[=!>(]|<[=!])|\\[1-9]")  # not in RE2, which reads the texts


class Words(Settings):
    """How one language speaks of leaving, of prices and of a competitor (`conf/text/words/<language>.yaml`).

    Each entry is the beginning of one or more words; RE2's regular expressions are allowed.
    """

    leaving: tuple[str, ...]
    price: tuple[str, ...]
    competitor: tuple[str, ...]

    @field_validator("leaving", "price", "competitor")
    @classmethod
    def valid_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        """Each is a regular expression that does not match every text."""
        for pattern in patterns:
            try:
                compiled = re.compile(pattern)
            except re.error as error:
                raise ValueError(f"'{pattern}' is no regular expression: {error}") from None
            if ONLY_PYTHON.search(pattern):
                raise ValueError(f"'{pattern}': looking ahead or back, and \\1, are not in RE2")
            if compiled.match(""):
                raise ValueError(f"'{pattern}' would be found in every text")
        return patterns


class TextSettings(Settings):
    """Which text features are made; `conf/text/default.yaml` explains each setting."""

    renamed: ClassVar[Mapping[str, str]] = {"days": "window_days", "topics": "n_topics"}

    window_days: int = Field(ge=1)
    n_topics: int = Field(ge=0, le=50)
    competitors: tuple[str, ...]

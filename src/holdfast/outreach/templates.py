"""Templates of CRM import files (`conf/outreach/exports/`)."""

import string
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator

from holdfast.errors import nearest
from holdfast.outreach.cells import Cell, in_words
from holdfast.outreach.columns import COLUMNS
from holdfast.outreach.settings import Text
from holdfast.settings import Settings

FileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*\.csv$")]
OWN_FILES = ("at_risk.csv", "win_back.csv", "payment_recovery.csv", "briefs.csv")
_SAMPLES: Mapping[str, Cell] = {
    "str": "text", "int64": 1, "Int64": 1, "float64": 0.5, "date": date(2026, 8, 1)
}  # fmt: skip


class Template(Settings):
    """One CRM's import file.

    Attributes:
        file: the file name.
        fields: CRM field → text with columns of the list in braces, in Python's format syntax: `{name}`,
            `{churn_probability:.0%}`, `{as_of:%m/%d/%Y}`. A null becomes an empty text.
        words: column → value of the list → value of the CRM; other values stay unchanged.
    """

    file: FileName
    fields: dict[Text, str] = Field(min_length=1)
    words: dict[str, dict[str, str]] = Field(default_factory=dict)

    @field_validator("file")
    @classmethod
    def _of_its_own(cls, file: str) -> str:
        if file in OWN_FILES:
            raise ValueError(f"{file} is a file of the list itself; choose another name")
        return file

    @field_validator("words")
    @classmethod
    def _words_of_columns(cls, words: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for name in words:
            _check_column(name)
        return words

    @field_validator("fields")
    @classmethod
    def _fields_can_be_filled(cls, fields: dict[str, str]) -> dict[str, str]:
        for field, text in fields.items():
            try:
                names = _columns_in(text)
                FILL.vformat(text, (), {name: _SAMPLES[COLUMNS[name]] for name in names})
            except ValueError as error:
                raise ValueError(f"{field}: {error}") from None
        return fields


class _Fill(string.Formatter):
    """Fills in cells: nulls as empty text; without a format, as in the list's CSV."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002 (its base's)
        return key, kwargs[str(key)]

    def format_field(self, value: Any, format_spec: str) -> str:
        name, figure = value
        if figure is None:
            return ""
        return format(figure, format_spec) if format_spec else in_words(name, figure)


FILL = _Fill()


def choose_templates(templates: Mapping[str, Template], chosen: Sequence[str]) -> dict[str, Template]:
    """The chosen templates by name.

    Raises:
        ValueError: a template does not exist, or two templates write the same file.
    """
    for name in chosen:
        if name not in templates:
            raise ValueError(f"outreach.export: there is no template '{name}' ({nearest(name, templates)})")
    opened = {name: templates[name] for name in chosen}
    files = [template.file for template in opened.values()]
    twice = next((file for file in files if files.count(file) > 1), None)
    if twice is not None:
        raise ValueError(f"outreach.export: two templates write {twice}; name one of them otherwise")
    return opened


def _columns_in(text: str) -> list[str]:
    """The columns in a text's braces."""
    names = []
    for _, name, spec, conversion in string.Formatter().parse(text):
        if name is None:
            continue
        _check_column(name)
        if conversion or "{" in str(spec):
            raise ValueError(f"{{{name}…}}: only a format may follow the column, after a colon")
        names.append(name)
    return names


def _check_column(name: str) -> None:
    if name not in COLUMNS:
        raise ValueError(f"the list has no column '{name}' ({nearest(name, COLUMNS)})")

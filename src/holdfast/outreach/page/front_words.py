"""The texts of the front page in one language (`front:` in `conf/outreach/page/<language>.yaml`)."""

import string
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ValidationInfo, field_validator

from holdfast.outreach.settings import Text
from holdfast.settings import Settings

# State of a page → the placeholders of its sentence.
STATES: Mapping[str, set[str]] = {
    "published": set(), "replaced": set(), "set aside": set(), "withdrawn": set(),
    "promoted": {"grade"}, "promoted, in use": {"grade"}, "kept": {"grade"}, "kept, in use": {"grade"},
    "findings": {"leak", "suspicious", "note"}, "no findings": set(),
    "rows": {"accepted", "rejected"},
    "retention": {"rate"}, "no period": set(),
    "helped": set(), "harmed": set(), "too early to tell": set(), "no hold-out": set(), "not worked": set(),
    "made afterwards": set(),
    "fine": set(), "unknown": set(), "watch": set(), "retrain": set(), "fix": set(),
    "missing": {"file"}, "damaged": {"file"}, "other version": {"file"},
}  # fmt: skip
UNMEASURED = ("no outcomes", "no hold-out", "made afterwards", "not worked", "chance")
BLANKS: Mapping[str, set[str]] = {
    "title": {"source"}, "as_of": {"date"}, "expected": {"count", "date"}, "at_risk_share": {"share"},
    "value_of_at_risk": {"amount"}, "lost_since": {"date", "amount"}, "saved_range": {"low", "high"},
    "saved_of": {"lists"}, "one_list": {"date"}, "open_list": {"date", "count"}, "list_lacks_page": {"date"},
    "trend_chart": {"first", "last"}, "trend_without": {"count"}, "others": {"count"}, "earlier": {"count"},
    "customers": {"count"},
}  # fmt: skip

Group = Literal["reason", "owner", "segment"]
Shelf = Literal["Outcomes", "Models", "Monitoring", "Audits", "Data"]


def check_names(texts: Mapping[str, Any], expected: Iterable[str]) -> None:
    """Raise a ValueError unless there is exactly one text for each name."""
    if odd := sorted(set(expected) ^ set(texts)):
        raise ValueError(f"'{odd[0]}' {'has no text' if odd[0] in expected else 'means nothing here'}")


def texts_named(*names: str) -> AfterValidator:
    """Check that there is a text for each of these names, and put the texts into the order of the names."""

    def ordered(texts: dict[str, Text]) -> dict[str, Text]:
        check_names(texts, names)
        return {name: texts[name] for name in names}

    return AfterValidator(ordered)


def check_blanks(name: str, sentence: str, expected: set[str]) -> None:
    """Raise a ValueError unless a sentence has exactly its placeholders."""
    if {blank for _, blank, _, _ in string.Formatter().parse(sentence) if blank is not None} != expected:
        wanted = ", ".join(f"{{{blank}}}" for blank in sorted(expected)) or "none"
        raise ValueError(f"{name}: must have the blanks {wanted} and no others")


class Sentences(Settings):
    """Texts; `blanks`: field → the placeholders that its sentence must have, and no others."""

    blanks: ClassVar[Mapping[str, set[str]]] = {}

    @field_validator("*")
    @classmethod
    def with_its_blanks(cls, value: Any, info: ValidationInfo) -> Any:
        """Check that a sentence has exactly its placeholders."""
        name = str(info.field_name)
        if name in cls.blanks:
            check_blanks(name, value, cls.blanks[name])
        return value


class FrontWords(Sentences):
    """All texts of the front page.

    Attributes:
        saved_unknown: why the effect of contacting is unknown: each of UNMEASURED.
        columns: headings of the tables.
        groups: the headings of the tables of risk by driver, owner and segment.
        shelves: kind of page → its heading and what it is about.
        states: each of STATES.
    """

    blanks = BLANKS

    title: Text
    as_of: Text
    no_list: Text
    unreadable: Text
    active: Text
    expected: Text
    at_risk: Text
    at_risk_share: Text
    value: Text
    value_of_at_risk: Text
    lost: Text
    lost_since: Text
    lost_unknown: Text
    saved: Text
    saved_range: Text
    saved_of: Text
    saved_none: Text
    saved_harmed: Text
    saved_cannot_tell: Text
    saved_unknown: Annotated[dict[str, Text], texts_named(*UNMEASURED)]
    all_lists: Text
    one_list: Text
    open_list: Text
    list_lacks_page: Text
    trend: Text
    trend_chart: Text
    trend_table: Text
    trend_without: Text
    columns: Annotated[dict[str, Text], texts_named("list", "active", "at_risk", "share", "value", "lost")]
    where: Text
    groups: dict[Group, Text]
    others: Text
    no_driver: Text
    rates: Text
    lists: Text
    no_lists: Text
    trust: Text
    shelves: dict[Shelf, tuple[Text, Text]]
    earlier: Text
    no_page: Text
    customers: Text
    states: dict[str, Text]
    footer: Text

    @field_validator("states")
    @classmethod
    def every_state(cls, states: dict[str, Text]) -> dict[str, Text]:
        """Check that each state has a sentence with its placeholders."""
        check_names(states, STATES)
        for code, blanks in STATES.items():
            check_blanks(f"states.{code}", states[code], blanks)
        return states

"""The texts of reasons in one language (`conf/outreach/reasons/`), and the reasons that they may state."""

import string
from collections.abc import Iterable

from holdfast.errors import nearest
from holdfast.features.families import FAMILIES
from holdfast.features.family import Family, Reason
from holdfast.text.reasons import REASONS as TEXT_REASONS

Texts = dict[str, list[str]]  # reason code → texts, the most specific first


def declared_reasons(families: Iterable[Family] = FAMILIES) -> dict[str, Reason]:
    """Code → reason, as declared by the families and `holdfast.text`."""
    reasons = (reason for family in families for reason in family.reasons)
    return {reason.code: reason for reason in (*TEXT_REASONS, *reasons)}


def placeholders(text: str) -> set[str]:
    """The names of the figures in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def check_texts(texts: Texts, language: str) -> None:
    """Raise a ValueError if a text uses a reason or a figure that no family declares."""
    reasons, where = declared_reasons(), f"conf/outreach/reasons/{language}.yaml"
    for code, several in texts.items():
        if code not in reasons:
            raise ValueError(f"{where}: there is no reason '{code}' ({nearest(code, reasons)})")
        declared = reasons[code].placeholders
        for name in sorted({name for text in several for name in placeholders(text)} - {*declared}):
            raise ValueError(f"{where}: {code} has no figure '{{{name}}}' ({nearest(name, declared)})")

"""The texts of reasons in one language (`conf/outreach/reasons/`), and the figures that they state."""

import dataclasses
import string
from collections.abc import Iterable, Mapping, Sequence

from holdfast.errors import nearest
from holdfast.features.families import FAMILIES
from holdfast.features.family import Family, Reason
from holdfast.text.reasons import REASONS as TEXT_REASONS

ReasonTexts = dict[str, list[str]]  # reason code → texts, the most specific first


class Money(float):
    """An amount in the source's currency."""


def format_number(value: float, digits: int, *, thousands: str, decimal: str) -> str:
    """A number with these separators."""
    marks = {ord(","): thousands, ord("."): decimal, ord("-"): "\N{MINUS SIGN}"}
    return f"{value:,.{digits}f}".translate(marks)


def round_figure(value: float) -> float:
    """A figure as people are told it: whole from ten on, else with at most one decimal."""
    return float(round(value)) if abs(value) >= 10 else round(value, 1) + 0.0  # + 0.0 turns -0.0 into 0.0


Figures = Mapping[str, float | str]  # placeholder → a number, an amount or words


@dataclasses.dataclass(frozen=True)
class Texts:
    """The texts of reasons in one language, and how numbers are written in them.

    Attributes:
        sentences: reason code → texts, the most specific first.
        thousands, decimal: the separators of numbers.
        currency: written after amounts; None: unknown.
        right_to_left: amounts keep their own direction, from left to right.
    """

    sentences: Mapping[str, Sequence[str]]
    thousands: str = ","
    decimal: str = "."
    currency: str | None = None
    right_to_left: bool = False

    def choose(self, code: str, figures: Figures, *, general: bool = True) -> str | None:
        """The first text of a reason whose figures are all given; if the code has no texts, the code itself.

        Without `general`, a text without figures is not chosen.
        """
        for text in self.sentences.get(code, [code]):
            needed = placeholders(text)
            if needed <= figures.keys() and (needed or general):
                return text.format(**{name: self.write(figures[name]) for name in needed})
        return None

    def write(self, figure: float | str) -> str:
        """A figure, rounded by `round_figure`; an amount with the currency."""
        if isinstance(figure, str):
            return figure
        number = round_figure(figure)
        digits = 0 if number == round(number) else 1
        written = format_number(number, digits, thousands=self.thousands, decimal=self.decimal)
        if not isinstance(figure, Money) or self.currency is None:
            return written
        amount = f"{written}\N{NO-BREAK SPACE}{self.currency}"
        return f"\u2068{amount}\u2069" if self.right_to_left else amount


def declared_reasons(families: Iterable[Family] = FAMILIES) -> dict[str, Reason]:
    """Code → reason, as declared by the families and `holdfast.text`."""
    reasons = (reason for family in families for reason in family.reasons)
    return {reason.code: reason for reason in (*TEXT_REASONS, *reasons)}


def placeholders(text: str) -> set[str]:
    """The names of the figures in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def check_texts(sentences: ReasonTexts, language: str) -> None:
    """Raise a ValueError if a text uses a reason or a figure that no family declares."""
    reasons, where = declared_reasons(), f"conf/outreach/reasons/{language}.yaml"
    for code, several in sentences.items():
        if code not in reasons:
            raise ValueError(f"{where}: there is no reason '{code}' ({nearest(code, reasons)})")
        declared = reasons[code].placeholders
        for name in sorted({name for text in several for name in placeholders(text)} - {*declared}):
            raise ValueError(f"{where}: {code} has no figure '{{{name}}}' ({nearest(name, declared)})")

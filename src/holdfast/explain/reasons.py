"""From contributions of columns to the reasons that a person reads."""

import string
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.errors import nearest
from holdfast.explain.figures import Figures, Row, Statements

Texts = dict[str, list[str]]  # reason code → texts, the most specific first

FALLBACK = "HABIT"  # stated where columns raise the risk, but no reason of theirs has a true text

Floats = NDArray[np.float64]


class StatedReason(NamedTuple):
    """One reason of one customer, in words.

    Attributes:
        code: stable id, such as SPEND_DOWN.
        contribution: what it adds to the log-odds of churn, above 0.
        text: in the list's language, with its figures.
    """

    code: str
    contribution: float
    text: str


def sum_by_reason(contributions: Floats, codes: Sequence[str]) -> tuple[tuple[str, ...], Floats]:
    """Add up the contributions of all columns that speak for one reason.

    Args:
        contributions: (rows, columns + 1), the base last (it belongs to no reason).
        codes: (columns,) each column's reason code.

    Returns:
        The codes in alphabetical order, and (rows, codes) their contributions.
    """
    names = tuple(sorted(set(codes)))
    belongs = np.array([[code == name for name in names] for code in codes], dtype=np.float64)
    return names, contributions[:, :-1] @ belongs


def state_reasons(
    codes: tuple[str, ...], contributions: Floats, rows: Sequence[Row], typical: Row, texts: Texts,
    statements: Statements, most: int = 3,
) -> list[list[StatedReason]]:  # fmt: skip
    """For each row the reasons that add most to its risk, the strongest first.

    A reason that lowers the risk is none, nor is one without a true text. Background reasons are stated only
    where there is no other, and only the strongest of them.

    Args:
        contributions: (rows, codes), see `sum_by_reason`.
        rows: the features of each row.
        typical: those of the typical customer.
    """
    background = np.array([statements.reason(code).background for code in codes], bool)
    stated = []
    for row, added in zip(rows, contributions, strict=True):
        reasons = []
        for index in strongest(added, ~background) or strongest(added, background)[:1]:
            text = true_text(codes[index], row, typical, texts, statements)
            if text is not None:
                reasons.append(StatedReason(codes[index], float(added[index]), text))
            if len(reasons) == most:
                break
        unstated = float(added[~background].clip(0).sum())
        if not reasons and unstated > 0:
            reasons = [StatedReason(FALLBACK, unstated, str(choose_text(FALLBACK, {}, texts)))]
        stated.append(reasons)
    return stated


def strongest(contributions: Floats, chosen: NDArray[np.bool_]) -> list[int]:
    """The chosen places whose contribution is above 0, the largest first; equal ones in their order."""
    above = np.flatnonzero(chosen & (contributions > 0)).tolist()
    return sorted(above, key=lambda index: (-round(float(contributions[index]), 9), index))


def true_text(code: str, row: Row, typical: Row, texts: Texts, statements: Statements) -> str | None:
    """The first text of a reason that is true of a customer; None: none is."""
    figures = statements.figures(code, row, typical)
    return choose_text(code, figures, texts, general=statements.general_is_true(code, row, typical))


def choose_text(
    code: str, figures: Figures, texts: Mapping[str, list[str]], *, general: bool = True
) -> str | None:
    """The first text of a reason whose figures are all given; the code itself without any text.

    Args:
        general: a text without figures may be chosen.
    """
    for text in texts.get(code, [code]):
        needed = placeholders(text)
        if needed <= figures.keys() and (needed or general):
            return text.format(**figures)
    return None


def placeholders(text: str) -> set[str]:
    """The names of the figures that a text asks for."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def check_texts(texts: Texts, language: str) -> None:
    """Check that texts ask only for what families declare.

    Raises:
        ValueError: a reason or a figure does not exist.
    """
    reasons, where = Statements([]).reasons, f"conf/outreach/reasons/{language}.yaml"
    for code, several in texts.items():
        if code not in reasons:
            raise ValueError(f"{where}: there is no reason '{code}' ({nearest(code, reasons)})")
        known = reasons[code].placeholders
        for name in sorted({name for text in several for name in placeholders(text)} - {*known}):
            raise ValueError(f"{where}: {code} has no figure '{{{name}}}' ({nearest(name, known)})")

"""From contributions of columns to reasons that a person knows."""

import string
from collections.abc import Sequence, Set
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.explain.figures import Figures

Texts = dict[str, list[str]]  # reason code → texts, the most telling first

HABIT = "HABIT"
BACKGROUND = ("PROFILE", HABIT, "SEASON")  # told only where nothing else speaks

Floats = NDArray[np.float64]


class Reason(NamedTuple):
    """One reason of one customer.

    Attributes:
        code: stable id, such as SPEND_DOWN.
        contribution: what it adds to the log-odds of churn, above 0.
        text: in the list's language, with its figures.
    """

    code: str
    contribution: float
    text: str


def group(contributions: Floats, codes: Sequence[str]) -> tuple[tuple[str, ...], Floats]:
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


def tell(
    codes: tuple[str, ...], added: Floats, figures: Sequence[Figures], texts: Texts, *,
    untrue: Sequence[Set[str]] | None = None, most: int = 3,
) -> list[list[Reason]]:  # fmt: skip
    """For each row the reasons that add most to its risk, the strongest first.

    A reason that lowers the risk is none, nor is one without a true text. Background reasons fill up only
    an empty list, and the last of them is the way of buying as such.

    Args:
        untrue: for each row the codes whose texts without figures are not true of it.
    """
    front = [place for place, code in enumerate(codes) if code not in BACKGROUND]
    back = [place for place, code in enumerate(codes) if code in BACKGROUND]
    told = []
    for row, known, wrong in zip(added, figures, untrue or [frozenset()] * len(added), strict=True):
        reasons = [
            Reason(codes[place], float(row[place]), text)
            for place in strongest(row, front) or strongest(row, back)[:1]
            if (text := phrase(codes[place], known, texts, general=codes[place] not in wrong)) is not None
        ]
        speechless = float(row[front].clip(0).sum())
        if not reasons and speechless > 0:
            reasons = [Reason(HABIT, speechless, str(phrase(HABIT, known, texts)))]
        told.append(reasons[:most])
    return told


def strongest(row: Floats, places: list[int]) -> list[int]:
    """The places of the contributions above 0, the largest first; equal ones in the order of their codes."""
    above = [place for place in places if row[place] > 0]
    return sorted(above, key=lambda place: (-round(float(row[place]), 9), place))


def phrase(code: str, figures: Figures, texts: Texts, *, general: bool = True) -> str | None:
    """The first text of a reason all of whose figures are known; the code itself without any text.

    Args:
        general: texts without figures are true too; if not, and no other fits, there is none.
    """
    if code not in texts:
        return code if general else None
    for text in texts[code]:
        needed = [name for _, name, _, _ in string.Formatter().parse(text) if name]
        if all(name in figures for name in needed) and (needed or general):
            return text.format(**figures)
    return code if general else None

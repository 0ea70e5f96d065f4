"""From contributions of columns to reasons that a person knows."""

import string
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.explain.figures import Figures

Texts = dict[str, list[str]]  # reason code → texts, the most telling first

BACKGROUND = ("PROFILE", "HABIT", "SEASON")  # told only where nothing else speaks

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
    codes: tuple[str, ...], added: Floats, figures: Sequence[Figures], texts: Texts, *, most: int = 3
) -> list[list[Reason]]:
    """For each row the reasons that add most to its risk, the strongest first.

    A reason that lowers the risk is none; background reasons fill up only an empty list.
    """
    front = [place for place, code in enumerate(codes) if code not in BACKGROUND]
    back = [place for place, code in enumerate(codes) if code in BACKGROUND]
    told = []
    for row, known in zip(added, figures, strict=True):
        chosen = strongest(row, front, most) or strongest(row, back, 1)
        told.append(
            [Reason(codes[place], float(row[place]), phrase(codes[place], known, texts)) for place in chosen]
        )
    return told


def strongest(row: Floats, places: list[int], most: int) -> list[int]:
    """The places of the largest contributions above 0; equal ones in the order of their codes."""
    above = [place for place in places if row[place] > 0]
    return sorted(above, key=lambda place: (-round(float(row[place]), 9), place))[:most]


def phrase(code: str, figures: Figures, texts: Texts) -> str:
    """The first text of a reason all of whose figures are known; the code itself without any text."""
    for text in texts.get(code, []):
        needed = [name for _, name, _, _ in string.Formatter().parse(text) if name]
        if all(name in figures for name in needed):
            return text.format(**figures)
    return code

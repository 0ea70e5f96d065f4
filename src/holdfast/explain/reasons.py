"""From contributions of columns to the reasons that a person reads."""

import string
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.errors import nearest
from holdfast.explain.figures import Figures, Statements
from holdfast.explain.peers import PeerGroups, Peers, Row
from holdfast.features.reasons import FALLBACK

Texts = dict[str, list[str]]  # reason code → texts, the most specific first

MATERIAL = 0.1  # of all that raises a customer's risk: what adds less is no reason

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


def state_reasons(
    codes: tuple[str, ...], contributions: Floats, rows: Sequence[Row], peer_groups: PeerGroups,
    texts: Texts, statements: Statements, most: int = 3,
) -> list[list[StatedReason]]:  # fmt: skip
    """For each row the reasons that add most to its risk, the strongest first.

    A reason that lowers the risk is none, nor is one that adds next to nothing, or has no true text.
    Background reasons are stated only where there is no other, and only the strongest of them.

    Args:
        contributions: (rows, codes), see `Attribution.sum_by_reason`.
        rows: the features of each row.
        peer_groups: customers who stayed.
    """
    background = np.array([statements.reason(code).background for code in codes], bool)
    stated = []
    for row, added in zip(rows, contributions, strict=True):
        peers, reasons = peer_groups.peers(row), dict[str, StatedReason]()
        material = np.where(added >= MATERIAL * added.clip(0).sum(), added, 0.0)
        for index in strongest(material, ~background) or strongest(material, background)[:1]:
            found = true_reason(codes[index], row, peers, texts, statements)
            if found is not None and found[0] not in reasons:
                reasons[found[0]] = StatedReason(found[0], float(added[index]), found[1])
            if len(reasons) == most:
                break
        unstated = float(added[~background].clip(0).sum())
        if not reasons and unstated > 0:
            reasons[FALLBACK] = StatedReason(FALLBACK, unstated, str(choose_text(FALLBACK, {}, texts)))
        stated.append(list(reasons.values()))
    return stated


def strongest(contributions: Floats, chosen: NDArray[np.bool_]) -> list[int]:
    """The chosen places whose contribution is above 0, the largest first; equal ones in their order."""
    above = np.flatnonzero(chosen & (contributions > 0)).tolist()
    return sorted(above, key=lambda index: (-round(float(contributions[index]), 9), index))


def true_reason(
    code: str, row: Row, peers: Peers, texts: Texts, statements: Statements
) -> tuple[str, str] | None:
    """The reason of a code, or the one stated in its place, with its first true text; None: none is."""
    text = true_text(code, row, peers, texts, statements)
    if text is not None:
        return code, text
    other = statements.reason(code).otherwise
    return None if other is None else true_reason(other, row, peers, texts, statements)


def true_text(code: str, row: Row, peers: Peers, texts: Texts, statements: Statements) -> str | None:
    """The first text of a reason that is true of a customer; None: none is."""
    figures = statements.figures(code, row, peers)
    return choose_text(code, figures, texts, general=statements.general_is_true(code, row, peers))


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

"""From contributions of columns to the reasons that a person reads."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.explain.figures import Figures, Statements
from holdfast.explain.peers import PeerGroups, Peers, Row
from holdfast.explain.texts import Texts, placeholders
from holdfast.features.reasons import FALLBACK

MATERIAL = 0.1  # a reason must add at least this share of all contributions that raise the customer's risk

Floats = NDArray[np.float64]


class StatedReason(NamedTuple):
    """One reason of one customer, with its text.

    Attributes:
        code: stable id, such as SPEND_DOWN.
        contribution: its contribution to the log-odds of churn, above 0.
        text: in the list's language, with its figures.
    """

    code: str
    contribution: float
    text: str


def state_reasons(
    codes: tuple[str, ...], contributions: Floats, rows: Sequence[Row], peer_groups: PeerGroups,
    texts: Texts, statements: Statements, most: int = 3,
) -> list[list[StatedReason]]:  # fmt: skip
    """For each row the reasons that raise its risk most, the strongest first.

    Reasons that lower the risk, add less than MATERIAL, or have no true text are left out. If nothing else is
    left, the strongest background reason is stated.

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
            code, text = true_reason(codes[index], row, peers, texts, statements) or (None, "")
            if code is not None and code not in reasons:
                reasons[code] = StatedReason(code, float(added[index]), text)
            if len(reasons) == most:
                break
        unstated = float(added[~background].clip(0).sum())
        if not reasons and unstated > 0:
            reasons[FALLBACK] = StatedReason(FALLBACK, unstated, str(choose_text(FALLBACK, {}, texts)))
        stated.append(list(reasons.values()))
    return stated


def strongest(contributions: Floats, chosen: NDArray[np.bool_]) -> list[int]:
    """The chosen indices with a contribution above 0, the largest first; ties in their order."""
    above = np.flatnonzero(chosen & (contributions > 0)).tolist()
    return sorted(above, key=lambda index: (-round(float(contributions[index]), 9), index))


def true_reason(
    code: str, row: Row, peers: Peers, texts: Texts, statements: Statements
) -> tuple[str, str] | None:
    """The code and first true text of a reason, else of the reason stated `otherwise`; None: no true text."""
    text = true_text(code, row, peers, texts, statements)
    if text is not None:
        return code, text
    other = statements.reason(code).otherwise
    return None if other is None else true_reason(other, row, peers, texts, statements)


def true_text(code: str, row: Row, peers: Peers, texts: Texts, statements: Statements) -> str | None:
    """The first text of a reason that is true of a customer; None: no text is true."""
    figures = statements.figures(code, row, peers)
    return choose_text(code, figures, texts, general=statements.general_is_true(code, row, peers))


def choose_text(
    code: str, figures: Figures, texts: Mapping[str, list[str]], *, general: bool = True
) -> str | None:
    """The first text of a reason whose figures are all given; if the code has no texts, the code itself.

    Args:
        general: a text without figures may be chosen.
    """
    for text in texts.get(code, [code]):
        needed = placeholders(text)
        if needed <= figures.keys() and (needed or general):
            return text.format(**figures)
    return None

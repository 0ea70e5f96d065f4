"""From contributions of columns to the reasons that a person reads."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.explain.figures import Statements
from holdfast.explain.peers import PeerGroups, Peers, Row
from holdfast.explain.texts import Figures, Texts
from holdfast.features.reasons import FALLBACK, Cause

Floats = NDArray[np.float64]


class StatedReason(NamedTuple):
    """One reason of one customer: its code, its contribution to the log-odds of churn (above 0), its text."""

    code: str
    contribution: float
    text: str


def state_reasons(
    codes: tuple[str, ...], contributions: Floats, rows: Sequence[Row], peer_groups: PeerGroups,
    texts: Texts, statements: Statements, most: int = 3, topics: Sequence[Figures] | None = None,
) -> list[list[StatedReason]]:  # fmt: skip
    """For each row the reasons of the strongest causes: one of each cause, then the strongest others.

    Reasons that lower the risk, add too little (`explain.material_share`, `explain.further_share` after the
    first one), or have no true text are left out. If nothing else is left, the strongest background reason
    that is true is stated.

    Args:
        contributions: (rows, codes), see `Attribution.sum_by_reason`.
        topics: for each row the figures of its main topic (see `describe_topics`); None: unknown.
    """
    background = np.array([statements.reason(code).background for code in codes], bool)
    stated = []
    for row, added, topic in zip(rows, contributions, topics or [{}] * len(rows), strict=True):
        total, specific = float(added.clip(0).sum()), np.where(background, 0.0, added)
        causes = rank_causes(codes, specific, total, statements)
        peers = peer_groups.peers(row)
        floor = statements.settings.material_share * total
        material = [[index for index in cause if added[index] >= floor] for cause in causes]
        true = [
            list(true_reasons(cause, codes, added, row, peers, texts, statements, topic))
            for cause in material
        ]
        others = [reason for cause in true for reason in cause[1:]]
        others.sort(key=lambda reason: -round(reason.contribution, 9))
        reasons: dict[str, StatedReason] = {}
        for reason in (*(cause[0] for cause in true if cause), *others):
            if not reasons or reason.contribution >= statements.settings.further_share * total:
                reasons.setdefault(reason.code, reason)
        if not reasons and total > 0:
            is_true = background & [statements.general_is_true(code, row, peers) for code in codes]
            general = background_reason(codes, np.where(is_true, added, 0.0), total, texts)
            reasons[general.code] = general
        stated.append(list(reasons.values())[:most])
    return stated


def background_reason(codes: tuple[str, ...], background: Floats, total: float, texts: Texts) -> StatedReason:
    """The strongest background reason, for a customer of whom no specific reason is true.

    Args:
        background: (codes,) the contributions of background reasons that are true; 0 for all others.
        total: the sum of all contributions that raise the risk; what no true reason speaks of is FALLBACK's.
    """
    strength = dict(zip(codes, background.tolist(), strict=True))
    unstated = total - float(background.clip(0).sum())
    strength[FALLBACK] = max(strength.get(FALLBACK, 0.0), 0.0) + unstated
    code = max(strength, key=lambda code: round(strength[code], 9))
    return StatedReason(code, strength[code], str(texts.choose(code, {})))


def rank_causes(
    codes: tuple[str, ...], contributions: Floats, total: float, statements: Statements
) -> list[list[int]]:
    """The indices of the codes of each cause, the strongest cause and code first.

    A cause counts by the sum of its contributions, a symptom by a share of it (`explain.symptom_weight`). A
    reason without a cause is ranked alone, and counts like a symptom; a trait (`Reason.trait`) comes last.
    Causes that are not material are left out.

    Args:
        total: the sum of all contributions that raise the customer's risk.
    """
    settings, groups = statements.settings, dict[Cause | str, list[int]]()
    for index, code in enumerate(codes):
        groups.setdefault(statements.reason(code).cause or code, []).append(index)
    ranked = []
    for cause, indices in groups.items():
        added = round(float(contributions[indices].sum()), 9)
        if added > 0 and added >= settings.material_share * total:
            says_why = isinstance(cause, Cause) and not cause.is_symptom
            weight = 1.0 if says_why else settings.symptom_weight
            trait = statements.reason(codes[indices[0]]).trait
            ranked.append((trait, -round(weight * added, 9), indices))
    return [strongest(contributions, indices) for _, _, indices in sorted(ranked)]


def strongest(contributions: Floats, chosen: Iterable[int]) -> list[int]:
    """The chosen indices with a contribution above 0, the largest first; ties in their order."""
    above = [int(index) for index in chosen if contributions[index] > 0]
    return sorted(above, key=lambda index: (-round(float(contributions[index]), 9), index))


def true_reasons(
    indices: list[int], codes: tuple[str, ...], added: Floats, row: Row, peers: Peers, texts: Texts,
    statements: Statements, topic: Figures,
) -> Iterator[StatedReason]:  # fmt: skip
    """The true ones of some reasons, in their order."""
    for index in indices:
        code, text = true_reason(codes[index], row, peers, texts, statements, topic) or (None, "")
        if code is not None:
            yield StatedReason(code, float(added[index]), text)


def true_reason(
    code: str, row: Row, peers: Peers, texts: Texts, statements: Statements, topic: Figures
) -> tuple[str, str] | None:
    """The code and first true text of a reason, else of the reason stated `otherwise`; None: no true text."""
    text = true_text(code, row, peers, texts, statements, topic)
    if text is not None:
        return code, text
    other = statements.reason(code).otherwise
    return None if other is None else true_reason(other, row, peers, texts, statements, topic)


def true_text(
    code: str, row: Row, peers: Peers, texts: Texts, statements: Statements, topic: Figures | None = None
) -> str | None:
    """The first text of a reason that is true of a customer; None: no text is true."""
    figures = {**statements.figures(code, row, peers), **(topic or {})}
    return texts.choose(code, figures, general=statements.general_is_true(code, row, peers))

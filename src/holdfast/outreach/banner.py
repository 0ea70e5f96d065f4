"""What is known to be doubtful about a list: notices that stand on its page, workbook and manifest."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import pandas as pd

Code = Literal["leak", "value_alone", "low_risk", "retrain", "delivery"]
BLANKS: Mapping[str, set[str]] = {
    "leak": {"columns"},
    "value_alone": set(),
    "low_risk": {"listed", "all"},
    "retrain": {"what"},
    "delivery": {"what"},
}
NAMED = 3  # columns


class Notice(NamedTuple):
    """One thing that a reader of the list must know.

    Attributes:
        figures: what its sentence has filled in (`BLANKS`); numbers are shares, 0 to 1.
    """

    code: Code
    figures: dict[str, Any]


def notices(
    card: Mapping[str, Any], listed: pd.Series, everybody: pd.Series, monitor: Mapping[str, Any],
    deliveries: Sequence[str] = (),
) -> list[Notice]:  # fmt: skip
    """The notices of a list, the gravest first.

    Args:
        card: of the model that scored.
        listed, everybody: churn probabilities of those on the list, of all eligible customers.
        monitor: the first verdict on the scoring run.
        deliveries: what is strange about the newest delivery of a table, each in a sentence.
    """
    found = []
    if leak := card["gate"].get("leak"):
        columns = leak["columns"]
        more = f" and {len(columns) - NAMED} more" if len(columns) > NAMED else ""
        found.append(Notice("leak", {"columns": ", ".join(columns[:NAMED]) + more}))
    found += [Notice("delivery", {"what": sentence}) for sentence in deliveries]
    if monitor["verdict"] == "retrain":
        found.append(Notice("retrain", {"what": monitor["reasons"][0]["what"]}))
    if len(listed) and listed.mean() < everybody.mean():
        shares = {"listed": float(listed.mean()), "all": float(everybody.mean())}
        found.append(Notice("low_risk", shares))
    elif card.get("value_alone"):
        found.append(Notice("value_alone", {}))
    return found

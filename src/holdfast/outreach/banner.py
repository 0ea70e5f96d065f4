"""Warnings about a list, shown on its page, in its workbook and in its manifest."""

import string
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

if TYPE_CHECKING:
    import pandas as pd

from holdfast.outreach.deliveries import SENTENCES, DeliveryCode

Code = Literal[
    "leak", "value_alone", "low_risk", "retrain_inputs", "retrain_ranking", "retrain_level", "retrain_age",
    "delivery",
]  # fmt: skip
BLANKS: Mapping[str, set[str]] = {
    "leak": {"columns"},
    "value_alone": set(),
    "low_risk": {"listed", "all"},
    "retrain_inputs": {"share"},  # of the feature importance, strongly drifted
    "retrain_ranking": set(),
    "retrain_level": set(),
    "retrain_age": set(),
    "delivery": {"what"},
}
DELIVERY_BLANKS: Mapping[DeliveryCode, set[str]] = {
    code: {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
    for code, sentence in SENTENCES.items()
}
NAMED = 3  # columns


class Notice(NamedTuple):
    """One warning for the reader of the list.

    Attributes:
        figures: the values of its sentence's placeholders; floats are shares, 0 to 1.
    """

    code: Code | DeliveryCode
    figures: dict[str, Any]


def notices(
    card: Mapping[str, Any], listed: "pd.Series", everybody: "pd.Series", monitor: Mapping[str, Any],
    deliveries: Sequence[Notice] = (),
) -> list[Notice]:  # fmt: skip
    """The warnings about a list, the most severe first.

    Args:
        card: the model card of the model that scored.
        listed, everybody: churn probabilities of the listed and of all eligible customers.
        monitor: the verdict on the scoring run.
    """
    raised = []
    if leak := card["gate"].get("leak"):
        columns = leak["columns"]
        more = f" and {len(columns) - NAMED} more" if len(columns) > NAMED else ""
        raised.append(Notice("leak", {"columns": ", ".join(columns[:NAMED]) + more}))
    raised += deliveries
    if monitor["verdict"] == "retrain":
        topic = monitor["reasons"][0]["topic"]
        code = cast(Code, f"retrain_{topic}")
        share = {"share": monitor["inputs"]["importance_strong_drift"]} if topic == "inputs" else {}
        raised.append(Notice(code, share))
    if len(listed) and round(listed.mean(), 2) < round(everybody.mean(), 2):  # as shown, in per cent
        shares = {"listed": float(listed.mean()), "all": float(everybody.mean())}
        raised.append(Notice("low_risk", shares))
    elif card.get("value_alone"):
        raised.append(Notice("value_alone", {}))
    return raised

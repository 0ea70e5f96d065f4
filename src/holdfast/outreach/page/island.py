"""The page's data as JSON for its script.

A column of mostly distinct values is a list of values. A categorical column is its levels and, for each
customer, the index of the level (-1: null).
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from holdfast.outreach.briefs import LINES
from holdfast.outreach.cells import DIGITS
from holdfast.outreach.lists import AtRiskList
from holdfast.outreach.page.history import History
from holdfast.outreach.page.waterfall import Waterfall, take_steps
from holdfast.outreach.page.words import ChurnKind, PageWords

VALUES = (
    "customer_id", "name", "churn_probability", "value_at_risk", "expected_net_value",
    "previous_probability", "days_since_last_purchase", "open_tickets",
)  # fmt: skip
LEVELS = (
    "owner", "risk_tier", "recommended_action", "channel", "status_vs_last", "renewal_date", "segment",
    "language", "country",
)  # fmt: skip
# Texts that the template uses, not the script.
BESIDE_THE_LIST = {
    "churn_means", "labels", "payments", "places", "limits", "places_heading", "ended", "notices",
    "notices_heading", "all_pages", "win_back", "front",
}  # fmt: skip
PLACES = (1, 2, 3)  # of the reasons
# Characters that could end the script element or a line of the script.
_UNSAFE = "<>&\u2028\u2029"


@dataclass(frozen=True)
class Page:
    """The contents of the page beside the list; None leaves a part out.

    Attributes:
        language: the BCP 47 language of the texts.
        churn: the kind of churn that is forecast.
        actionable: the reason codes with a play in the playbook.
        notices: warnings about the list, in sentences.
        briefs: the six lines on each listed customer.
        passed: customer_id and passthrough columns as text.
        moved: customer_id → code of the reason that changed most since the last list, or null.
    """

    words: PageWords
    language: str
    currency: str | None = None
    history: History | None = None
    waterfall: Waterfall | None = None
    actionable: frozenset[str] = frozenset()
    moved: pd.Series | None = None
    notices: tuple[str, ...] = ()
    briefs: pd.DataFrame | None = None
    churn: ChurnKind = "inactivity"
    passed: pd.DataFrame | None = None


def build_island(at_risk: AtRiskList, page: Page, money_digits: int) -> dict[str, Any]:
    """The data of the script, without the held-out customers."""
    listed = at_risk.listed
    columns: dict[str, Any] = {name: listed[name] for name in (*VALUES, *LEVELS)}
    filled = {name for name, column in columns.items() if column.notna().any()}
    history, waterfall = page.history, page.waterfall
    words = page.words.model_dump(exclude=BESIDE_THE_LIST)
    return {
        "language": page.language,
        "currency": page.currency,
        "money_digits": money_digits,
        "as_of": at_risk.as_of.isoformat(),
        "words": words,
        "columns": {
            name: _values(column, DIGITS.get(name)) if name in VALUES else _levels(column)
            for name, column in columns.items()
            if name in filled
        },
        "reasons": _reasons(listed),
        "moved": None if page.moved is None else _moved(listed, page.moved, page.words),
        "history": None if history is None or not history.dates else _history(history),
        "waterfall": None if waterfall is None else _waterfall(waterfall, listed, page),
        "briefs": None if page.briefs is None else page.briefs[list(LINES)].to_numpy().tolist(),
        "passed": None if page.passed is None else _passed(listed, page.passed),
        "left": _left(at_risk.left, page.words),
    }


def _passed(listed: pd.DataFrame, passed: pd.DataFrame) -> dict[str, list[Any]]:
    """The names of the passthrough columns, and their values for each listed customer."""
    names = [name for name in passed.columns if name != "customer_id"]
    rows = passed.set_index("customer_id")[names].reindex(listed["customer_id"])
    return {"names": names, "rows": [_plain(row, str) for row in rows.to_numpy()]}


def to_json(island: dict[str, Any]) -> str:
    """JSON that is safe inside a script element."""
    text = json.dumps(island, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in _UNSAFE:
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _plain(values: Iterable[Any], write: Callable[[Any], Any]) -> list[Any]:
    return [None if value is None or pd.isna(value) else write(value) for value in values]


def _values(column: pd.Series, digits: int | None) -> list[Any]:
    if pd.api.types.is_numeric_dtype(column):
        return _plain(column, lambda value: round(float(value), digits) if digits else round(float(value)))
    return _plain(column, str)


def _levels(column: pd.Series) -> dict[str, list[Any]]:
    places, levels = pd.factorize(column)
    return {"levels": [str(level) for level in levels], "places": places.tolist()}


def _reasons(listed: pd.DataFrame) -> dict[str, Any]:
    """The distinct texts and codes; for each customer the indices of up to three of both."""
    texts = _levels(pd.concat([listed[f"reason_{place}"] for place in PLACES]))
    codes = _levels(pd.concat([listed[f"reason_{place}_code"] for place in PLACES]))
    both = np.array([texts["places"], codes["places"]]).reshape(2, len(PLACES), -1)
    return {"texts": texts["levels"], "codes": codes["levels"], "of": both.transpose(2, 0, 1).tolist()}


def _moved(listed: pd.DataFrame, moved: pd.Series, words: PageWords) -> dict[str, list[Any]]:
    """The label of the reason that changed each customer's risk most."""
    codes = listed["customer_id"].map(moved).astype("object")
    return _levels(codes.map(lambda code: words.labels.get(code, code), na_action="ignore"))


def _history(history: History) -> dict[str, Any]:
    return {
        "dates": [day.isoformat() for day in history.dates],
        "same_model": list(history.same_model),
        "probabilities": [_plain(row, lambda value: round(float(value), 3)) for row in history.probabilities],
    }


def _waterfall(waterfall: Waterfall, listed: pd.DataFrame, page: Page) -> dict[str, Any]:
    labels = page.words.labels
    return {
        "codes": list(waterfall.codes),
        "labels": [labels.get(code, code) for code in waterfall.codes],
        "background": [code not in page.actionable for code in waterfall.codes],
        "steps": take_steps(waterfall, listed["customer_id"]),
    }


def _left(left: pd.DataFrame, words: PageWords) -> list[list[Any]]:
    """customer_id, name, why, churn then and now; without the held out, whom the team must not know."""
    reasons = words.places | {why: words.left_table[why] for why in ("returned", "not_eligible")}
    shown = left[left["why"] != "held_out"]
    columns = [
        _values(shown["customer_id"], None),
        _values(shown["name"], None),
        [reasons[why] for why in shown["why"]],
        _values(shown["previous_probability"], 4),
        _values(shown["churn_probability"], 4),
    ]
    return [list(row) for row in zip(*columns, strict=True)]

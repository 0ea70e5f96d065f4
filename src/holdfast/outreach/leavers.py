"""Why somebody left lately, as far as it was known: the reasons of a win-back list."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from holdfast.explain.figures import format_figure
from holdfast.explain.reasons import Texts, choose_text

REMEMBERED_DAYS = 365  # reasons that were given longer ago say little of why somebody left
REASON = ["reason", "reason_code", "reason_from", "reason_as_of"]
WORTH_A_WORD = {"open_tickets": 1, "price_rise": 5}  # tickets, per cent; prices rise a little everywhere
RECORDED = "RECORDED"  # the code of a reason in the company's own words
Known = Mapping[Any, Any]


class EarlierReasons(NamedTuple):
    """The reasons that an earlier list or explanation gave.

    Attributes:
        origin: `list` or `explanation`.
        language: of the texts; None: not known.
        reasons: one row a customer and reason: customer_id, position, code, text.
    """

    as_of: dt.date
    origin: str
    language: str | None
    reasons: pd.DataFrame


def give_reasons(
    leavers: pd.DataFrame, earlier: Iterable[EarlierReasons], texts: Texts, language: str, day: dt.date
) -> pd.DataFrame:
    """The leavers with REASON, the best that is known of each.

    In this order: what the company itself recorded; the newest reason that an earlier list or explanation
    gave; the last known facts. `reason_as_of` says when that was; what it says, it says of that day.

    Args:
        leavers: one row a customer, key customer_id (see `scoring.leavers.find_leavers`).
        earlier: newest first, lists before explanations of the same date.
    """
    remembered = newest_reasons(earlier, language).reindex(leavers["customer_id"])
    reasons = [
        recorded(customer) or remember(kept, texts) or last_facts(customer, texts, day)
        for customer, kept in zip(leavers.to_dict("records"), remembered.to_dict("records"), strict=True)
    ]
    return leavers.join(pd.DataFrame(reasons, columns=REASON, index=leavers.index, dtype="object"))


def recorded(customer: Known) -> dict[str, Any] | None:
    """The reason in the company's own words."""
    if not isinstance(customer["recorded_reason"], str):
        return None
    cells = (customer["recorded_reason"], RECORDED, "recorded", customer["recorded_on"])
    return dict(zip(REASON, cells, strict=True))


def remember(kept: Known, texts: Texts) -> dict[str, Any] | None:
    """The reason that was given last; in general words where that was in another language."""
    code = kept["code"]
    if not isinstance(code, str):
        return None
    text = kept["text"] if kept["same_language"] else choose_text(code, {}, texts)
    if text is None:  # no text of it goes without figures
        return None
    return dict(zip(REASON, (text, code, kept["from"], kept["as_of"]), strict=True))


def last_facts(customer: Known, texts: Texts, day: dt.date) -> dict[str, Any]:
    """The first of these that is true: a ticket was open, prices had risen, nothing was bought for long."""
    figures = {
        "OPEN_TICKET": {"open_tickets": customer["open_tickets"], "open_days": customer["open_days"]},
        "PRICE_UP": {"price_rise": 100 * (customer["price_change"] - 1)},
        "LONG_SILENCE": {"silence": customer["days_since_last_purchase"]},
    }
    for code, values in figures.items():
        if all(value >= WORTH_A_WORD.get(name, 0) for name, value in values.items()):  # false of null
            text = choose_text(code, {name: format_figure(value) for name, value in values.items()}, texts)
            return dict(zip(REASON, (text, code, "facts", day), strict=True))
    return {}


def newest_reasons(earlier: Iterable[EarlierReasons], language: str) -> pd.DataFrame:
    """The strongest reason given of each customer on the newest date; key and index customer_id.

    Silence is given only where nothing else was: it is how they left, not why. Columns: code, text, as_of,
    from (`list` or `explanation`), same_language (as this list's).
    """
    frames = []
    for given in earlier:
        how = given.reasons["code"].eq("LONG_SILENCE")
        ordered = given.reasons.assign(how=how).sort_values(["customer_id", "how", "position"])
        frame = ordered.drop_duplicates("customer_id")[["customer_id", "code", "text"]]
        origin: dict[str, Any] = {
            "as_of": given.as_of,
            "same_language": given.language == language,
            "from": given.origin,
        }
        frames.append(frame.assign(**origin))
    columns = ["customer_id", "code", "text", "as_of", "same_language", "from"]
    newest = pd.concat(frames)[columns] if frames else pd.DataFrame(columns=columns)
    return newest.drop_duplicates("customer_id", keep="first").set_index("customer_id")


def reasons_of_list(listed: pd.DataFrame) -> pd.DataFrame:
    """The reasons of a published list, one row a customer and reason: customer_id, position, code, text."""
    parts = [
        pd.DataFrame(
            {
                "customer_id": listed["customer_id"],
                "position": place,
                "code": listed[f"reason_{place}_code"],
                "text": listed[f"reason_{place}"],
            }
        )
        for place in (1, 2, 3)
    ]
    every = pd.concat(parts, ignore_index=True)
    return every[every["code"].notna()]

"""The reasons on a win-back list: why each customer left."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from holdfast.explain.texts import Texts

REASON = ["reason", "reason_code", "reason_from", "reason_as_of"]
MIN_VALUES = {"open_tickets": 1, "price_rise": 5}  # tickets, per cent; smaller values are no reason
RECORDED = "RECORDED"  # the code of a reason that the company recorded
Record = Mapping[Any, Any]


class EarlierReasons(NamedTuple):
    """The reasons that an earlier list or explanation gave.

    Attributes:
        origin: `list` or `explanation`.
        language: the language of the texts; None: unknown.
        reasons: one row per customer and reason: customer_id, position, code, text.
    """

    as_of: dt.date
    origin: str
    language: str | None
    reasons: pd.DataFrame


def give_reasons(
    leavers: pd.DataFrame, earlier: Iterable[EarlierReasons], texts: Texts, language: str, day: dt.date
) -> pd.DataFrame:
    """The leavers with REASON, from the best source for each.

    The order of sources: the reason that the company recorded; a failed payment that they left by; the latest
    reason of an earlier list or explanation; the last known facts. `reason_as_of` is the date of the reason.

    Args:
        leavers: see `scoring.leavers.find_leavers`.
        earlier: latest first, lists before explanations of the same date.
    """
    remembered = newest_reasons(earlier, language).reindex(leavers["customer_id"])
    reasons = [
        recorded(customer)
        or failed_payment(customer, texts, day)
        or repeat_earlier(kept, texts)
        or last_facts(customer, texts, day)
        for customer, kept in zip(leavers.to_dict("records"), remembered.to_dict("records"), strict=True)
    ]
    return leavers.join(pd.DataFrame(reasons, columns=REASON, index=leavers.index, dtype="object"))


def recorded(customer: Record) -> dict[str, Any] | None:
    """The reason that the company recorded."""
    if not isinstance(customer["recorded_reason"], str):
        return None
    cells = (customer["recorded_reason"], RECORDED, "recorded", customer["recorded_on"])
    return dict(zip(REASON, cells, strict=True))


def failed_payment(customer: Record, texts: Texts, day: dt.date) -> dict[str, Any] | None:
    """The failed payment by which a customer left without deciding to."""
    if not customer["payment_failed"]:
        return None
    figures = {name: customer[name] for name in ("failed_attempts", "failing_days")}
    text = texts.choose("PAYMENT_FAILED", figures)
    return dict(zip(REASON, (text, "PAYMENT_FAILED", "facts", day), strict=True))


def repeat_earlier(kept: Record, texts: Texts) -> dict[str, Any] | None:
    """The latest earlier reason; if it was in another language, the general text of its code."""
    code = kept["code"]
    if not isinstance(code, str):
        return None
    text = kept["text"] if kept["same_language"] else texts.choose(code, {})
    if text is None:  # every text of this code needs figures
        return None
    return dict(zip(REASON, (text, code, kept["from"], kept["as_of"]), strict=True))


def last_facts(customer: Record, texts: Texts, day: dt.date) -> dict[str, Any]:
    """The first true of: an open ticket, a price rise, a long silence."""
    figures: dict[str, dict[str, float]] = {
        "OPEN_TICKET": {"open_tickets": customer["open_tickets"], "open_days": customer["open_days"]},
        "PRICE_UP": {"price_rise": 100 * (customer["price_change"] - 1)},
        "LONG_SILENCE": {"silence": customer["days_since_last_purchase"]},
    }
    for code, values in figures.items():
        if all(value >= MIN_VALUES.get(name, 0) for name, value in values.items()):  # false for nulls
            text = texts.choose(code, values)
            return dict(zip(REASON, (text, code, "facts", day), strict=True))
    return {}


def newest_reasons(earlier: Iterable[EarlierReasons], language: str) -> pd.DataFrame:
    """Each customer's strongest reason on the latest date; key and index customer_id.

    Silence counts only without another reason, because it does not say why somebody left. Columns: code,
    text, as_of, from (`list` or `explanation`), same_language (whether in `language`).
    """
    columns = ["customer_id", "code", "text", "as_of", "same_language", "from"]
    frames = []
    for source in earlier:
        silence = source.reasons["code"].eq("LONG_SILENCE")
        ordered = source.reasons.assign(silence=silence).sort_values(["customer_id", "silence", "position"])
        same_language = source.language == language
        origin: dict[str, Any] = {
            "as_of": source.as_of,
            "same_language": same_language,
            "from": source.origin,
        }
        frames.append(ordered.drop_duplicates("customer_id").assign(**origin)[columns])
    latest = pd.concat(frames) if frames else pd.DataFrame(columns=columns)
    return latest.drop_duplicates("customer_id", keep="first").set_index("customer_id")


def reasons_of_list(listed: pd.DataFrame) -> pd.DataFrame:
    """The reasons of a published list, one row per customer and reason: customer_id, position, code, text."""
    parts = [
        listed[["customer_id"]].assign(
            position=position, code=listed[f"reason_{position}_code"], text=listed[f"reason_{position}"]
        )
        for position in (1, 2, 3)
    ]
    reasons = pd.concat(parts, ignore_index=True)
    return reasons[reasons["code"].notna()]

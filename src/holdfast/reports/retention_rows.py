"""Rows of the retention page: segments, value, the voice of the customer and reasons for leaving."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from holdfast.reports.outcome_words import money
from holdfast.reports.retention_words import METRICS, metric_value, signed
from holdfast.reports.words import NOTHING, count, interval, share

Content = dict[str, Any]
MAX_MOVES = 12
MAX_PERIODS = 6  # of answers
RESPONSES = {
    "ticket_response_rate": "resolved tickets with a rating",
    "contact_response_rate": "contacts with a response",
    "referral_rate": "new customers referred by another customer",
}  # fmt: skip


def records(table: pd.DataFrame) -> list[Content]:
    """The rows; a null is None."""
    clean = table.astype("object").where(table.notna(), None)
    return [dict(zip(table.columns, row, strict=True)) for row in clean.itertuples(index=False)]


def unbroken(text: str) -> str:
    """A period that is not broken at its hyphen."""
    return text.replace("-", "\u2011")


def span(row: Mapping[str, Any], low: str = "low", high: str = "high") -> str:
    """An interval of shares."""
    return interval(row[low], row[high], share)


def rfm_row(row: Content) -> dict[str, str]:
    """A segment."""
    days = row["days_since_last"]
    return {
        "name": row["segment"], "customers": count(row["customers"]), "share": share(row["share"]),
        "days": NOTHING if days is None else f"{days:.0f}",
        "orders": NOTHING if row["orders"] is None else f"{row['orders']:.1f}",
        "spent": money(row["spent"] or 0.0), "value": money(row["value"] or 0.0),
        "followed": count(row["followed"]), "churn_rate": share(row["churn_rate"]), "span": span(row),
    }  # fmt: skip


def largest_moves(moves: pd.DataFrame) -> Iterator[dict[str, str]]:
    """The largest movements between two segments, and the share of their origin."""
    if not len(moves):
        return
    sizes = moves.groupby("from")["customers"].sum()
    moved = moves[moves["from"] != moves["to"]].sort_values("customers", ascending=False, kind="stable")
    for row in records(moved[:MAX_MOVES]):
        of = share(row["customers"] / sizes[row["from"]])
        yield {"name": row["from"], "to": row["to"], "customers": count(row["customers"]), "share": of}


def value_rows(content: Content) -> Iterator[dict[str, str]]:
    """The value of the active customers."""
    value = content["value"]
    rows = (
        ("order value", "order_value", "money of purchases / orders"),
        ("lifetime value, mean", "lifetime_value", "by the formula of the at-risk list"),
        ("lifetime value, median", "lifetime_median", "half of the active customers are worth less"),
        ("lifetime value, all active customers", "lifetime_sum", ""),
    )
    if value["orders_a_year"] is not None:
        yield {"name": "orders a year", "value": f"{value['orders_a_year']:.1f}", "meaning": "of a customer"}
    for name, key, meaning in rows:
        if value[key] is not None:
            yield {"name": name, "value": money(value[key], content), "meaning": meaning}
    if value["share_of_top_fifth"] is not None:
        top = share(value["share_of_top_fifth"])
        yield {
            "name": "held by the most valuable 20%",
            "value": top,
            "meaning": "of the lifetime value of all active customers",
        }


def last_periods(table: pd.DataFrame) -> list[Content]:
    """The last MAX_PERIODS periods of each kind."""
    return records(table.groupby("kind", sort=False).tail(MAX_PERIODS)) if len(table) else []


def voice_row(row: Content) -> dict[str, str]:
    """A score of a period."""
    ends = (metric_value(row["kind"], row[name]) for name in ("value", "low", "high"))
    value, low, high = ends
    return {
        "name": METRICS[row["kind"]], "period": unbroken(row["period"]), "customers": count(row["customers"]),
        "value": value,
        "span": NOTHING if row["low"] is None else f"{low} to {high}",
        "response": share(row["response_rate"]),
    }  # fmt: skip


def response_row(row: Content) -> dict[str, str]:
    """A response rate of a period."""
    return {
        "name": RESPONSES[row["kind"]], "period": unbroken(row["period"]), "asked": count(row["asked"]),
        "value": share(row["value"]), "span": span(row),
    }  # fmt: skip


def complaint_row(row: Content) -> dict[str, str]:
    """A topic, and whether more customers left after it."""
    compared = row["difference"] is not None
    points, low, high = (
        signed(100 * row[name], 1) if compared else NOTHING for name in ("difference", "low", "high")
    )
    certain = compared and row["adjusted_p"] is not None and row["adjusted_p"] < 0.05
    verdict = ("more often" if row["difference"] > 0 else "less often") if certain else "not clear"
    return {
        "name": row["topic"], "tickets": count(row["tickets"]),
        "rate": share(row["rate"]), "others": share(row["rate_others"]), "points": points,
        "span": f"{low} to {high}" if compared else "too few", "verdict": verdict if compared else "",
    }  # fmt: skip


def reason_tables(reasons: pd.DataFrame, labels: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Reasons for leaving by origin."""
    captions = {
        "explanation": "Strongest reason of the last list or explanation before the loss",
        "recorded": "Reasons recorded when they left",
    }
    for origin, caption in captions.items():
        rows = [row for row in records(reasons) if row["origin"] == origin]
        lines = [
            {"name": labels.get(row["reason"], row["reason"]), "customers": count(row["customers"]),
             "share": share(row["share"])}
            for row in rows
        ]  # fmt: skip
        if lines:
            yield {"caption": caption, "rows": lines}

"""The voice of the customer: NPS, CSAT and CES by period, how many answer, and how many were referred."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from ibis import Table

from holdfast.contracts.arms import contacts_made
from holdfast.errors import DataRefused
from holdfast.metrics.shares import wilson
from holdfast.retention.activity import Activity
from holdfast.retention.intervals import Z
from holdfast.retention.periods import Period
from holdfast.retention.settings import RetentionSettings
from holdfast.scoring.open_tickets import with_columns
from holdfast.timeline.span import midnight

FORMULAS = {
    "nps": "100 × (promoters 9–10 − detractors 0–6) / answering customers",
    "csat": "satisfied / answering customers",
    "ces": "easy / answering customers",
    "response_rate": "active customers at the start who answered / active customers at the start",
    "ticket_response_rate": "resolved tickets with a rating / resolved tickets",
    "contact_response_rate": "contacts with a response / contacts",
    "referral_rate": "new customers whom another customer referred / new customers",
}


def read_answers(tables: Mapping[str, Table], day: dt.date) -> pd.DataFrame:
    """customer_id, at, kind (nps, csat, ces) and score: of surveys, and of tickets as kind csat."""
    parts = []
    if "surveys" in tables:
        table = tables["surveys"]
        seen = table.filter(table.known_at < midnight(day), table.answered_at < midnight(day))
        parts.append(seen.select("customer_id", "kind", "score", at=seen.answered_at).to_pandas())
    if "tickets" in tables and "csat" in tables["tickets"].columns:
        table = tables["tickets"]
        seen = table.filter(
            table.known_at < midnight(day), table.csat_at < midnight(day), table.csat.notnull()
        )
        rated = seen.select("customer_id", score=seen.csat, at=seen.csat_at).to_pandas()
        parts.append(rated.assign(kind="csat"))
    columns = ["customer_id", "at", "kind", "score"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def measure_voice(
    answers: pd.DataFrame, activity: Activity, periods: Sequence[Period], settings: RetentionSettings
) -> pd.DataFrame:
    """One row per kind and period with answers; a customer's last answer in a period counts.

    Args:
        activity: at the start of each period, and at the end of the last.

    Returns:
        kind, period, customers (who answered), mean, value (NPS from −100 to 100, else a share), low, high
        (95%), response_rate, response_low, response_high.

    Raises:
        DataRefused: a CSAT rating is above `csat_max`: the scale is another one.
    """
    best = answers.loc[answers["kind"] == "csat", "score"].max()
    if best > settings.csat_max:
        raise DataRefused(
            "a CSAT rating lies above the scale",
            where="retention.csat_max", found=f"ratings up to {best:g}",
            expected=f"at most {settings.csat_max:g}",
            next_step="set retention.csat_max and retention.csat_satisfied_from to your scale",
        )  # fmt: skip
    rows = [
        {
            "kind": kind,
            "period": period.label,
            **score(last, kind, settings),
            **respond(last, activity, place),
        }
        for kind in ("nps", "csat", "ces")
        for place, period in enumerate(periods)
        if len(last := last_answers(answers, kind, period))
    ]
    columns = [
        "kind", "period", "customers", "mean", "value", "low", "high", "active", "answered", "response_rate",
        "response_low", "response_high",
    ]  # fmt: skip
    result = pd.DataFrame(rows, columns=[c for c in columns if not c.startswith("response")])
    low, high = wilson(result["answered"], result["active"])
    rate = result["answered"] / result["active"].where(result["active"] > 0)
    return result.assign(response_rate=rate, response_low=low, response_high=high)[columns]


def last_answers(answers: pd.DataFrame, kind: str, period: Period) -> pd.DataFrame:
    """The last answer of each customer in a period."""
    inside = (answers["at"] >= pd.Timestamp(period.start)) & (answers["at"] < pd.Timestamp(period.end))
    rows = answers[inside & (answers["kind"] == kind)].sort_values("at")
    return rows.drop_duplicates("customer_id", keep="last")


def score(answers: pd.DataFrame, kind: str, settings: RetentionSettings) -> dict[str, Any]:
    """The score of one kind with its 95% interval: of NPS by its variance, of shares by Wilson."""
    scores = answers["score"]
    size = len(scores)
    about = {"customers": size, "mean": float(scores.mean())}
    if kind == "nps":
        points = np.where(scores >= 9, 1.0, np.where(scores <= 6, -1.0, 0.0))
        half = Z * float(points.std()) / np.sqrt(size) if size > 1 else np.nan
        value = float(points.mean())
        return {
            **about, "value": 100 * value,
            "low": 100 * max(-1.0, value - half), "high": 100 * min(1.0, value + half),
        }  # fmt: skip
    good = int((scores >= (settings.csat_satisfied_from if kind == "csat" else settings.ces_easy_from)).sum())
    low, high = wilson(good, size)
    return {**about, "value": good / size, "low": float(low), "high": float(high)}


def respond(answers: pd.DataFrame, activity: Activity, place: int) -> dict[str, int]:
    """How many customers were active at the start of a period, and how many of them answered in it."""
    active = activity.at[:, place]
    codes = activity.customers.get_indexer(answers["customer_id"])
    return {"active": int(active.sum()), "answered": int(active[codes[codes >= 0]].sum())}


def response_rates(
    tables: Mapping[str, Table], activity: Activity, periods: Sequence[Period], day: dt.date
) -> pd.DataFrame:
    """One row per kind (ticket_response_rate, contact_response_rate, referral_rate) and period.

    Returns:
        kind, period, asked (the divisor of the rate), answered (its numerator), value, low, high (95%).
    """
    kinds = [*asked_customers(tables, day), *new_customers(tables, activity, day)]
    rows = [row for kind, asked in kinds for row in count_responses(kind, asked, periods)]
    result = pd.DataFrame(rows, columns=["kind", "period", "asked", "answered"])
    low, high = wilson(result["answered"], result["asked"])
    return result.assign(value=result["answered"] / result["asked"], low=low, high=high)


def asked_customers(tables: Mapping[str, Table], day: dt.date) -> Iterator[tuple[str, pd.DataFrame]]:
    """at and answered: of each resolved ticket, and of each contact, where the source maps what came back."""
    moment = midnight(day)
    if "tickets" in tables and {"csat", "resolved_at"} <= {*tables["tickets"].columns}:
        table = tables["tickets"]
        done = table.filter(table.known_at < moment, table.resolved_at < moment)
        rated = done.csat.notnull() & (done.csat_at < moment).fill_null(False)
        yield "ticket_response_rate", done.select(at=done.resolved_at, answered=rated).to_pandas()
    if "contacts" in tables and "response" in tables["contacts"].columns:
        table = with_columns(contacts_made(tables["contacts"]), response_at="timestamp")
        made = table.filter(table.known_at < moment, table.contacted_at < moment)
        back = made.response.notnull() & (made.response_at.fill_null(made.contacted_at) < moment)
        yield "contact_response_rate", made.select(at=made.contacted_at, answered=back).to_pandas()


def new_customers(
    tables: Mapping[str, Table], activity: Activity, day: dt.date
) -> Iterator[tuple[str, pd.DataFrame]]:
    """at and answered: the first active day of each customer, and whether another customer referred them."""
    if "customers" in tables and "referred_by" in tables["customers"].columns:
        table = with_columns(tables["customers"], valid_from="timestamp")
        seen = table.filter((table.valid_from < midnight(day)).fill_null(True))
        rows = seen.select("customer_id", "referred_by").to_pandas()
        by_another = rows["referred_by"] != rows["customer_id"]
        referred = rows.loc[rows["referred_by"].isin(rows["customer_id"]) & by_another, "customer_id"]
        first = pd.DataFrame({"at": activity.first, "answered": activity.customers.isin(referred)})
        yield "referral_rate", first


def count_responses(kind: str, asked: pd.DataFrame, periods: Sequence[Period]) -> Iterator[dict[str, Any]]:
    """The counts of each period in which anybody was asked."""
    for period in periods:
        rows = asked[(asked["at"] >= pd.Timestamp(period.start)) & (asked["at"] < pd.Timestamp(period.end))]
        if len(rows):
            yield {
                "kind": kind,
                "period": period.label,
                "asked": len(rows),
                "answered": int(rows["answered"].sum()),
            }

"""From scored customers to the at-risk list, its hold-out and its counts."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from holdfast.outreach import changes, value
from holdfast.outreach.actions import Wording
from holdfast.outreach.places import Limit, Places, list_capacity
from holdfast.outreach.selection import Reasons, count, select
from holdfast.outreach.settings import OutreachSettings

# The columns of every form of the list, in order, with their pandas types ("date": datetime.date or None).
COLUMNS = {
    "rank": "int64",
    "customer_id": "str",
    "name": "str",
    "owner": "str",
    "churn_probability": "float64",
    "risk_tier": "str",
    "value_at_risk": "float64",
    "expected_net_value": "float64",
    "reason_1": "str",
    "reason_2": "str",
    "reason_3": "str",
    "reason_1_code": "str",
    "reason_2_code": "str",
    "reason_3_code": "str",
    "recommended_action": "str",
    "channel": "str",
    "status_vs_last": "str",
    "previous_probability": "float64",
    "days_since_last_purchase": "float64",
    "open_tickets": "Int64",
    "renewal_date": "date",
    "segment": "str",
    "language": "str",
    "country": "str",
    "as_of": "date",
    "outcome_window_end": "date",
    "model_version": "str",
    "run_id": "str",
}
# Those that a selection decides: `run_id` names the published files.
SELECTED_COLUMNS = {name: kind for name, kind in COLUMNS.items() if name != "run_id"}
HELD_OUT_COLUMNS = {
    "customer_id": "str",
    "as_of": "date",
    "held_since": "date",
    "churn_probability": "float64",
    "value_at_risk": "float64",
    "expected_net_value": "float64",
}
# Of everyone who was decided about; kept apart from the team, for `outcomes`. `held_since`: of the held out.
# The reason and the action are those of the listed, and those that the held out would have had.
# `accept_share`: of such would-be leavers, the share that a contact is assumed to keep; `saved_share`: what a
# contact was expected to change.
DECISION_COLUMNS = {
    "customer_id": "str",
    "decision": "str",
    "held_since": "date",
    "churn_probability": "float64",
    "value": "float64",
    "value_at_risk": "float64",
    "accept_share": "float64",
    "saved_share": "float64",
    "expected_net_value": "float64",
    "risk_tier": "str",
    "reason_1_code": "str",
    "recommended_action": "str",
}
# What the caller gives; `value` may be null throughout.
_NEEDED = [
    "customer_id", "name", "owner", "churn_probability", "days_since_last_purchase", "open_tickets",
    "renewal_date", "segment", "language", "country", "consent", "value", "spend_per_day", "expected_days",
    "last_contacted_at", "already_leaving",
]  # fmt: skip


@dataclass(frozen=True)
class AtRiskList:
    """One list and everything that did not get onto it.

    Attributes:
        listed: SELECTED_COLUMNS; one row a customer to contact, key customer_id, by rank.
        held_out: HELD_OUT_COLUMNS; one row a customer whose turn came and who is left alone, key
            customer_id, by expected_net_value. To be kept from the team. Not every customer still held
            out is on it: whose turn did not come this time is not.
        decisions: DECISION_COLUMNS; one row an eligible customer, key customer_id, by expected_net_value.
            To be kept from the team.
        left: who was on the previous list and is not on this one, and why (see `changes.who_left`).
        counts: `eligible` = `listed` + `held_out` + every one of EXCLUSIONS.
        limit: what ended the list: `capacity` (of the list), `capacity_per_owner`, `capacity_per_channel`,
            `break_even` (the next contact would not pay), or `none` (everyone who may be contacted is on it
            or held out).
        limits: how many customers each limit kept off the list; their sum with those of the other
            exclusions is what `counts` says.
    """

    listed: pd.DataFrame
    held_out: pd.DataFrame
    decisions: pd.DataFrame
    left: pd.DataFrame
    counts: dict[str, int]
    limit: Limit
    limits: dict[str, int]
    as_of: date
    outcome_window_end: date
    model_version: str
    previous_as_of: date | None

    @property
    def last_outcome_day(self) -> date:
        """The last day of the outcome window."""
        return self.outcome_window_end - timedelta(days=1)


def build_list(
    customers: pd.DataFrame,
    settings: OutreachSettings,
    *,
    reasons: Reasons,
    wording: Wording,
    as_of: date,
    outcome_window_end: date,
    model_version: str,
    previous: pd.DataFrame | None = None,
    held: pd.DataFrame | None = None,
    do_not_contact: frozenset[str] = frozenset(),
) -> tuple[AtRiskList, Places]:
    """The at-risk list of one `as_of`, and the places that it leaves for another list of the same date.

    The same input gives the same list.

    Args:
        customers: one row an eligible customer, key customer_id, with the columns of _NEEDED. consent: True,
            False or null (not known). value: what the company says a customer is worth if kept; null: worked
            out. last_contacted_at: wall-clock time or null. Perhaps lapsed: not to be listed; reach: how far
            the customer can still be won, in [0, 1] (see `scoring.lapsed`), by which accept_share is
            multiplied; saved_share: what a contact is estimated to change (see `uplift.learner`), without it,
            or null: churn_probability × accept_share.
        reasons: gives the reasons of customers; asked only for those whose turn may come.
        wording: actions and channels in the list's language.
        outcome_window_end: the first day after the outcome window.
        previous: the last list published before `as_of` (COLUMNS); None: there is none.
        held: the hold-outs of *all* earlier lists within `holdout_days` (customer_id, held_since).
        do_not_contact: ids that must never be listed.

    Raises:
        ValueError: a column is missing, a customer is there twice, or a churn probability is not in
            [0, 1]: an error of the caller, not of the data.
    """
    _check(customers)
    scored = _with_money(customers, settings)
    places = Places(settings, list_capacity(settings, len(scored)))
    decided, limit, limits = select(
        scored,
        settings,
        as_of=as_of,
        do_not_contact=do_not_contact,
        held=held,
        reasons=reasons,
        places=places,
    )
    decided = decided.assign(
        recommended_action=decided["action"].map(wording.action, na_action="ignore"),
        channel=decided["channel"].map(wording.channel, na_action="ignore"),
        as_of=as_of, outcome_window_end=outcome_window_end, model_version=model_version,
    )  # fmt: skip
    listed = decided[decided["decision"] == "listed"].reset_index(drop=True)
    held_out = decided[decided["decision"] == "held_out"].reset_index(drop=True)
    status = changes.compare_with_last(listed, previous, status_change=settings.status_change)
    at_risk = AtRiskList(
        listed=typed(listed.assign(rank=range(1, len(listed) + 1), **status), SELECTED_COLUMNS),
        held_out=typed(held_out, HELD_OUT_COLUMNS),
        decisions=typed(decided, DECISION_COLUMNS),
        left=changes.who_left(decided, previous, as_of=as_of),
        counts=count(decided["decision"]),
        limit=limit,
        limits=limits,
        as_of=as_of,
        outcome_window_end=outcome_window_end,
        model_version=model_version,
        previous_as_of=changes.last_as_of(previous),
    )
    return at_risk, places


def _check(customers: pd.DataFrame) -> None:
    missing = [name for name in _NEEDED if name not in customers.columns]
    if missing:
        raise ValueError(f"the scored customers lack the columns {', '.join(missing)}")
    if customers["customer_id"].duplicated().any():
        raise ValueError("the scored customers hold a customer_id twice")
    if not customers["churn_probability"].astype("float64").between(0, 1).all():
        raise ValueError("the scored customers hold a churn_probability that is not in [0, 1]")


def _with_money(customers: pd.DataFrame, settings: OutreachSettings) -> pd.DataFrame:
    """The customers with value_at_risk and expected_net_value."""
    worth = value.customer_value(
        customers["spend_per_day"],
        customers["expected_days"],
        margin=settings.margin,
        value_days=settings.value_days,
        stated=customers["value"],
    )
    probability = customers["churn_probability"].astype("float64")
    unknown = pd.Series(np.nan, index=customers.index)
    accept_share = settings.accept_share * customers.get("reach", unknown).astype("float64").fillna(1.0)
    saved = customers.get("saved_share", unknown).astype("float64").fillna(probability * accept_share)
    return customers.assign(
        customer_id=customers["customer_id"].astype("str"),
        churn_probability=probability,
        value=worth,
        value_at_risk=value.value_at_risk(probability, worth),
        lapsed=customers.get("lapsed", pd.Series(False, index=customers.index)),
        accept_share=accept_share,
        saved_share=saved,
        expected_net_value=value.expected_net_value(
            probability,
            worth,
            accept_share=settings.accept_share,
            offer_cost=settings.offer_cost,
            offer_taken_share=settings.offer_taken_share,
            contact_cost=settings.contact_cost,
            saved_share=saved,
        ),
    )


def typed(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """Exactly these columns in this order and type; dates as datetime.date, None where unknown."""
    typed = {
        name: _as_dates(frame[name])
        if kind == "date"
        else frame[name].astype(pd.api.types.pandas_dtype(kind))
        for name, kind in columns.items()
    }
    return pd.DataFrame(typed, index=frame.index)


def _as_dates(column: pd.Series) -> pd.Series:
    days = pd.to_datetime(column)
    return days.dt.date.astype("object").where(days.notna(), None)

"""Build the at-risk list from scored customers, with its hold-out and its counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np
import pandas as pd

from holdfast.outreach import changes, value
from holdfast.outreach.actions import Wording
from holdfast.outreach.columns import DECISION_COLUMNS, HELD_OUT_COLUMNS, SELECTED_COLUMNS
from holdfast.outreach.places import Limit, Places, list_capacity
from holdfast.outreach.playbook import Proven
from holdfast.outreach.protected import NOBODY, Protected
from holdfast.outreach.selection import PAYMENT_FAILED, Reasons, select
from holdfast.outreach.settings import OutreachSettings


@dataclass(frozen=True)
class AtRiskList:
    """One list, its control group and the decisions about all other customers.

    Attributes:
        listed: SELECTED_COLUMNS; one row per customer to contact, by rank.
        held_out: HELD_OUT_COLUMNS; one row per selected customer in the control group. Hide it from the team.
            Customers held out earlier who were not selected this time are not in it.
        decisions: DECISION_COLUMNS; one row per eligible customer. Hide it from the team.
        left: the customers removed since the previous list, and why (see `changes.who_left`).
        counts: `eligible` = `listed` + `held_out` + all EXCLUSIONS.
        limit: the cut-off of the list; `break_even`: the next contact would not pay; `none`: everyone who may
            be contacted is listed or held out.
        limits: how many customers each limit kept off the list.
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
    customers: pd.DataFrame, settings: OutreachSettings, *, reasons: Reasons, wording: Wording, as_of: date,
    outcome_window_end: date, model_version: str, previous: pd.DataFrame | None = None,
    protected: Protected = NOBODY, proven: Mapping[str, Proven] = MappingProxyType({}),
) -> tuple[AtRiskList, Places]:  # fmt: skip
    """The at-risk list of one `as_of`, and the capacity it leaves for the win-back list of the same date.

    The same input gives the same list.

    Args:
        customers: one row per eligible customer (see `scoring.profile.describe`). consent: null: unknown.
            value: as the company states it; null: computed from spend. Optional columns: lapsed,
            payment_failed (not to be listed); reach, in [0, 1], which scales accept_share (see
            `scoring.lapsed`); saved_share, the estimated effect of a contact (see `uplift.learner`; null:
            churn_probability × accept_share).
        reasons: returns the reasons of customers; called only for customers who may be selected.
        wording: actions and channels in the list's language.
        outcome_window_end: the first day after the outcome window.
        previous: the last list published before `as_of` (COLUMNS); None: there is none.
        protected: who must not be contacted.
        proven: the actions that certainly keep customers, by code.

    Raises:
        ValueError: a duplicate customer, or a churn probability outside [0, 1].
    """
    _check(customers)
    scored = _with_money(customers, settings)
    places = Places(settings, list_capacity(settings, len(scored)))
    selection = select(
        scored.assign(outcome_window_end=outcome_window_end, model_version=model_version), settings,
        as_of=as_of, protected=protected, reasons=reasons, places=places, wording=wording,
        proven=proven,
    )  # fmt: skip
    decided, listed = selection.customers, selection.with_decision("listed")
    proofs = {action: f"; {wording.evidence(effect)}" for action, effect in proven.items()}
    listed["recommended_action"] = [
        f"{text}{proofs.get(action, '')}"
        for text, action in zip(listed["recommended_action"], listed["action"], strict=True)
    ]
    status = changes.compare_with_last(listed, previous, status_change=settings.status_change)
    at_risk = AtRiskList(
        listed=typed(listed.assign(rank=range(1, len(listed) + 1), **status), SELECTED_COLUMNS),
        held_out=typed(selection.with_decision("held_out"), HELD_OUT_COLUMNS),
        decisions=typed(decided, DECISION_COLUMNS),
        left=changes.who_left(decided, previous, as_of=as_of),
        counts=selection.counts(),
        limit=selection.limit,
        limits=selection.limits,
        as_of=as_of,
        outcome_window_end=outcome_window_end,
        model_version=model_version,
        previous_as_of=changes.last_as_of(previous),
    )
    return at_risk, places


def _check(customers: pd.DataFrame) -> None:
    if customers["customer_id"].duplicated().any():
        raise ValueError("the scored customers hold a customer_id twice")
    if not customers["churn_probability"].astype("float64").between(0, 1).all():
        raise ValueError("the scored customers hold a churn_probability that is not in [0, 1]")


def _with_money(customers: pd.DataFrame, settings: OutreachSettings) -> pd.DataFrame:
    """The customers with value_at_risk and expected_net_value."""
    worth = value.customer_value(
        customers["spend_per_day"], customers["expected_days"], margin=settings.margin,
        value_days=settings.value_days, stated=customers["value"],
    )  # fmt: skip
    probability = customers["churn_probability"].astype("float64")
    unknown, nobody = (pd.Series(value, index=customers.index) for value in (np.nan, False))
    accept_share = settings.accept_share * customers.get("reach", unknown).astype("float64").fillna(1.0)
    saved = customers.get("saved_share", unknown).astype("float64").fillna(probability * accept_share)
    return customers.assign(
        customer_id=customers["customer_id"].astype("str"),
        churn_probability=probability,
        value=worth,
        value_at_risk=value.value_at_risk(probability, worth),
        **{name: customers.get(name, nobody) for name in ("lapsed", PAYMENT_FAILED)},
        accept_share=accept_share,
        saved_share=saved,
        expected_net_value=value.expected_net_value(
            probability, worth, accept_share=settings.accept_share, offer_cost=settings.offer_cost,
            offer_taken_share=settings.offer_taken_share, contact_cost=settings.contact_cost,
            saved_share=saved,
        ),
    )  # fmt: skip


def typed(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """Select and cast the columns, in this order; dates as datetime.date or None."""
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

"""Win-back: rank recently churned customers by the expected return of a contact, under the list's limits."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from holdfast.outreach import value
from holdfast.outreach.actions import Wording
from holdfast.outreach.columns import HELD_OUT_COLUMNS
from holdfast.outreach.lists import typed
from holdfast.outreach.overview import LOST_DAYS
from holdfast.outreach.places import Limit, Places
from holdfast.outreach.protected import NOBODY, Protected
from holdfast.outreach.selection import REASONS, select
from holdfast.outreach.settings import OutreachSettings

# The columns of every file of the win-back list, in order, with their pandas types.
WIN_BACK_COLUMNS = {
    "rank": "int64", "customer_id": "str", "name": "str", "owner": "str", "left_on": "date",
    "value": "float64", "expected_net_value": "float64", "reason": "str", "reason_code": "str",
    "reason_from": "str", "reason_as_of": "date", "recommended_action": "str", "channel": "str",
    "days_since_last_purchase": "float64", "segment": "str", "language": "str", "country": "str",
    "as_of": "date", "run_id": "str",
}  # fmt: skip


SELECTED_COLUMNS = {name: kind for name, kind in WIN_BACK_COLUMNS.items() if name != "run_id"}


@dataclass(frozen=True)
class WinBack:
    """One win-back list.

    Attributes:
        listed: SELECTED_COLUMNS; one row per customer to win back, key customer_id, by rank.
        held_out: as in the at-risk list, with churn_probability 1. Hide it from the team.
        counts: `left` = `listed` + `held_out` + all exclusions (`already_leaving`, `payment_failed`
            and `lapsed` are 0).
        limit, limits: as in the at-risk list.
    """

    listed: pd.DataFrame
    held_out: pd.DataFrame
    counts: dict[str, int]
    limit: Limit
    limits: dict[str, int]


def build_win_back(
    leavers: pd.DataFrame, settings: OutreachSettings, *, places: Places, wording: Wording, as_of: date,
    protected: Protected = NOBODY,
) -> WinBack:  # fmt: skip
    """The win-back list of one `as_of`; the same input gives the same list.

    The expected return of a contact is `return_share · (value − offer) − contact`: a share of the contacted
    comes back and takes the offer. Both lists use the same salt and rounds for the hold-out, so a customer
    held out of one list is not contacted through the other.

    Args:
        leavers: see `scoring.leavers.find_leavers` and `leavers.give_reasons`.
        places: the capacity of owners and channels that the at-risk list left over.
    """
    worth = value_of_leavers(leavers, settings)
    scored = leavers.assign(
        customer_id=leavers["customer_id"].astype("str"),
        already_leaving=False,
        lapsed=False,
        payment_failed=False,
        renewal_date=None,
        value=worth,
        value_at_risk=worth,
        churn_probability=1.0,
        saved_share=settings.win_back_return_share,
        expected_net_value=value.expected_net_value(
            pd.Series(1.0, index=leavers.index), worth, accept_share=settings.win_back_return_share,
            offer_cost=settings.offer_cost, offer_taken_share=0, contact_cost=settings.contact_cost,
        ),
    )  # fmt: skip
    selection = select(
        scored, settings.model_copy(update={"default_action": settings.win_back_action}), as_of=as_of,
        protected=protected, reasons=lambda ids: _reasons_of(leavers, list(ids)),
        places=places.another_list(settings.win_back_capacity), wording=wording,
    )  # fmt: skip
    listed, counts = selection.with_decision("listed"), selection.counts()
    return WinBack(
        listed=typed(listed.assign(rank=range(1, len(listed) + 1)), SELECTED_COLUMNS),
        held_out=typed(selection.with_decision("held_out"), HELD_OUT_COLUMNS),
        counts={"left": counts.pop("eligible"), **counts},
        limit=selection.limit,
        limits=selection.limits,
    )


def value_of_leavers(leavers: pd.DataFrame, settings: OutreachSettings) -> pd.Series:
    """What each churned customer would be worth if won back."""
    return value.customer_value(
        leavers["spend_per_day"], pd.Series(settings.value_days, index=leavers.index),
        margin=settings.margin, value_days=settings.value_days, stated=leavers["value"],
    )  # fmt: skip


def value_lost(leavers: pd.DataFrame, settings: OutreachSettings) -> pd.DataFrame | None:
    """The leavers with the `value` of each; None if fewer than the last LOST_DAYS were looked up."""
    if settings.win_back_days < LOST_DAYS:
        return None
    return leavers.assign(value=value_of_leavers(leavers, settings))


def _reasons_of(leavers: pd.DataFrame, ids: list[str]) -> pd.DataFrame:
    """The reason of each customer in the columns that `select` expects."""
    asked = leavers[leavers["customer_id"].isin(ids)]
    nothing = dict.fromkeys(REASONS)
    return asked[["customer_id"]].assign(
        **nothing | {"reason_1": asked["reason"], "reason_1_code": asked["reason_code"]}
    )

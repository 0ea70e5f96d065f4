"""Scored customers for the tests of the outreach: one row each, everything unremarkable unless told."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pandas as pd
import pytest
from tests.pages.company import words

from holdfast.outreach.actions import Wording
from holdfast.outreach.lists import AtRiskList, build_list
from holdfast.outreach.page.island import Page
from holdfast.outreach.protected import Protected
from holdfast.outreach.selection import REASONS
from holdfast.outreach.settings import OutreachSettings

AS_OF = date(2026, 8, 1)

UNREMARKABLE: dict[str, Any] = {
    "churn_probability": 0.5,
    "name": None,
    "owner": None,
    "language": None,
    "country": None,
    "segment": None,
    "consent": None,
    "value": None,
    "saved_share": None,
    "spend_per_day": 10.0,
    "expected_days": 100.0,
    "days_since_last_purchase": 20.0,
    "open_tickets": 0.0,
    "renewal_date": pd.NaT,
    "last_contacted_at": pd.NaT,
    "already_leaving": False,
    "lapsed": False,
    "reach": None,
    "reason_1": "No order for 63 days, usually every 21 days",
    "reason_2": None,
    "reason_3": None,
    "reason_1_code": "LONG_SILENCE",
    "reason_2_code": None,
    "reason_3_code": None,
}

Build = Callable[..., AtRiskList]


def scored(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    customers = pd.DataFrame([UNREMARKABLE | row for row in rows], columns=["customer_id", *UNREMARKABLE])
    customers["churn_probability"] = customers["churn_probability"].astype("float64")
    customers = customers.sort_values("churn_probability", ascending=False, kind="stable")
    return customers.assign(risk_rank=range(1, len(customers) + 1))


@pytest.fixture(scope="session")
def build() -> Build:
    """build(rows, as_of=…, previous=…, held=…, do_not_contact=…, **settings) → the list.

    The settings are plain unless told: every unit of spend counts, no costs, no limits, no hold-out.
    """

    def built(
        rows: Sequence[dict[str, Any]],
        *,
        as_of: date = AS_OF,
        previous: pd.DataFrame | None = None,
        held: pd.DataFrame | None = None,
        do_not_contact: frozenset[str] = frozenset(),
        **settings: Any,
    ) -> AtRiskList:
        customers = scored(rows)
        reasons = customers[["customer_id", *REASONS]]
        plain = {"margin": 1, "accept_share": 1, "contact_cost": 0, "capacity": None, "holdout_share": 0}
        at_risk, _ = build_list(
            customers.drop(columns=REASONS),
            OutreachSettings(**(plain | settings)),
            reasons=lambda ids: reasons[reasons["customer_id"].isin(ids)],
            wording=Wording(),
            as_of=as_of,
            outcome_window_end=date(2026, 10, 30),
            model_version="v1",
            previous=previous,
            protected=Protected(do_not_contact, held),
        )
        return at_risk

    return built


@pytest.fixture(scope="session")
def page() -> Page:
    """The page in English, without histories and waterfalls."""
    return Page(words("en"), "en", "EUR")

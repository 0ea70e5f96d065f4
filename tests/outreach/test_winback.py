"""Win-back: ranked by what a return is worth, under the list's own limits."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from holdfast.outreach.actions import Wording
from holdfast.outreach.holdout import draw, round_start
from holdfast.outreach.places import Places
from holdfast.outreach.protected import Protected
from holdfast.outreach.settings import OutreachSettings
from holdfast.outreach.winback import WIN_BACK_COLUMNS, WinBack, build_win_back

AS_OF = date(2026, 8, 1)
PLAIN: dict[str, Any] = {
    "name": None, "owner": None, "language": None, "country": None, "segment": None, "consent": None,
    "value": None, "spend_per_day": 10.0, "last_contacted_at": pd.NaT, "days_since_last_purchase": 200.0,
    "left_on": date(2026, 7, 1), "reason": "Open tickets: 1", "reason_code": "OPEN_TICKET",
    "reason_from": "facts", "reason_as_of": AS_OF,
}  # fmt: skip
# A customer is worth 10 × 100 = 1,000; of ten who are contacted one comes back.
SETTINGS: dict[str, Any] = {
    "margin": 1, "value_days": 100, "win_back_return_share": 0.1, "contact_cost": 0, "holdout_share": 0,
    "win_back_capacity": None,
}  # fmt: skip


def back(rows: list[dict[str, Any]], places: Places | None = None, **more: Any) -> WinBack:
    protected = Protected(more.pop("do_not_contact", frozenset()), more.pop("held", None))
    settings = OutreachSettings(**(SETTINGS | more))
    leavers = pd.DataFrame([PLAIN | row for row in rows], columns=["customer_id", *PLAIN])
    places = places or Places(settings, 0)
    return build_win_back(
        leavers, settings, places=places, wording=Wording(), as_of=AS_OF, protected=protected
    )


def where(found: WinBack) -> dict[str, int]:
    return {name: number for name, number in found.counts.items() if number}


def test_ranked_by_what_a_return_is_worth():
    rows: list[dict[str, Any]] = [
        {"customer_id": "1"},
        {"customer_id": "2", "value": 5000.0},
        {"customer_id": "3", "spend_per_day": 1},
    ]
    found = back(rows, offer_cost=50, contact_cost=7)
    assert found.listed["customer_id"].to_list() == ["2", "1"]
    assert found.listed["value"].to_list() == [5000, 1000]
    assert found.listed["expected_net_value"].to_list() == pytest.approx([488, 88])  # 0.1 · (value − 50) − 7
    assert where(found) == {"left": 3, "listed": 2, "not_worth_it": 1}  # 0.1 · (100 − 50) − 7 = −2
    assert [*found.listed.columns, "run_id"] == list(WIN_BACK_COLUMNS)


def test_the_rules_of_the_list_hold():
    rows: list[dict[str, Any]] = [
        {"customer_id": "fine"},
        {"customer_id": "never"},
        {"customer_id": "said no", "consent": False},
        {"customer_id": "called", "last_contacted_at": pd.Timestamp("2026-07-20")},
        {"customer_id": "too many", "spend_per_day": 9},
    ]
    found = back(rows, do_not_contact=frozenset({"never"}), win_back_capacity=1)
    assert where(found) == {
        "left": 5, "listed": 1, "do_not_contact": 1, "no_consent": 1, "cool_down": 1, "over_capacity": 1,
    }  # fmt: skip
    assert found.limit == "capacity"


def test_owners_and_channels_have_only_what_the_list_left_over():
    settings = OutreachSettings(capacity_per_owner=2, capacity_per_channel={"dedicated manager call": 1})
    places = Places(settings, 10)
    places.take("Ana", "dedicated manager call")
    rows = [{"customer_id": f"{number}", "owner": "Ana"} for number in range(3)]
    found = back(
        rows, places=places, capacity_per_owner=2, capacity_per_channel={"dedicated manager call": 1}
    )
    assert found.listed["channel"].to_list() == ["help desk call"]
    assert found.limits["capacity_per_owner"] == 2


def test_what_to_do_is_about_why_they_left():
    playbook = {"OPEN_TICKET": {"action": "Solve it first"}}
    rows: list[dict[str, Any]] = [{"customer_id": "1"}]
    rows += [{"customer_id": "2", "reason": "moved", "reason_code": "RECORDED"}]
    rows += [{"customer_id": "3", "reason": None, "reason_code": None}]
    found = back(rows, playbook=playbook, win_back_action="Lookup why").listed
    assert found["recommended_action"].to_list() == ["Solve it first", "Lookup why", "Lookup why"]
    assert found["reason"].to_list()[:2] == ["Open tickets: 1", "moved"]
    assert found["reason"].isna().to_list() == [False, False, True]


def test_who_is_held_out_of_the_list_is_held_out_here():
    rows = [{"customer_id": f"{number:02d}"} for number in range(40)]
    found = back(rows, holdout_share=0.3)
    drawn = {
        row["customer_id"]
        for row in rows
        if draw(row["customer_id"], salt="holdfast", round_of=round_start(AS_OF, 90)) < 0.3
    }
    assert set(found.held_out["customer_id"]) == drawn
    assert not set(found.listed["customer_id"]) & drawn
    earlier = pd.DataFrame({"customer_id": ["05"], "held_since": [date(2026, 6, 1)]})
    assert set(back(rows, held=earlier).held_out["customer_id"]) == {"05"}


def test_nobody_left():
    found = back([])
    assert set(found.counts.values()) == {0}
    assert [*found.listed.columns, "run_id"] == list(WIN_BACK_COLUMNS)

"""The base in figures: all eligible customers, groups that add up, and who was lost within 30 days."""

import datetime as dt

import numpy as np
import pandas as pd

from holdfast.outreach import overview
from holdfast.outreach.overview import GROUPS, most_at_risk, summarise_base

DAY = dt.date(2026, 5, 4)
NO_DRIVERS = pd.DataFrame({"customer_id": [], "reason_1_code": []}, dtype="str")


def decisions(size: int) -> pd.DataFrame:
    """Customers 0, 1, … with churn probabilities .25, .5, .75, …; the first one is listed."""
    return pd.DataFrame(
        {
            "customer_id": [str(number) for number in range(size)],
            "decision": ["listed", *["held_out"] * (size - 1)],
            "churn_probability": [0.25 + 0.25 * (number % 3) for number in range(size)],
            "value_at_risk": [float(number + 1) for number in range(size)],
            "reason_1_code": "LONG_SILENCE",
        }
    )


def owners(*names: str | None) -> pd.DataFrame:
    ids = [str(number) for number in range(len(names))]
    return pd.DataFrame({"customer_id": ids, "owner": list(names), "segment": "cafe"}).astype(
        {"owner": "str"}
    )


def test_all_eligible_customers_count():
    base = summarise_base(decisions(3), owners("A", "A", None), NO_DRIVERS, None, DAY)
    assert {name: base[name] for name in ("active", "at_risk", "at_risk_value", "value_at_risk")} == {
        "active": 3, "at_risk": 2, "at_risk_value": 5.0, "value_at_risk": 6.0,
    }  # fmt: skip
    assert base["expected_churn"] == 1.5
    assert base["lost"] is None
    assert base["groups"]["owner"] == {
        "groups": [{"name": "A", "active": 2, "at_risk": 1, "value_at_risk": 3.0}],
        "others": None,
        "unknown": {"active": 1, "at_risk": 1, "value_at_risk": 3.0},
    }


def test_drivers_are_those_of_the_listed_and_of_customers_at_risk():
    rows = decisions(6).assign(
        reason_1_code=np.array(["LONG_SILENCE", "PRICE_UP", None, "PRICE_UP", None, None])
    )
    assert most_at_risk(rows) == ["5", "4", "2"]  # of customers at risk, the most value first
    drivers = pd.DataFrame({"customer_id": ["5", "4"], "reason_1_code": ["PRICE_UP", None]})
    reason = summarise_base(rows, owners(*"AAAAAA"), drivers, None, DAY)["groups"]["reason"]
    assert reason["groups"] == [
        {"name": "PRICE_UP", "active": 2, "at_risk": 2, "value_at_risk": 8.0},
        {"name": "LONG_SILENCE", "active": 1, "at_risk": 0, "value_at_risk": 1.0},
    ]
    # of those below 50%, a held-out customer is not told apart from anybody else
    assert reason["unknown"] == {"active": 3, "at_risk": 2, "value_at_risk": 12.0}


def test_nobody_beside_the_list_was_explained():
    rows = decisions(2).assign(reason_1_code=pd.Series(["PRICE_UP", None], dtype="str"))
    reason = summarise_base(rows, owners("A", "A"), NO_DRIVERS, None, DAY)["groups"]["reason"]
    assert [row["name"] for row in reason["groups"]] == ["PRICE_UP"]
    assert reason["unknown"]["active"] == 1


def test_no_more_drivers_are_computed_than_a_list_can_wait_for(monkeypatch):
    monkeypatch.setattr(overview, "EXPLAINED", 2)
    assert most_at_risk(decisions(9).assign(reason_1_code=None)) == ["8", "7"]


def test_groups_beyond_the_largest_are_added_up():
    size = GROUPS + 2
    owner = summarise_base(decisions(size), owners(*map(str, range(size))), NO_DRIVERS, None, DAY)["groups"][
        "owner"
    ]
    assert [row["name"] for row in owner["groups"]][:2] == [str(size - 1), str(size - 2)]
    assert owner["others"] == {"name": 2, "active": 2, "at_risk": 1, "value_at_risk": 3.0}


def test_lost_are_those_of_the_last_thirty_days():
    left = [DAY - dt.timedelta(days=days) for days in (0, 29, 30, 80)]
    leavers = pd.DataFrame({"customer_id": list("abcd"), "left_on": left, "value": [1.0, 2.0, 4.0, 8.0]})
    lost = summarise_base(decisions(1), owners("A"), NO_DRIVERS, leavers, DAY)["lost"]
    assert lost == {"since": "2026-04-04", "customers": 2, "value": 3.0}
    nobody = summarise_base(decisions(1), owners("A"), NO_DRIVERS, leavers.head(0), DAY)["lost"]
    assert nobody == {"since": "2026-04-04", "customers": 0, "value": 0.0}

"""The base in figures: all eligible customers, groups that add up, and who was lost within 30 days."""

import datetime as dt

import pandas as pd

from holdfast.outreach.overview import GROUPS, summarise_base

DAY = dt.date(2026, 5, 4)


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
    base = summarise_base(decisions(3), owners("A", "A", None), None, DAY)
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
    reason = base["groups"]["reason"]  # of the listed customer alone: the held-out ones are not told apart
    assert reason["groups"] == [{"name": "LONG_SILENCE", "active": 1, "at_risk": 0, "value_at_risk": 1.0}]
    assert reason["unknown"] == {"active": 2, "at_risk": 2, "value_at_risk": 5.0}


def test_groups_beyond_the_largest_are_added_up():
    size = GROUPS + 2
    owner = summarise_base(decisions(size), owners(*map(str, range(size))), None, DAY)["groups"]["owner"]
    assert [row["name"] for row in owner["groups"]][:2] == [str(size - 1), str(size - 2)]
    assert owner["others"] == {"name": 2, "active": 2, "at_risk": 1, "value_at_risk": 3.0}


def test_lost_are_those_of_the_last_thirty_days():
    left = [DAY - dt.timedelta(days=days) for days in (0, 29, 30, 80)]
    leavers = pd.DataFrame({"customer_id": list("abcd"), "left_on": left, "value": [1.0, 2.0, 4.0, 8.0]})
    lost = summarise_base(decisions(1), owners("A"), leavers, DAY)["lost"]
    assert lost == {"since": "2026-04-04", "customers": 2, "value": 3.0}
    nobody = summarise_base(decisions(1), owners("A"), leavers.head(0), DAY)["lost"]
    assert nobody == {"since": "2026-04-04", "customers": 0, "value": 0.0}

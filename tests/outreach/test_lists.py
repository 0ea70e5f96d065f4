"""The list, as tiny tables: who is on it, in which order, where everyone else went.

Unless told, a customer is worth 10 × 100 = 1,000 and leaves with probability 0.5.
"""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.outreach.columns import COLUMNS
from holdfast.outreach.selection import EXCLUSIONS

AS_OF = date(2026, 8, 1)


def where(at_risk) -> dict[str, int]:
    """The counts that are not 0."""
    return {name: number for name, number in at_risk.counts.items() if number}


def test_order_is_by_expected_net_value_not_by_risk(build):
    at_risk = build(
        [
            {"customer_id": "likely but poor", "churn_probability": 0.9, "spend_per_day": 1},  # 90
            {"customer_id": "rich", "churn_probability": 0.3, "spend_per_day": 20},  # 600
            {"customer_id": "middling", "churn_probability": 0.5, "spend_per_day": 4},  # 200
        ]
    )
    assert at_risk.listed["customer_id"].to_list() == ["rich", "middling", "likely but poor"]
    assert at_risk.listed["rank"].to_list() == [1, 2, 3]
    assert at_risk.listed["value_at_risk"].to_list() == pytest.approx([600, 200, 90])
    assert at_risk.limit == "none"


def test_a_value_of_the_companys_own_decides_the_order_and_the_money(build):
    rows = [
        {"customer_id": "formula"},
        {"customer_id": "stated", "spend_per_day": 0, "value": 3000.0},
        {"customer_id": "worthless", "value": 0.0},
    ]
    at_risk = build(rows)
    assert at_risk.listed["customer_id"].to_list() == ["stated", "formula"]
    assert at_risk.listed["value_at_risk"].to_list() == [1500, 500]
    assert at_risk.counts["not_worth_it"] == 1


def test_equal_customers_are_ordered_by_id(build):
    rows = [{"customer_id": name} for name in ("b", "10", "a", "9", "010")]
    assert build(rows).listed["customer_id"].to_list() == ["010", "10", "9", "a", "b"]
    assert build(rows[::-1]).listed["customer_id"].to_list() == ["010", "10", "9", "a", "b"]


def test_columns_are_those_of_the_contract(build):
    at_risk = build([{"customer_id": "1"}])
    assert ",".join([*at_risk.listed.columns, "run_id"]) == ",".join(COLUMNS)
    assert ",".join(COLUMNS) == (
        "rank,customer_id,name,owner,churn_probability,risk_tier,value_at_risk,expected_net_value,"
        "reason_1,reason_2,reason_3,reason_1_code,reason_2_code,reason_3_code,recommended_action,channel,"
        "status_vs_last,previous_probability,days_since_last_purchase,open_tickets,renewal_date,segment,"
        "language,country,as_of,outcome_window_end,model_version,run_id"
    )
    row = at_risk.listed.iloc[0]
    assert (row["as_of"], row["outcome_window_end"]) == (AS_OF, date(2026, 10, 30))
    assert row["model_version"] == "v1"


def test_every_exclusion_is_counted_once_by_the_first_rule_that_applies(build):
    everything = {
        "consent": False,
        "already_leaving": True,
        "lapsed": True,
        "last_contacted_at": pd.Timestamp("2026-07-31"),
        "spend_per_day": 0,
    }
    at_risk = build(
        [
            {"customer_id": "fine"},
            {"customer_id": "never"} | everything,
            {"customer_id": "said no"} | everything,
            {"customer_id": "leaving"} | everything | {"consent": True},
            {"customer_id": "lapsed"} | everything | {"consent": True, "already_leaving": False},
            {"customer_id": "called"}
            | everything
            | {"consent": None, "already_leaving": False, "lapsed": False},
            {"customer_id": "worthless", "spend_per_day": 0},
            {"customer_id": "too many", "spend_per_day": 5},
        ],
        do_not_contact=frozenset({"never"}),
        capacity=1,
    )
    assert at_risk.listed["customer_id"].to_list() == ["fine"]
    assert where(at_risk) == {
        "eligible": 8,
        "listed": 1,
        "do_not_contact": 1,
        "no_consent": 1,
        "already_leaving": 1,
        "lapsed": 1,
        "cool_down": 1,
        "not_worth_it": 1,
        "over_capacity": 1,
    }


@pytest.mark.parametrize(
    ("consent", "required", "listed"),
    [
        (True, False, True),
        (None, False, True),
        (False, False, False),
        (True, True, True),
        (None, True, False),
        (False, True, False),
    ],
)
def test_consent(build, consent, required, listed):
    at_risk = build([{"customer_id": "1", "consent": consent}], consent_required=required)
    assert len(at_risk.listed) == listed
    assert at_risk.counts["no_consent"] == (not listed)


@pytest.mark.parametrize(
    ("contacted", "days", "excluded"),
    [
        ("2026-07-02 00:00", 30, True),  # the first moment of the 30 days
        ("2026-07-01 23:59", 30, False),
        ("2026-07-31 23:59", 1, True),
        ("2026-07-31 23:59", 0, False),
        (None, 30, False),
    ],
)
def test_cool_down(build, contacted, days, excluded):
    at_risk = build([{"customer_id": "1", "last_contacted_at": pd.Timestamp(contacted)}], cool_down_days=days)
    assert at_risk.counts["cool_down"] == excluded


def test_the_list_ends_at_break_even(build):
    """0.5 × 10 × days − 50: worth it from 11 days on; at 10 it brings exactly nothing."""
    rows = [{"customer_id": f"{days}", "expected_days": days} for days in (9, 10, 11)]
    at_risk = build(rows, contact_cost=50)
    assert at_risk.listed["customer_id"].to_list() == ["11"]
    assert at_risk.counts["not_worth_it"] == 2
    assert at_risk.limit == "break_even"


@pytest.mark.parametrize(
    ("settings", "listed"),
    [
        ({"capacity": 3}, 3),
        ({"capacity": 0}, 0),
        ({"capacity_share": 0.25}, 3),  # of 10, rounded up
        ({"capacity_share": 0.3}, 3),
        ({"capacity_share": 0.3, "capacity": 2}, 2),
        ({"capacity_share": 0.0}, 0),
    ],
)
def test_capacity(build, settings, listed):
    at_risk = build([{"customer_id": f"{number}"} for number in range(10)], **settings)
    assert at_risk.listed["customer_id"].to_list() == [f"{number}" for number in range(listed)]
    assert at_risk.counts["over_capacity"] == 10 - listed
    assert at_risk.limit == "capacity"


def test_a_full_owner_passes_on_to_the_next_one(build):
    owners = ["Ana", "Ana", "Ana", "Ben", None, None]
    rows = [{"customer_id": f"{n}", "owner": owner} for n, owner in enumerate(owners)]
    at_risk = build(rows, capacity_per_owner=2)
    assert at_risk.listed["customer_id"].to_list() == ["0", "1", "3", "4", "5"]  # nobody's are not limited
    assert at_risk.limit == "capacity_per_owner"


def test_tiers_are_shares_of_the_money_at_risk(build):
    """Value at risk 50, 20, 10, 10, 5, 5 of 100: half of it is one customer's, 80% are reached with three."""
    rows = [{"customer_id": f"{n}", "spend_per_day": spend} for n, spend in enumerate([50, 20, 10, 10, 5, 5])]
    tiers = build(rows).listed["risk_tier"].to_list()
    assert tiers == ["high", "medium", "medium", "low", "low", "low"]
    assert build(rows[:1]).listed["risk_tier"].to_list() == ["high"]


def test_action_comes_from_the_first_reason_with_a_play(build):
    playbook = {"OPEN_TICKET": {"action": "Solve it", "channel": {"low": "call"}}}
    codes = {"reason_1_code": "HABIT", "reason_2_code": "OPEN_TICKET"}
    listed = build(
        [
            {"customer_id": "rich", "spend_per_day": 90} | codes,
            {"customer_id": "small", "spend_per_day": 1} | codes,
            {"customer_id": "tiny", "spend_per_day": 0.5, "reason_1_code": None},
        ],
        playbook=playbook,
        default_action="Lookup",
        channels={"high": "visit", "medium": "letter", "low": "mail"},
    ).listed
    assert listed["recommended_action"].to_list() == ["Solve it", "Solve it", "Lookup"]
    assert listed["channel"].to_list() == ["visit", "call", "mail"]


def test_nothing_but_ids_and_probabilities(build):
    nothing = dict.fromkeys(
        ["spend_per_day", "expected_days", "days_since_last_purchase", "open_tickets", "reason_1"]
    )
    rows = [{"customer_id": name} | nothing | {"reason_1_code": None} for name in ("1", "2")]
    assert where(build(rows)) == {"eligible": 2, "not_worth_it": 2}
    listed = build([row | {"spend_per_day": 1.0} for row in rows]).listed
    assert listed["reason_1"].isna().all()
    assert listed["open_tickets"].isna().all()
    assert listed["renewal_date"].to_list() == [None, None]


def test_nobody_is_eligible(build):
    at_risk = build([])
    assert at_risk.listed.empty
    assert [*at_risk.listed.columns, "run_id"] == list(COLUMNS)
    assert set(at_risk.counts.values()) == {0}


@pytest.mark.parametrize("probability", [float("nan"), -0.1, 1.1])
def test_a_broken_score_is_an_error(build, probability):
    with pytest.raises(ValueError, match="churn_probability"):
        build([{"customer_id": "1", "churn_probability": probability}])


def test_a_customer_twice_is_an_error(build):
    with pytest.raises(ValueError, match="twice"):
        build([{"customer_id": "1"}, {"customer_id": "1"}])


customers = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.text(min_size=1, max_size=4),
            "churn_probability": st.floats(0, 1),
            "spend_per_day": st.one_of(st.none(), st.floats(-5, 50)),
            "expected_days": st.one_of(st.none(), st.floats(0, 1000)),
            "owner": st.sampled_from([None, "Ana", "Ben"]),
            "consent": st.sampled_from([None, True, False]),
            "already_leaving": st.booleans(),
            "last_contacted_at": st.sampled_from(
                [pd.NaT, pd.Timestamp("2026-05-01"), pd.Timestamp("2026-07-31")]
            ),
        }
    ),
    unique_by=lambda row: row["customer_id"],
    max_size=30,
)


@given(
    customers,
    st.one_of(st.none(), st.integers(0, 12)),
    st.one_of(st.none(), st.integers(0, 4)),
    st.sampled_from([0, 0.1, 0.5, 1]),
    st.sampled_from([0, 1, 20]),
)
def test_everyone_ends_in_exactly_one_place(build, rows, capacity, per_owner, share, cost):
    at_risk = build(
        rows,
        do_not_contact=frozenset("ab0"),
        capacity=capacity,
        capacity_per_owner=per_owner,
        holdout_share=share,
        contact_cost=cost,
    )
    listed, held_out = at_risk.listed, at_risk.held_out
    counts = at_risk.counts
    assert counts["eligible"] == len(rows)
    assert counts["eligible"] == len(listed) + len(held_out) + sum(counts[name] for name in EXCLUSIONS)
    assert not set(listed["customer_id"]) & set(held_out["customer_id"])
    assert (listed["expected_net_value"] > 0).all()
    assert listed["expected_net_value"].is_monotonic_decreasing
    assert capacity is None or len(listed) <= capacity
    assert per_owner is None or listed["owner"].value_counts().le(per_owner).all()
    allowed = {
        row["customer_id"] for row in rows if row["consent"] is not False and not row["already_leaving"]
    }
    assert set(listed["customer_id"]) | set(held_out["customer_id"]) <= allowed - set("ab0")
    if capacity is not None and len(listed) < capacity:
        assert at_risk.limit != "capacity"


def test_what_a_contact_is_estimated_to_change_takes_the_place_of_the_assumption(build):
    rows = [
        {"customer_id": "assumed", "saved_share": None},  # 0.3 · 0.5 of 1,000
        {"customer_id": "helped", "saved_share": 0.2},
        {"customer_id": "hardly", "saved_share": 0.005},
        {"customer_id": "driven away", "saved_share": -0.01},
    ]
    at_risk = build(rows, accept_share=0.3, contact_cost=10)
    assert at_risk.listed["customer_id"].to_list() == ["helped", "assumed"]
    assert at_risk.listed["expected_net_value"].to_list() == pytest.approx([190, 140])
    decided = at_risk.decisions.set_index("customer_id")
    assert decided["decision"]["hardly"] == "not_worth_it"
    assert decided["decision"]["driven away"] == "better_left_alone"
    assert decided["saved_share"]["assumed"] == pytest.approx(0.15)
    assert (at_risk.counts["better_left_alone"], at_risk.limits["break_even"]) == (1, 1)


def test_the_saved_share_falls_with_the_silence(build):
    rows = [
        {"customer_id": "overdue", "reach": 0.25, "churn_probability": 0.8},
        {"customer_id": "in rhythm", "reach": 1.0, "churn_probability": 0.4},
        {"customer_id": "not known", "reach": None, "churn_probability": 0.2},
        {"customer_id": "learned", "reach": 0.25, "churn_probability": 0.5, "saved_share": 0.15},
        {"customer_id": "out of reach", "reach": 0.0, "churn_probability": 0.9},
    ]
    at_risk = build(rows, accept_share=0.5, contact_cost=10)  # each is worth 1,000
    assert at_risk.listed["customer_id"].to_list() == ["in rhythm", "learned", "not known", "overdue"]
    assert at_risk.listed["expected_net_value"].to_list() == pytest.approx([190, 140, 90, 90])
    decided = at_risk.decisions.set_index("customer_id")
    assert decided["decision"]["out of reach"] == "not_worth_it"
    assert decided["accept_share"].to_dict() == {
        "in rhythm": 0.5, "learned": 0.125, "not known": 0.5, "overdue": 0.125, "out of reach": 0.0,
    }  # fmt: skip

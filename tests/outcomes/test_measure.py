"""What became of whom, power, many comparisons, and the verdict: small tables by hand."""

import pandas as pd
import pytest
from tests.outcomes.tables import arms, people

from holdfast.metrics.bootstrap import Interval
from holdfast.outcomes.breakdown import break_down
from holdfast.outcomes.effect import NOTHING, Effect
from holdfast.outcomes.groups import follow_groups, follow_tiers, grade_list
from holdfast.outcomes.measure import judge, measure_outcomes
from holdfast.outcomes.power import judge_power
from holdfast.outcomes.settings import OutcomesSettings

SETTINGS = OutcomesSettings(replicates=100)


def measured(followed):
    return measure_outcomes(followed, SETTINGS, contact_cost=2.0, seed=1)


def test_every_group_is_followed():
    rows = people(
        (2, {"churned": 1.0, "contacted": True}),
        (2, {"contacted": False, "churn_probability": 0.3}),
        (1, {"decision": "held_out", "churned": 1.0, "contacted": False}),
        (3, {"decision": "no_consent", "churned": None, "contacted": False}),
    )
    found = {one["group"]: one for one in follow_groups(rows)}
    assert list(found) == ["listed", "held_out", "no_consent", "not_listed", "all"]
    assert found["listed"]["observed"] == 0.5
    assert found["listed"]["predicted"] == pytest.approx(0.4)
    assert found["listed"]["contacted"] == 0.5
    assert (found["listed"]["low"], found["listed"]["high"]) == pytest.approx(
        (0.15, 0.85), abs=1e-3
    )  # Wilson
    assert (found["no_consent"]["customers"], found["no_consent"]["known"]) == (3, 0)
    assert found["no_consent"]["observed"] is None
    assert found["not_listed"]["left"] == 1
    assert found["all"]["customers"] == 8


def test_the_list_as_observed_and_had_nobody_been_called():
    rows = people(
        (1, {"churned": 1.0}),
        (3, {}),
        (1, {"decision": "held_out", "churned": 1.0}),
        (1, {"decision": "held_out"}),
        (2, {"decision": "over_capacity", "churned": 1.0}),
        (8, {"decision": "over_capacity"}),
    )
    found = grade_list(rows)
    assert found["observed"] == pytest.approx({"precision": 1 / 4, "recall": 1 / 4, "lift": 1.0})
    # half of the held out left: 2 of the 4 listed would have, beside the 3 others
    assert found["clean"] == pytest.approx({"precision": 1 / 2, "recall": 2 / 5, "lift": 0.5 / (5 / 16)})


def test_tiers_are_followed_for_listed_and_held_out():
    rows = pd.concat([arms(4, 2, 2, 2, risk_tier="high"), arms(4, 0, 2, 1, risk_tier="low")])
    found = [(one["tier"], one["group"], one["observed"]) for one in follow_tiers(rows)]
    assert found == [
        ("high", "listed", 0.5), ("high", "held_out", 1.0), ("low", "listed", 0.0), ("low", "held_out", 0.5),
    ]  # fmt: skip


def test_power_says_how_many_more_it_takes():
    found = judge_power(rate=0.5, listed=900, held=100, min_effect=0.05, power=0.8)
    # (1.95996 + 0.84162)² × (1 + 1/9) / h², h = 2·asin(√0.5) − 2·asin(√0.45) = 0.10017
    assert found["needed_held"] == 870
    assert (found["more_held"], found["more_listed"]) == (770, found["needed_listed"] - 900)
    assert found["needed_listed"] == pytest.approx(9 * 870, abs=9)
    # what is visible is what these customers suffice for
    again = judge_power(rate=0.5, listed=900, held=100, min_effect=found["visible"], power=0.8)
    assert again["more_held"] <= 1


def test_power_at_its_edges():
    assert judge_power(rate=0.0, listed=9, held=3, min_effect=0.05, power=0.8)["needed_held"] is None
    few = judge_power(rate=0.1, listed=9, held=2, min_effect=0.5, power=0.8)
    assert few["visible"] is None
    assert few["more_held"] > 0


def test_many_comparisons_are_adjusted_by_holm():
    rows = pd.concat(
        [
            arms(50, 10, 50, 25, reason_1_code="A"),
            arms(40, 20, 40, 20, reason_1_code="B"),
            arms(30, 9, 5, 4, reason_1_code="C"),
            arms(20, 5, 20, 5, reason_1_code=None),
        ],
        ignore_index=True,
    )
    rows["customer_id"] = rows.index.astype(str)
    found = {
        one["of"]: one for one in break_down(rows, "reason_1_code", min_customers=10, replicates=50, seed=0)
    }
    assert list(found) == ["A", "B", "C", None]
    assert found["A"]["saved"] == pytest.approx(0.3)
    # Fisher's exact p of 10/50 against 25/50 is 0.003; three reasons are compared
    assert found["A"]["adjusted_p"] == pytest.approx(3 * 0.0030, abs=0.002)
    assert found["B"]["adjusted_p"] == found[None]["adjusted_p"] == 1
    assert (found["C"]["saved"], found["C"]["adjusted_p"]) == (None, None)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.01, 0.1, "helped"),
        (-0.1, -0.01, "harmed"),
        (-0.1, 0.1, "too early to tell"),
        (None, None, "no hold-out"),
    ],
)
def test_verdicts(low, high, verdict):
    effect = Effect(*[NOTHING] * 5)._replace(saved=Interval(0.0, low, high))
    assert judge(effect) == verdict
    assert judge(effect._replace(reached=Interval(0.4, 0.3, 0.5))) == verdict
    assert judge(effect._replace(reached=Interval(0.01, -0.06, 0.08))) == "not worked"


def test_all_of_it_is_plain_and_names_nobody():
    rows = arms(60, 20, 60, 50, risk_tier="high").assign(cost=float("nan"))
    rows["contacted"] = rows["decision"] == "listed"
    rows.loc[0, "cost"] = 5.0
    rows["customer_id"] = "client-" + rows["customer_id"]
    found = measured(rows)
    assert found["verdict"] == "helped"
    assert found["compared"]["rate_listed"] == pytest.approx(1 / 3)
    assert found["compared"]["rate_held_out"] == pytest.approx(5 / 6)
    assert found["effect"]["saved"]["value"] == pytest.approx(0.5)
    assert found["effect"]["value_kept"]["value"] == pytest.approx(0.5 * 60 * 100)
    assert found["cost"] == 5 + 59 * 2
    assert "client-" not in str(found)


def test_a_list_without_hold_out_is_followed_all_the_same():
    rows = people((6, {"churned": 1.0}), (4, {}), (5, {"decision": "over_capacity"}))
    rows = rows.assign(compared=False, weight=0.0, why_not="no_holdout")
    found = measured(rows)
    assert found["verdict"] == "no hold-out"
    assert found["power"] is None
    assert found["effect"]["saved"]["value"] is None
    assert found["groups"][0]["observed"] == 0.6
    assert found["list_quality"]["clean"] is None

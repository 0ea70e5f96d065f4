"""Did it help: small tables by hand, and intervals that hold what they promise on simulated lists."""

import numpy as np
import pandas as pd
import pytest
from benchmarks.treatment import potential_outcomes
from scipy.stats import binom
from tests.outcomes.tables import arms, people

from holdfast.metrics.bootstrap import Interval
from holdfast.outcomes.effect import draw_sums, measure_effect

DRAWS = {"replicates": 200, "seed": 1}


def span(interval: Interval) -> tuple[float, float]:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


def test_the_saved_share_is_the_difference_of_rates_with_newcombes_interval():
    effect = measure_effect(arms(80, 48, 70, 56), **DRAWS)
    # Newcombe (1998), table II (a), the other way round: 56/70 − 48/80, 0.0524 to 0.3339
    assert effect.saved.value == pytest.approx(0.2)
    assert (effect.saved.low, effect.saved.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_money_is_weighted_by_what_customers_are_worth():
    rows = people(
        (2, {"value": 300.0, "churned": 0.0, "spend": 40.0}),
        (2, {"value": 100.0, "churned": 1.0, "spend": 0.0}),
        (1, {"decision": "held_out", "value": 300.0, "churned": 1.0, "spend": 0.0}),
        (3, {"decision": "held_out", "value": 100.0, "churned": 0.0, "spend": 10.0}),
    )
    effect = measure_effect(rows, **DRAWS)
    # weighted rates: held out 300 / 600, listed 200 / 800; difference 0.25 of a value of 800
    assert effect.value_kept.value == pytest.approx(200)
    # slope within groups (8000 − 1500) / (40000 + 30000) = 0.0929; (20 − 7.5) − slope × (200 − 150), × 4
    assert effect.spend.value == pytest.approx(4 * (12.5 - 6500 / 70000 * 50))


def test_without_transactions_or_contacts_the_rest_is_still_told():
    effect = measure_effect(arms(40, 10, 40, 20, spend=np.nan), **DRAWS)
    assert effect.spend.value is None
    assert effect.reached.value is None
    assert effect.saved_if_contacted.value is None
    assert effect.saved.value == pytest.approx(0.25)


@pytest.mark.parametrize("group", ["listed", "held_out"])
def test_one_group_alone_tells_nothing(group):
    assert measure_effect(people((5, {"decision": group})), **DRAWS).saved.value is None


def test_the_draw_as_instrument_gives_the_effect_of_those_contacted():
    rows = arms(100, 20, 100, 40)
    listed = rows["decision"] == "listed"
    contacted = listed & (np.arange(len(rows)) % 2 == 0)  # half of the listed, nobody else
    effect = measure_effect(rows.assign(contacted=contacted), **DRAWS)
    assert effect.reached.value == pytest.approx(0.5)
    assert effect.saved_if_contacted.value == pytest.approx(0.2 / 0.5)
    low, high = span(effect.saved_if_contacted)
    assert low < 0.4 < high


def test_where_hardly_more_listed_were_contacted_the_instrument_is_not_used():
    rows = arms(100, 20, 100, 40).assign(contacted=False)
    rows.loc[:4, "contacted"] = True
    effect = measure_effect(rows, **DRAWS)
    assert effect.reached.value == pytest.approx(0.05)
    assert effect.saved_if_contacted.value is None


def test_weights_undo_that_lists_held_out_different_shares():
    # on a bad list a tenth was held out, on a good one half; calling changed nothing on either
    rows = pd.concat([arms(90, 72, 10, 8), arms(50, 10, 50, 10)], ignore_index=True)
    rows["customer_id"] = [f"c{number}" for number in range(len(rows))]
    rows["weight"] = [1.0] * 90 + [9.0] * 10 + [1.0] * 100
    assert measure_effect(rows, **DRAWS).saved.value == pytest.approx(0)
    assert span(measure_effect(rows.assign(weight=1.0), **DRAWS).saved)[1] < 0


def test_a_customer_of_several_rounds_is_drawn_with_all_their_rows():
    sums = draw_sums(np.array([[1.0], [1.0], [5.0]]), np.array(["a", "a", "b"]), 300, 0)
    assert set(sums[:, 0]) == {4.0, 7.0, 10.0}  # a twice, each once, b twice
    once = arms(60, 20, 60, 30)
    twice = pd.concat([once, once], ignore_index=True)
    narrow = measure_effect(twice.assign(customer_id=[str(n) for n in range(240)]), **DRAWS).saved
    honest = measure_effect(twice, **DRAWS).saved
    assert np.ptp(span(honest)) > 1.25 * np.ptp(span(narrow))
    assert honest.value == pytest.approx(narrow.value)


def test_the_same_seed_gives_the_same_intervals():
    rows = arms(60, 20, 60, 30)
    assert measure_effect(rows, **DRAWS) == measure_effect(rows, **DRAWS)


# --- coverage -------------------------------------------------------------------------------------

LISTS = 240


def simulated_list(random, size, share):
    """A list of customers with known types; the truth is what calling changes for the listed on average."""
    probability, value = random.beta(4, 3, size), random.lognormal(5, 0.8, size)
    persuadable, disturbed = 0.3, 0.03
    held = random.random(size) < share
    outcome = potential_outcomes(
        random.random(size) < probability, persuadable=persuadable, disturbed=disturbed, random=random
    )
    churned = outcome["churned_if_left_alone"].where(held, outcome["churned_if_called"]).to_numpy(float)
    rows = pd.DataFrame(
        {
            "customer_id": np.arange(size).astype(str),
            "decision": np.where(held, "held_out", "listed"),
            "weight": 1.0, "churned": churned, "value": value,
            "spend": random.gamma(2, 0.1, size) * value * (1 - churned),
            "contacted": None,
        }
    )  # fmt: skip
    effect = probability * persuadable - (1 - probability) * disturbed
    listed = ~held
    truth = {
        "saved": effect[listed].mean(),
        "value_kept": (effect * value)[listed].sum(),
        "spend": (effect * value * 0.2)[listed].sum(),
    }
    return rows, truth


@pytest.mark.parametrize(("size", "share"), [(250, 0.2), (800, 0.1)])
def test_the_intervals_hold_the_truth_about_as_often_as_they_say(size, share):
    random = np.random.default_rng(20260801)
    hits = {"saved": 0, "value_kept": 0, "spend": 0}
    for _ in range(LISTS):
        rows, truth = simulated_list(random, size, share)
        effect = measure_effect(rows, replicates=150, seed=0)._asdict()
        for name, value in truth.items():
            hits[name] += effect[name].low <= value <= effect[name].high
    # of 240 lists at 95% chance leaves fewer than 217 out in one of 1,000; skewed money is granted 91%
    assert hits["saved"] >= binom.ppf(0.001, LISTS, 0.95)
    assert min(hits.values()) >= binom.ppf(0.001, LISTS, 0.91)
    assert max(hits.values()) <= binom.ppf(0.999, LISTS, 0.98)

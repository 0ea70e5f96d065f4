"""Money, checked against sums done by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from holdfast.outreach.value import customer_value, expected_net_value, value_at_risk

MISSING = float("nan")


@pytest.mark.parametrize(
    ("spend_per_day", "expected_days", "value"),
    [
        (2.0, 100.0, 60.0),  # 0.3 × 2 × 100
        (2.0, 500.0, 219.0),  # never more than 365 days: 0.3 × 2 × 365
        (2.0, MISSING, 219.0),  # not known how long: the most that is counted
        (2.0, math.inf, 219.0),
        (2.0, -5.0, 0.0),
        (0.0, 100.0, 0.0),
        (-1.0, 100.0, 0.0),  # more came back than was bought
        (MISSING, 100.0, 0.0),
        (math.inf, 100.0, 0.0),
    ],
)
def test_value_is_margin_times_spend_times_days(spend_per_day, expected_days, value):
    found = customer_value(pd.Series([spend_per_day]), pd.Series([expected_days]), margin=0.3, value_days=365)
    assert found.to_list() == pytest.approx([value])


def test_value_takes_columns_without_any_number():
    nothing = pd.Series([None, None], dtype="object")
    assert customer_value(nothing, nothing, margin=0.3, value_days=365).to_list() == [0.0, 0.0]


def test_value_at_risk_is_what_will_be_lost_on_average():
    found = value_at_risk(pd.Series([0.25, 1.0, 0.0]), pd.Series([200.0, 50.0, 1000.0]))
    assert found.to_list() == [50.0, 50.0, 0.0]


@pytest.mark.parametrize(
    ("probability", "value", "net"),
    [
        (0.5, 200.0, 23.0),  # 0.5·0.3·(200−20) − 0.5·0.2·20 − 2 = 27 − 2 − 2
        (1.0, 200.0, 52.0),  # 1·0.3·180 − 0 − 2
        (0.0, 200.0, -6.0),  # nobody to save, 0.2·20 given away, 2 spent
        (0.5, 20.0, -4.0),  # the offer eats the value: 0 − 2 − 2
        (0.5, 0.0, -7.0),  # 0.5·0.3·(−20) − 2 − 2
    ],
)
def test_expected_net_value_by_hand(probability, value, net):
    found = expected_net_value(
        pd.Series([probability]),
        pd.Series([value]),
        accept_share=0.3,
        offer_cost=20,
        offer_taken_share=0.2,
        contact_cost=2,
    )
    assert found.to_list() == pytest.approx([net])


def test_expected_net_value_is_the_campaign_profit_of_verbeke():
    """Value 200, acceptance 0.3, offer 10, contact 1: a leaver brings 0.3·190 − 1, a stayer costs 10 + 1."""
    found = expected_net_value(
        pd.Series([1.0, 0.0]),
        pd.Series([200.0, 200.0]),
        accept_share=0.3,
        offer_cost=10,
        offer_taken_share=1,
        contact_cost=1,
    )
    assert found.to_list() == pytest.approx([56.0, -11.0])


@pytest.mark.parametrize("offer", [0.0, 10.0])
def test_expected_net_value_adds_up_to_the_maximum_profit_of_empulse(offer):
    """Its measure is the profit a customer at the best cut; ours, the sums from the top down to each."""
    from empulse.metrics import mpc_score  # takes seconds to import

    draw = np.random.default_rng(7)
    score = draw.permutation(np.linspace(0.01, 0.99, 200))
    churned = (draw.random(200) < score).astype(float)
    gain = expected_net_value(
        pd.Series(churned),
        pd.Series(200.0, index=range(200)),
        accept_share=0.3,
        offer_cost=offer,
        offer_taken_share=1,
        contact_cost=1,
    )
    down = gain.to_numpy()[np.argsort(-score)].cumsum() / 200
    expected = mpc_score(churned, score, accept_rate=0.3, clv=200, incentive_cost=offer, contact_cost=1)
    assert max(0.0, down.max()) == pytest.approx(expected)


def test_what_the_company_says_replaces_the_formula():
    stated = pd.Series([500.0, MISSING, math.inf, -3.0, 0.0])
    found = customer_value(
        pd.Series([2.0] * 5), pd.Series([100.0] * 5), margin=0.3, value_days=365, stated=stated
    )
    assert found.to_list() == pytest.approx([500.0, 60.0, 60.0, 0.0, 0.0])

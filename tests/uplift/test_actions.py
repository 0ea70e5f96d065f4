"""Which action is proven: from campaigns and lists that chance drew."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from holdfast.uplift.actions import arms_of_campaigns, measure_actions

DATE = dt.date(2026, 1, 5)


def draw(name, size, *, control=0.5, treated=0.5, action="CALL", cost=2.0, seed=0):
    """Half of the customers get an action; `control` and `treated`: the shares that leave."""
    random = np.random.default_rng(seed)
    listed = random.permutation(np.arange(size) % 2 == 0)
    return pd.DataFrame({
        "customer_id": [f"{name}-{place}" for place in range(size)], "as_of": DATE, "action": action,
        "draw": name, "decision": np.where(listed, "listed", "held_out"),
        "cost": np.where(listed, cost, np.nan),
        "churned": (random.random(size) < np.where(listed, treated, control)).astype(float),
    })  # fmt: skip


def measured(*draws, min_customers=100):
    return {one.action: one for one in measure_actions(pd.concat(draws), min_customers=min_customers, seed=0)}


def test_an_action_that_keeps_customers_is_proven():
    effects = measured(
        draw("a", 1200, treated=0.35, action="CALL"), draw("b", 1200, action="MAIL", cost=np.nan, seed=1)
    )
    call, mail = effects["CALL"], effects["MAIL"]
    assert call.proven
    assert not mail.proven
    assert (call.contacted, call.control, call.cost, mail.cost) == (600, 600, 2.0, None)
    assert call.low < 0.15 < call.high


def test_an_action_that_drives_away_is_not_proven():
    assert not measured(draw("a", 2000, treated=0.7))["CALL"].proven


def test_too_few_customers_prove_nothing():
    assert not measured(draw("a", 150, treated=0.0))
    assert measured(draw("a", 150, treated=0.0), min_customers=50)["CALL"].proven


@pytest.mark.parametrize("seed", range(5))
def test_draws_of_other_risk_and_size_do_not_mix(seed):
    """Nobody is kept; the draw with many controls holds those who stay anyway."""
    risky = draw("risky", 2000, control=0.8, treated=0.8, seed=seed)
    risky = risky[(risky["decision"] == "listed") | (np.arange(2000) % 5 == 0)]
    safe = draw("safe", 2000, control=0.2, treated=0.2, seed=seed + 10)
    safe = safe[(safe["decision"] == "held_out") | (np.arange(2000) % 5 == 0)]
    assert abs(measured(risky, safe)["CALL"].saved) < 0.06


def campaign(chosen):
    """The rows of a campaign with two actions and a control group; `chosen(silence)`: who gets CALL."""
    random = np.random.default_rng(3)
    silence, lot = random.exponential(30, 1500), np.arange(1500) % 3
    action = np.where(chosen(silence, lot), "CALL", "MAIL").astype("object")
    action[lot == 0] = None
    rows = pd.DataFrame({
        "customer_id": np.arange(1500).astype(str), "as_of": DATE, "campaign": "spring",
        "action": action.tolist(), "cost": np.nan, "churned": 0.0,
        "arm": np.where(lot == 0, "control", "contacted"),
    })  # fmt: skip
    return rows, pa.table({"silence": pa.array(silence, pa.float32())})


def test_each_action_is_compared_with_the_control_group_of_its_campaign():
    rows, features = campaign(lambda _, lot: lot == 1)
    arms = arms_of_campaigns(rows, features, ["silence"])
    counts = arms.groupby(["action", "decision"]).size().to_dict()
    assert counts == {(name, arm): 500 for name in ("CALL", "MAIL") for arm in ("held_out", "listed")}


def test_actions_that_were_chosen_by_what_was_known_are_left_out():
    rows, features = campaign(lambda silence, _: silence > 20)
    assert arms_of_campaigns(rows, features, ["silence"]).empty

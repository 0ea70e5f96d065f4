"""Effects learned from trials whose true effects are known."""

import json

import numpy as np
import pyarrow as pa
import pytest
from benchmarks.policy import NONE, learn_policy, policy_value

from holdfast.uplift.effects import Effects, learn_effects


def trial(size, effect, *, share=0.5, seed=0):
    """Covariates, treated, outcome and the true effect, which `effect` makes of a number and a kind."""
    random = np.random.default_rng(seed)
    number, kind = random.normal(size=size), random.choice(["a", "b"], size)
    true = effect(number, kind)
    treated = random.random(size) < share
    outcome = random.random(size) < np.clip(0.3 + 0.1 * number.clip(-1, 1) + true * treated, 0, 1)
    noise = random.normal(size=size)
    table = pa.table(
        {"number": pa.array(number, pa.float32()), "kind": kind, "noise": pa.array(noise, pa.float32())}
    )
    return table, treated.astype(float), outcome.astype(float), true


@pytest.mark.parametrize(
    "effect",
    [
        lambda _, kind: np.where(kind == "a", 0.3, -0.1),
        lambda number, _: np.where(np.abs(number) < 0.7, 0.3, -0.1),  # no straight line
    ],
)
def test_an_effect_that_differs_is_learned(effect):
    table, treated, outcome, true = trial(6000, effect, share=0.3)
    learned = learn_effects(table, treated, outcome, threads=1)
    assert np.corrcoef(learned.effects.effect(table), true)[0, 1] > 0.8
    assert np.corrcoef(learned.unseen, true)[0, 1] > 0.7


def test_without_an_effect_next_to_none_is_learned():
    table, treated, outcome, _ = trial(6000, lambda number, _: 0 * number)
    assert np.abs(learn_effects(table, treated, outcome, threads=1).effects.effect(table)).mean() < 0.03


def test_the_same_after_json():
    table, treated, outcome, _ = trial(1000, lambda number, _: 0.1 * number)
    effects = learn_effects(table, treated, outcome, threads=1).effects
    again = Effects.from_dict(json.loads(json.dumps(effects.to_dict())))
    assert np.allclose(again.effect(table), effects.effect(table), atol=1e-12)


def test_which_action_or_none():
    """Action x helps kind a, y helps kind b, nothing is worth its cost to those with a low number."""
    random = np.random.default_rng(1)
    size, costs = 9000, {"x": 0.12, "y": 0.08}
    kind, low = random.choice(["a", "b"], size), random.random(size) < 0.3
    action = random.choice([NONE, "x", "y"], size)
    helps = ((action == "x") & (kind == "a")) | ((action == "y") & (kind == "b"))
    outcome = (random.random(size) < 0.2 + 0.4 * (helps & ~low)).astype(float)
    table = pa.table({"kind": kind, "low": pa.array(low.astype(np.float32))})
    chosen = learn_policy(table, action, outcome, costs, threads=1).choose(table, 1.0)
    assert np.mean(chosen == np.where(low, NONE, np.where(kind == "a", "x", "y"))) > 0.95
    shares = dict.fromkeys((NONE, "x", "y"), 1 / 3)
    rules = [chosen, *(np.full(size, name) for name in shares)]
    ours, *single = [policy_value(rule, action, outcome, costs, shares) for rule in rules]
    assert ours == pytest.approx(0.2 + 0.7 * (0.4 - 0.1), abs=0.03)
    assert ours > max(single)


def test_an_action_that_few_drew_is_not_learned():
    action = np.array(["x"] * 5 + [NONE] * 200)
    table = pa.table({"number": pa.array(np.arange(205), pa.float32())})
    assert not learn_policy(table, action, np.zeros(205), {"x": 1.0}, threads=1).effects

"""What a contact changes is found where it is there, and the settings' assumption stands where it is not."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.uplift.lists import live

from holdfast.uplift.evidence import by_third, in_words
from holdfast.uplift.learner import Uplift, believed, learn_uplift

ACCEPT = 0.3


def learn(size=4000, accept_share=ACCEPT, seed=0, **effects):
    features, drawn, truth = live(size, seed=seed, **effects)
    return learn_from(features, drawn.assign(accept_share=accept_share)), features, drawn, truth


def learn_from(features, drawn):
    return learn_uplift(drawn, features, features.column_names, seed=1)


def saved_of(uplift, features, drawn, accept_share=ACCEPT):
    """`saved_of` customers in their order."""
    rows = features.append_column("customer_id", pa.array(drawn["customer_id"]))
    return uplift.saved_of(drawn.assign(reach=1.0), rows, accept_share)


def always(share):
    return lambda *facts: np.full(len(facts[0]), share)


def troubled(tickets, _calls):
    return np.where(tickets > 0, 0.6, 0.05)


def tired(_tickets, calls):
    return np.where(calls > 1, 0.2, 0.0)


def test_an_effect_that_differs_is_found():
    learned, features, drawn, truth = learn(kept=troubled, driven_away=tired)
    saved = saved_of(learned.uplift, features, drawn)
    assumed = ACCEPT * drawn["churn_probability"]
    assert learned.uplift.trust > 0.5
    assert np.corrcoef(saved, truth)[0, 1] > 0.9 > np.corrcoef(assumed, truth)[0, 1]
    assert np.abs(saved - truth).mean() < 0.7 * np.abs(assumed - truth).mean()
    least, middle, most = by_third(drawn, learned.unseen, seed=0)
    assert least["saved"] < middle["saved"] < most["saved"]
    assert all(one["low"] < one["predicted"] < one["high"] for one in (least, middle, most))
    assert sum(one["listed"] + one["held_out"] for one in (least, middle, most)) == len(drawn)


def test_the_assumption_stands_where_it_is_true():
    """On the mean: of ten draws about one looks as if there were something to correct."""
    errors = []
    for seed in range(4):
        learned, features, drawn, truth = learn(1500, seed=seed, kept=always(ACCEPT), driven_away=always(0))
        errors.append(np.abs(saved_of(learned.uplift, features, drawn) - truth).mean())
    assert np.mean(errors) < 0.02
    assert np.median(errors) < 0.005


def test_contacts_that_harm_are_found():
    learned, features, drawn, truth = learn(kept=always(0.02), driven_away=always(0.2))
    saved = saved_of(learned.uplift, features, drawn)
    assert (saved[truth < -0.05] < 0).mean() > 0.9


def test_a_wrong_assumption_is_moved():
    learned, features, drawn, truth = learn(accept_share=0.9, kept=always(0.1), driven_away=always(0))
    saved = saved_of(learned.uplift, features, drawn, 0.9)
    assert saved.mean() == pytest.approx(truth.mean(), abs=0.05)


def test_a_customer_on_several_lists_bears_no_witness_to_themselves():
    """Ten rows of each customer: what is learned of noise would look true on the customer's other rows."""
    features, drawn, _ = live(300, kept=always(ACCEPT), driven_away=always(0))
    ten = pd.concat([drawn] * 10, ignore_index=True).assign(accept_share=ACCEPT)
    learned = learn_from(pa.concat_tables([features] * 10), ten)
    assert learned.uplift.trust < 0.2
    apart = ten.assign(customer_id=[str(place) for place in range(len(ten))])
    fooled = learn_from(pa.concat_tables([features] * 10), apart)
    assert fooled.uplift.trust > 0.5


def test_shares_held_out_may_differ_between_lists():
    """Nobody is kept; one list held half out and its customers leave twice as often. No list helps."""
    random = np.random.default_rng(5)
    features, drawn, _ = live(4000, kept=always(0), driven_away=always(0))
    second = np.arange(len(drawn)) % 2 == 1
    drawn["share"] = np.where(second, 0.5, drawn["share"])
    drawn["churn_probability"] = np.where(second, 0.6, 0.3)
    drawn["churned"] = (random.random(len(drawn)) < drawn["churn_probability"]).astype(float)
    drawn["contacted"] = (random.random(len(drawn)) < drawn["share"]).astype(float)
    learned = learn_from(features, drawn.assign(accept_share=0.5))
    saved = saved_of(learned.uplift, features, drawn, 0.5)
    assert abs(saved.mean()) < 0.06


def test_an_estimate_is_the_same_after_json():
    learned, features, drawn, _ = learn(800, kept=troubled, driven_away=tired)
    read = Uplift.from_dict(json.loads(json.dumps(learned.uplift.to_dict())))
    before, after = (saved_of(one, features, drawn) for one in (learned.uplift, read))
    assert np.array_equal(before, after)


def test_nobody_is_saved_more_than_would_leave():
    learned, features, drawn, _ = learn(kept=troubled, driven_away=tired)
    assert (saved_of(learned.uplift, features, drawn.assign(churn_probability=0.0)) <= 0).all()
    assert (saved_of(learned.uplift, features, drawn.assign(churn_probability=1.0)) >= 0).all()


@pytest.mark.parametrize(
    ("slope", "error", "trust"),
    [(None, None, 0), (0.5, 0.0, 0), (-1.0, 0.1, 0), (0.3, 0.3, 0), (1.0, 1e-9, 1), (2.0, 1e-9, 1),
     (1.0, 0.5, 1 - (1.645 * 0.5) ** 2)],
)  # fmt: skip
def test_what_is_beyond_noise_is_believed(slope, error, trust):
    assert believed(slope, error) == pytest.approx(trust)


@pytest.mark.parametrize(
    ("trust", "slope", "says"),
    [(0.0, None, "not used: there is nothing to correct"), (0.0, 0.1, "beyond noise (slope 0.10 ± 0.98"),
     (0.6, 0.9, "used, 60% of what was learned (slope 0.90 ± 0.98")],
)  # fmt: skip
def test_it_says_what_is_made_of_it(trust, slope, says):
    assert says in in_words(trust, slope, None if slope is None else 0.5)


def test_without_moderators_the_share_kept_is_still_learned():
    features, drawn, truth = live(4000, kept=always(0.02), driven_away=always(0.2))
    learned = learn_uplift(drawn.assign(accept_share=ACCEPT), features, [], seed=1)
    assert saved_of(learned.uplift, features, drawn).mean() < 0
    assert truth.mean() < 0


@pytest.mark.parametrize("churned", [0.0, 1.0])
def test_where_all_did_the_same_nothing_is_learned_for_sure(churned):
    features, drawn, _ = live(400, kept=troubled, driven_away=tired)
    learned = learn_from(features, drawn.assign(churned=churned, accept_share=0.0))
    assert np.isfinite(learned.unseen).all()
    assert abs(learned.unseen).max() < 0.05

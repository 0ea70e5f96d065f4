"""Who may be compared: those, and only those, whose draw was made on this list."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from benchmarks.treatment import potential_outcomes
from hypothesis import given
from hypothesis import strategies as st

from holdfast.outcomes.comparable import mark_compared
from holdfast.outcomes.effect import measure_effect
from holdfast.outreach import holdout

AS_OF = dt.date(2026, 8, 3)


def marked(rows, seen_before=(), share=0.2):
    columns = ["customer_id", "decision", "held_since", "churned"]
    found = mark_compared(
        pd.DataFrame(rows, columns=columns), as_of=AS_OF, seen_before=set(seen_before), share=share
    )
    return found.set_index("customer_id")


def test_only_those_drawn_on_this_list_are_compared():
    found = marked(
        [
            ("fresh", "listed", None, 0.0),
            ("fresh-held", "held_out", AS_OF, 1.0),
            ("held-since-july", "held_out", dt.date(2026, 7, 6), 1.0),
            ("listed-in-july", "listed", None, 0.0),
            ("erased", "listed", None, None),
            ("full", "over_capacity", None, 0.0),
        ],
        seen_before={"held-since-july", "listed-in-july"},
    )
    assert found["compared"].to_dict() == {
        "fresh": True, "fresh-held": True, "held-since-july": False, "listed-in-july": False, "erased": False,
        "full": False,
    }  # fmt: skip
    assert found["why_not"].to_dict() == {
        "fresh": "", "fresh-held": "", "held-since-july": "held_before", "listed-in-july": "listed_before",
        "erased": "no_label", "full": "",
    }  # fmt: skip
    assert found["weight"].to_list() == [1, pytest.approx(4), 0, 0, 0, 0]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_without_a_draw_nobody_is_compared(share):
    found = marked([("a", "listed", None, 0.0), ("b", "held_out", AS_OF, 0.0)], share=share)
    assert not found["compared"].any()
    assert set(found["why_not"]) == {"no_holdout"}


@given(st.integers(0, 10_000), st.integers(5, 40))
def test_who_moves_up_into_a_free_place_is_held_out_as_often_as_anybody(number, capacity):
    """Walking down a ranking until the list is full: the odds are the same above and below the capacity."""
    hold = holdout.holder(as_of=AS_OF, share=0.5, holdout_days=90, salt=str(number), held={})
    listed, turns = 0, []
    for customer in range(10_000):
        if listed == capacity:
            break
        held = hold(str(customer)) is not None
        listed += not held
        turns.append(held)
    assert listed == capacity
    assert not turns[-1]  # the last turn fills the list; in the mean over all lists that evens out
    # (sum of held − share) is a martingale stopped at the capacity: within 6 standard deviations of 0
    assert abs(sum(turns) - 0.5 * len(turns)) <= 6 * (0.25 * len(turns)) ** 0.5


def test_contacts_of_an_earlier_list_do_not_look_like_an_effect():
    """The second list changes nothing; but those whom the first one saved do not come back to it."""
    random = np.random.default_rng(4)
    names = np.array([f"c{number}" for number in range(8000)])
    hold = holdout.holder(as_of=AS_OF, share=0.5, holdout_days=90, salt="s", held={})
    held = np.array([hold(name) is not None for name in names])
    outcome = potential_outcomes(random.random(8000) < 0.6, persuadable=0.5, disturbed=0, random=random)
    on_first = np.arange(8000) < 4000
    saved = on_first & ~held & (outcome["type"] == "persuadable").to_numpy()
    second = pd.DataFrame(
        {
            "customer_id": names,
            "decision": np.where(held, "held_out", "listed"),
            "held_since": [dt.date(2026, 7, 6) if early else AS_OF for early in on_first],
            "churned": outcome["churned_if_left_alone"].astype(float),
        }
    )[~saved].assign(value=1.0, spend=0.0, contacted=None)
    earlier = set(names[on_first])
    marked = mark_compared(second, as_of=AS_OF, seen_before=earlier, share=0.5)
    fair = measure_effect(marked[marked["compared"]], replicates=50, seed=0).saved
    naive = measure_effect(marked.assign(weight=1.0), replicates=50, seed=0).saved
    assert fair.low is not None
    assert fair.high is not None
    assert fair.low < 0 < fair.high
    assert naive.low is not None
    assert naive.low > 0.05  # who compares everybody sees an effect that is not there

"""The benchmark of reasons counts what it says."""

import pandas as pd
from benchmarks.reasons import CAUSE_OF, judge, tabulate

from holdfast.explain.figures import Statements


def test_every_code_that_speaks_of_a_cause_is_a_reason() -> None:
    assert set(CAUSE_OF) <= set(Statements([]).reasons)


def test_stated_reasons_are_held_against_the_true_causes() -> None:
    truth = pd.DataFrame(
        {
            "silence": [3.0, 0.35, 0.2, 0.1, 0.1, 0.1, 0.1],
            "service": [0.0, 0.4, 0.9, 0.05, 0.0, 0.0, 0.0],
            "prices": [0.5] * 7,
        },
        index=list("abcdefg"),
    )
    listed = pd.DataFrame(
        {
            # b's silence took 0.25 more than from most, trouble with support 0.4; d has no cause
            "reason_1_code": ["LONG_SILENCE", "SPEND_DOWN", "HABIT", "LONG_SILENCE"],
            "reason_2_code": ["MANY_TICKETS", "PRICE_UP", None, None],
            "reason_3_code": [None, None, None, None],
        },
        index=list("abcd"),
    )
    assert judge(listed, truth) == {
        "customers": 4,
        "have a cause": 3 / 4,
        "first reason is the main cause": 1 / 3,
        "the same of the first 50 customers": 1 / 3,
        "or nearly the main cause": 2 / 3,
        "first reason speaks of no cause": 1 / 3,
        "main cause is silence": 1 / 3,
        "reasons": 6,
        # a's tickets; b's prices, which rose for all; d's silence
        "reasons that contradict the truth": 3 / 6,
    }


def test_goals_are_held_against_the_mean_of_all_companies() -> None:
    found = [
        {"first reason is the main cause": right, "reasons that contradict the truth": wrong}
        for right, wrong in ((0.9, 0.02), (0.8, 0.04), (0.82, 0.03))
    ]
    text = tabulate(found)
    assert "| first reason is the main cause | 84.0% | 70.9% to 97.1% | 80.0% | 90.0% |" in text
    assert "**missed**: first reason is the main cause in at least 85%: 84.0%" in text
    assert "**missed**: at most 2% of the reasons contradict the truth: 3.0%" in text

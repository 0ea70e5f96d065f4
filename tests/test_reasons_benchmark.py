"""The benchmark of reasons counts what it says."""

import pandas as pd
from benchmarks.reasons import CAUSE_OF, judge

from holdfast.explain.figures import Statements


def test_every_code_that_speaks_of_a_cause_is_a_reason() -> None:
    assert set(CAUSE_OF) <= set(Statements([]).reasons)


def test_stated_reasons_are_held_against_the_true_causes() -> None:
    truth = pd.DataFrame(
        {"silence": [3.0, 0.1, 0.1, 0.1, 0.1], "service": [0.0, 2.0, 0.0, 0.0, 0.0], "prices": [0.5] * 5},
        index=list("abcde"),
    )
    listed = pd.DataFrame(
        {
            "reason_1_code": ["LONG_SILENCE", "PRICE_UP", "HABIT"],
            "reason_2_code": ["MANY_TICKETS", "OPEN_TICKET", None],
            "reason_3_code": [None, None, None],
        },
        index=list("abc"),
    )
    assert judge(listed, truth) == {
        "customers": 3,
        "first reason is the main cause": 1 / 3,
        "first reason is general": 1 / 3,
        "main cause is silence": 2 / 3,
        "reasons": 5,
        "reasons that contradict the truth": 2 / 5,  # a's tickets; b's prices, which rose for all
    }

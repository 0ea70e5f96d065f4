"""The test without those who had lapsed, by what each row's own date knew."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa

from holdfast.evaluation.still_active import evaluate_active, mark_lapsed
from holdfast.scoring.settings import LapsedSettings
from holdfast.timeline.outcome import Outcome

EARLIER, TEST = dt.date(2024, 1, 1), dt.date(2024, 3, 1)  # 60 days lie between
SETTINGS = LapsedSettings(min_customers=10)


def snapshots(*parts: tuple[dt.date, float, int, int]) -> pa.Table:
    """As-of date, days of silence, how many customers, how many of them left; all buy every ten days."""
    rows = [
        (f"{silence}-{number}", day, float(number < left), silence, 10.0, silence + 40.0)
        for day, silence, count, left in parts
        for number in range(count)
    ]
    columns = [
        "customer_id",
        "as_of",
        "churned",
        "recency__days__all",
        "gaps__mean__all",
        "recency__tenure__all",
    ]
    frame = pd.DataFrame(rows, columns=columns)
    frame["recency__share_active__all"] = 5 / frame["recency__tenure__all"]
    return pa.Table.from_pandas(frame, preserve_index=False)


ROWS = snapshots((EARLIER, 5.0, 50, 5), (EARLIER, 65.0, 50, 48), (TEST, 5.0, 4, 1), (TEST, 65.0, 3, 3))
TESTED = np.arange(100, 107)


def test_lapsed_by_what_an_earlier_date_had_shown():
    lapsed = mark_lapsed(ROWS, TESTED, Outcome(60), SETTINGS)
    assert lapsed is not None
    assert lapsed.tolist() == [False] * 4 + [True] * 3
    found = evaluate_active(np.array([1.0, 0, 0, 0, 1, 1, 1]), np.linspace(0.9, 0.3, 7), lapsed, 0.1)
    assert found is not None
    assert (found["lapsed"], found["rows"], found["auc"]) == (3, 4, 1.0)


def test_not_known():
    assert mark_lapsed(ROWS, TESTED, Outcome(61), SETTINGS) is None  # no outcome was known on the test's day
    assert mark_lapsed(ROWS.drop_columns(["gaps__mean__all"]), TESTED, Outcome(60), SETTINGS) is None
    assert mark_lapsed(ROWS, TESTED, Outcome(60), LapsedSettings(use=False)) is None
    assert evaluate_active(np.ones(2), np.ones(2), None, 0.1) is None


def test_who_has_a_subscription_has_not_lapsed():
    tenure = pa.array([10.0 if row == 106 else None for row in range(107)])
    lapsed = mark_lapsed(
        ROWS.append_column("subscription__tenure__all", tenure), TESTED, Outcome(60), SETTINGS
    )
    assert lapsed is not None
    assert lapsed.tolist() == [False] * 4 + [True, True, False]

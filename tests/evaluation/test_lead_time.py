"""Lists replayed on the test dates, and who of the lost they had named in time."""

import datetime as dt

import pandas as pd
import pyarrow as pa

from holdfast.evaluation.lead_time import follow_lists, replay_lists
from holdfast.outreach.settings import OutreachSettings

FIRST, SECOND = dt.date(2026, 1, 5), dt.date(2026, 2, 2)
COSTS = OutreachSettings()


def predictions(*rows: tuple[dt.date, str, float, float, bool]) -> pa.Table:
    names = ["as_of", "customer_id", "churn_probability", "value", "lapsed"]
    return pa.table({name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)})


TEST = predictions(
    (FIRST, "early", 0.6, 100.0, False),
    (FIRST, "dear", 0.3, 500.0, False),
    (FIRST, "gone", 0.9, 900.0, True),
    (FIRST, "stays", 0.1, 100.0, False),
    (SECOND, "early", 0.7, 100.0, True),
    (SECOND, "dear", 0.3, 500.0, False),
    (SECOND, "late", 0.5, 200.0, False),
    (SECOND, "stays", 0.1, 100.0, False),
)


def listed(table: pa.Table, share: float) -> list[tuple[dt.date, str]]:
    rows = replay_lists(table, COSTS, share)
    rows = rows[rows["decision"] == "listed"]
    return sorted(zip(rows["as_of"], rows["customer_id"], strict=True))


def test_a_list_names_the_most_money_without_the_lapsed() -> None:
    assert listed(TEST, 0.25) == [(FIRST, "dear"), (SECOND, "dear")]
    assert listed(TEST, 0.5) == [(FIRST, "dear"), (FIRST, "early"), (SECOND, "dear"), (SECOND, "late")]
    assert (FIRST, "gone") not in listed(TEST, 1.0)


def test_without_values_a_list_goes_by_risk() -> None:
    nothing = TEST.set_column(3, "value", pa.array([0.0] * 8))
    assert listed(nothing, 0.25) == [(FIRST, "early"), (SECOND, "late")]


def test_who_was_lost_later_had_been_named_so_long_before() -> None:
    left = {"early": "2026-02-14", "late": "2026-02-20", "stays": "2026-03-01", "elsewhere": "2026-03-01"}
    lost = pd.DataFrame(
        {"customer_id": list(left), "left_on": [dt.date.fromisoformat(day) for day in left.values()]}
    )
    decided = replay_lists(TEST, COSTS, 0.5)
    assert follow_lists(decided, lost) == {
        "lists": ["2026-01-05", "2026-02-02"], "since": "2026-02-04", "lost": 3, "chosen": 2, "in_time": 1,
        "median_days": 29.0, "value": 400.0, "value_chosen": 300.0, "value_in_time": 100.0,
    }  # fmt: skip
    assert follow_lists(decided, lost.iloc[:0]) is None

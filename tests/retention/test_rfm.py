"""RFM segments: scores, names, movement."""

import pandas as pd
import pytest
from tests.retention.tables import bought, day, moment, table

from holdfast.retention.purchases import purchases_at
from holdfast.retention.rfm import GRID, SEGMENTS, count_moves, describe_segments, name_segments, score_fifths


def test_scores_are_fifths_and_equal_values_are_equal():
    assert score_fifths(pd.Series(range(10))).to_list() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert score_fifths(pd.Series([1, 1, 1, 1, 1, 1, 2, 2, 3, 3])).to_list() == [1] * 6 + [4] * 2 + [5] * 2
    assert score_fifths(pd.Series([7, 7])).to_list() == [1, 1]
    assert score_fifths(pd.Series([], dtype=float)).to_list() == []


def test_every_segment_has_its_place_and_the_corners_are_those_that_people_know():
    assert {name for row in GRID.values() for name in row} == {*SEGMENTS}
    assert (GRID[5][4], GRID[5][0], GRID[1][0], GRID[1][4]) == (
        "Champions", "New customers", "Hibernating", "Cannot lose them",
    )  # fmt: skip


def test_purchases_by_hand():
    rows = [
        bought("a", 1.0, 10), bought("a", 1.5, 20), bought("a", 9, 30, order="x"),
        bought("a", 9, 5, order="x"), bought("a", 12, -8), bought("a", 30, 99, known=70),
        bought("b", 55, 7), bought("c", 5, -1),
    ]  # fmt: skip
    found = purchases_at({"transactions": table(*rows)}, day(60), 20)
    assert list(found.index) == ["a", "b"]
    a = found.loc["a"]
    assert (a["first_at"], a["last_at"]) == (moment(1), moment(9))
    assert list(a[["orders", "spent", "refunded", "buying_days", "later_spent"]]) == [3, 65, -8, 2, 35]
    assert found["recent_orders"].to_list() == [0, 1]
    assert found["recent_spent"].to_list() == [0, 7]


def shop() -> pd.DataFrame:
    """Ten customers: number n bought n + 1 orders, and last on day 40 + n."""
    rows = [bought(f"{n}", 40 + n - order, order + 1.0) for n in range(10) for order in range(n + 1)]
    return purchases_at({"transactions": table(*rows)}, day(60), 365)


def test_segments_with_size_value_and_churn():
    purchases = shop()
    names = name_segments(purchases)
    assert (names["9"], names["8"], names["7"], names["0"]) == (
        "Champions",
        "Champions",
        "Loyal",
        "Hibernating",
    )
    churned = pd.Series({"9": 0.0, "8": 1.0, "0": 1.0})
    found = describe_segments(
        purchases, pd.Series({"9": 5.0, "8": 2.0}), names, churned, pd.Timestamp(day(60))
    )
    found = found.set_index("segment")
    assert list(found.index) == list(SEGMENTS)
    champions = found.loc["Champions"]
    assert list(champions[["customers", "share", "days_since_last", "orders", "spent", "value"]]) == [
        2, 0.2, 11.5, 9.5, 100.0, 7.0,
    ]  # fmt: skip
    assert list(champions[["followed", "churned", "churn_rate"]]) == [2, 1, 0.5]
    assert found["customers"].sum() == 10
    assert found["churn_rate"].isna()["Loyal"]


def test_moves_between_two_dates_count_everybody_once():
    earlier = pd.Series({"a": "Loyal", "b": "Loyal", "c": "At risk"})
    now = pd.Series({"a": "Champions", "b": "Loyal", "new": "Promising", "back": "Promising"})
    moves = count_moves(earlier, now, pd.Index(["a", "b", "c", "back"]))
    assert [tuple(row) for row in moves.itertuples(index=False)] == [
        ("Loyal", "Champions", 1), ("Loyal", "Loyal", 1), ("At risk", "no purchase in the window", 1),
        ("no purchase in the window", "Promising", 1), ("not a customer yet", "Promising", 1),
    ]  # fmt: skip
    assert moves["customers"].sum() == pytest.approx(5)

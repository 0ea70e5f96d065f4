"""Churn as a drop of spend: the same customers as for inactivity, by what they spend a day.

What the design leaves open is decided so: spend is the money of purchases, refunds are not taken off; both
windows are measured by what is known when the label is made; who spent nothing before cannot drop. Days count
from 2024-01-01.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.snapshots.tables import LATE, Row, bought, facts, labels, take

from holdfast.snapshots.churn import SpendDrop

STAYED, CHURNED = {("a", 100): 0.0}, {("a", 100): 1.0}


def spenders(rows: Sequence[Row], *dates: int, known_before: int = LATE, **changed: Any) -> Any:
    values = {
        "kind": "spend_drop", "horizon_days": 10, "gap_days": 0, "active_within_days": 40,
        "min_history_days": 0, "compare_days": 20, "drop_to_share": 0.5,
    }  # fmt: skip
    churn = SpendDrop.model_validate(values | changed)
    return labels(take({"transactions": facts("transactions", rows)}, churn, *dates or (100,),
                       known_before=known_before))  # fmt: skip


@pytest.mark.parametrize(
    ("after", "expected"),
    [(0, CHURNED), (24.9, CHURNED), (25, STAYED), (26, STAYED)],  # 100 in 20 days: 5 a day, half is 25 in 10
)
def test_churned_is_who_spends_less_than_the_share_a_day(
    after: float, expected: dict[tuple[str, int], float]
) -> None:
    rows = [bought(80, 60), bought(99.9, 40), *([bought(105, after)] if after else [])]
    assert spenders(rows) == expected


def test_windows_are_half_open_and_begin_after_the_gap() -> None:
    before = [bought(80, 100)]
    assert spenders([*before, bought(100, 30)]) == STAYED
    assert spenders([*before, bought(110, 30)]) == CHURNED
    assert spenders([*before, bought(100, 30)], gap_days=1) == CHURNED
    assert spenders([*before, bought(110.9, 30)], gap_days=1) == STAYED
    assert spenders([bought(79.9, 100), bought(95, 4)]) == CHURNED  # 4 in 20 days, and nothing after
    assert spenders([bought(79.9, 100), bought(95, 4), bought(105, 1)]) == STAYED


def test_refunds_are_not_taken_off() -> None:
    assert spenders([bought(80, 100), bought(85, -90), bought(105, 20)]) == CHURNED
    assert spenders([bought(80, 100), bought(105, 30), bought(106, -30)]) == STAYED


def test_late_rows_count_in_both_windows() -> None:
    late = [bought(80, 10), bought(90, 90, known=120), bought(105, 20)]
    assert spenders(late, known_before=120) == STAYED
    assert spenders(late, known_before=121) == CHURNED


def test_who_spent_nothing_before_cannot_drop() -> None:
    assert spenders([bought(70, 100)]) == STAYED


def test_eligible_as_for_inactivity() -> None:
    assert spenders([bought(59, 100)]) == {}
    assert spenders([bought(80, 100)], min_history_days=21) == {}
    assert spenders([bought(80, 100), bought(80, 1, "b")]) == {("a", 100): 1.0, ("b", 100): 1.0}

"""Scores: ranks, and what is refused."""

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from holdfast.errors import GuardRefused
from holdfast.scoring.freshness import guard_freshness
from holdfast.scoring.scores import guard_scores, rank_customers, score_rows

DAY = dt.date(2026, 5, 4)


class Fixed:
    """A model that answers with a column."""

    def predict(self, part):
        return part["p"].to_numpy()


def table(*rows):
    ids, probabilities = zip(*rows, strict=True)
    return pa.table({"customer_id": list(ids), "p": pa.array(probabilities, pa.float64())})


def test_ranks_over_all_parts():
    parts = [table(("b", 0.2), ("a", 0.9)), table(("d", 0.2), ("c", 0.5)), table(("x", 0.1)).slice(0, 0)]
    model: Any = Fixed()
    found = rank_customers([score_rows(model, part) for part in parts], DAY, "v1")
    assert found.select(["customer_id", "churn_probability", "risk_rank"]).to_pylist() == [
        {"customer_id": "a", "churn_probability": 0.9, "risk_rank": 1},
        {"customer_id": "c", "churn_probability": 0.5, "risk_rank": 2},
        {"customer_id": "b", "churn_probability": 0.2, "risk_rank": 3},
        {"customer_id": "d", "churn_probability": 0.2, "risk_rank": 4},
    ]
    assert set(found["as_of"].to_pylist()) == {DAY}


def scored(*probabilities):
    return pa.table({"churn_probability": pa.array(probabilities, pa.float64())})


@pytest.mark.parametrize("probabilities", [(0.1, float("nan")), (0.3, 0.3, 0.3)])
def test_scores_that_say_nothing_are_refused_and_others_pass(probabilities):
    guard_scores(scored(0.1, 0.2))
    guard_scores(scored(0.5))  # one customer has nobody to differ from
    with pytest.raises(GuardRefused) as refused:
        guard_scores(scored(*probabilities))
    assert refused.value.exit_code == 4


def test_stale_data_is_refused():
    end, day = dt.date(2026, 1, 1), dt.date(2026, 1, 15)
    guard_freshness(reached=end, day=day, max_stale_days=14, latest=True)
    late = day + dt.timedelta(days=1)
    with pytest.raises(GuardRefused, match="15 days without a new fact, from 2026-01-01 to 2026-01-16"):
        guard_freshness(reached=end, day=late, max_stale_days=14, latest=False)
    with pytest.raises(GuardRefused, match="held against today") as refused:
        guard_freshness(reached=end, day=late, max_stale_days=14, latest=True)
    assert "historical: true" in str(refused.value)

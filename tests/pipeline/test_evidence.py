"""What a test is judged by beside the predictions: worth, segments, the list's size, columns that leak."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from holdfast.model.splits import Split
from holdfast.outreach.settings import OutreachSettings
from holdfast.stages.evidence import days_after, list_share, segments, suspects
from holdfast.stages.worth import campaign, stated_values, worth

DAYS = [dt.date(2024, 1, 1), dt.date(2024, 2, 1), dt.date(2024, 3, 1)]


def job(*, max_rows: int | None = None, **outreach: Any) -> Any:
    """As much of a job as is asked for."""
    config = SimpleNamespace(
        outreach=OutreachSettings(**outreach), timeline=SimpleNamespace(max_rows=max_rows)
    )
    return SimpleNamespace(config=config)


def table(rows: int = 300) -> pa.Table:
    """Snapshots with a column that knows the outcome, one that hints at it, and one that does not."""
    random = np.random.default_rng(0)
    churned = (np.arange(rows) % 3 == 0).astype(float)
    return pa.table(
        {
            "customer_id": [f"c{row // 3}" for row in range(rows)],
            "as_of": [DAYS[row % 3] for row in range(rows)],
            "churned": churned,
            "profile__country__all": pa.array(random.choice(["GR", "LT"], rows)).dictionary_encode(),
            "profile__closed__all": pa.array([1.0 if left else None for left in churned]),
            "spend__sum__all": random.random(rows) * 900,
            "recency__tenure__all": random.random(rows) * 300 + 100,
        }
    )


def test_columns_that_leak_are_named_and_honest_ones_are_not() -> None:
    assert suspects(table(), {"profile__closed__all": "PROFILE", "spend__sum__all": "SPEND_DOWN"}) == {
        "profile__closed__all": 1.0
    }


def test_customers_are_worth_their_margin_for_a_year() -> None:
    rows = pa.table({"spend__sum__all": [400.0, None], "recency__tenure__all": [200.0, 10.0]})
    assert worth(rows, OutreachSettings(), least_days=60).tolist() == [0.3 * 365 * 400 / 200, 0.0]
    unknown = pa.table({"tickets__opened__all": [1.0]})
    assert worth(unknown, OutreachSettings(), least_days=60).tolist() == [0.0]


def test_what_the_company_says_counts_from_its_day_on() -> None:
    rows = pa.table(
        {
            "customer_id": ["a", "a", "a", "b", "c"],
            "as_of": pa.array([*DAYS, DAYS[2], DAYS[2]], pa.date32()),
            "spend__sum__all": [400.0] * 5,
            "recency__tenure__all": [200.0] * 5,
        }
    )
    said = [
        ("a", 50.0, "2024-01-15"),
        ("a", 70.0, "2024-03-01"),  # known on the as-of date, not before it
        ("a", 90.0, "2024-03-02"),
        ("b", None, "2024-01-01"),
    ]
    customers = pd.DataFrame(said, columns=["customer_id", "value", "valid_from"])
    customers["valid_from"] = pd.to_datetime(customers["valid_from"])
    stated = stated_values(rows, {"customers": ibis.memtable(customers)})
    assert stated.tolist() == pytest.approx([np.nan, 50.0, 50.0, np.nan, np.nan], nan_ok=True)
    formula = 0.3 * 365 * 400 / 200
    found = worth(rows, OutreachSettings(), least_days=60, stated=stated)
    assert found.tolist() == [formula, 50.0, 50.0, formula, formula]


def test_segments_are_what_customers_are_and_how_long_known() -> None:
    found = segments(table(), np.linspace(1, 300, 300), "EUR")
    assert list(found) == ["country", "known for", "worth"]
    assert set(found["country"]) == {"GR", "LT"}
    assert set(found["worth"]) == {"up to 100 EUR", "100 to 200 EUR", "above 200 EUR"}
    assert "worth" not in segments(table(), np.zeros(300), "EUR")


@pytest.mark.parametrize(
    ("outreach", "max_rows", "expected"),
    [
        ({"capacity": 20}, None, 0.2),
        ({"capacity": 500}, None, 1.0),
        ({"capacity": None}, None, 0.1),  # no limit: the top tenth
        ({"capacity": 20, "capacity_share": 0.05}, None, 0.05),
        ({"capacity": 20}, 300, 0.1),  # a sample: nobody knows how many are eligible
    ],
)
def test_the_list_has_room_for_a_share_of_those_eligible(outreach, max_rows, expected) -> None:
    manifest = {"rows": 300, "dates": {str(day): {"rows": 100} for day in DAYS}}
    assert list_share(job(max_rows=max_rows, **outreach), manifest, table()) == pytest.approx(expected)


def test_a_campaign_gains_from_who_left_and_pays_for_all() -> None:
    found = campaign(job(), np.array([1.0, 0.0]), np.array([0.5, 0.1]), np.array([100.0, 200.0]))
    assert found.profit.tolist() == [29.0, -1.0]
    assert found.expected_profit.tolist() == [14.0, 5.0]
    assert (found.value, found.assumed) == (150.0, False)
    nothing = campaign(job(), np.array([1.0]), np.array([0.5]), np.array([0.0]))
    assert (nothing.value, nothing.assumed) == (200.0, True)


def test_days_count_from_the_newest_date_fitted_on() -> None:
    as_of = np.array([day.toordinal() for day in DAYS * 2])
    rows = pa.table({"as_of": pa.array(DAYS * 2, pa.date32())})
    fitted, judged = np.flatnonzero(as_of < as_of[2]), np.flatnonzero(as_of == as_of[2])
    assert days_after(rows, Split(fitted, judged)).tolist() == [29, 29]

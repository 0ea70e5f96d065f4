"""What a test is evaluated by beside the predictions: segments, the list's size, money, the age of a fit."""

import numpy as np
import pyarrow as pa
import pytest
from tests.evaluation.snapshots import DAYS, snapshots

from holdfast.evaluation.test_set import campaign, days_after, list_share, segments
from holdfast.features.summary import FeaturesSummary
from holdfast.model.splits import Split
from holdfast.outreach.settings import OutreachSettings
from holdfast.timeline.outcome import Outcome


def test_segments_are_what_customers_are_and_how_long_known() -> None:
    found = segments(snapshots(), np.linspace(1, 300, 300), "EUR")
    assert list(found) == ["country", "known for", "worth"]
    assert set(found["country"]) == {"GR", "LT"}
    assert set(found["worth"]) == {"up to 100 EUR", "100 to 200 EUR", "above 200 EUR"}
    assert "worth" not in segments(snapshots(), np.zeros(300), "EUR")


@pytest.mark.parametrize(
    ("outreach", "drawn", "expected"),
    [
        ({"capacity": 20}, 1, 0.2),
        ({"capacity": 500}, 1, 1.0),
        ({"capacity": None}, 1, 0.1),  # no limit: the top tenth
        ({"capacity": 20, "capacity_share": 0.05}, 1, 0.05),
        ({"capacity": 20}, 0.25, 0.05),  # a sample: each row stands for four customers
    ],
)
def test_the_list_has_room_for_a_share_of_those_eligible(outreach, drawn, expected) -> None:
    dates = {day: {"rows": 100} for day in DAYS}
    features = FeaturesSummary(dates, {}, 300, Outcome(30, 0, 0, 0), DAYS[0], drawn)
    found = list_share(snapshots(), features, OutreachSettings(**outreach))
    assert found == pytest.approx(expected)


def test_a_campaign_gains_from_who_left_and_pays_for_all() -> None:
    plain = OutreachSettings()
    found = campaign(np.array([1.0, 0.0]), np.array([0.5, 0.1]), np.array([100.0, 200.0]), plain)
    assert found.profit.tolist() == [29.0, -1.0]
    assert found.expected_profit.tolist() == [14.0, 5.0]
    assert (found.value, found.assumed) == (150.0, False)
    nothing = campaign(np.array([1.0]), np.array([0.5]), np.array([0.0]), plain)
    assert (nothing.value, nothing.assumed) == (200.0, True)


def test_days_count_from_the_newest_date_fitted_on() -> None:
    as_of = np.array([day.toordinal() for day in DAYS * 2])
    rows = pa.table({"as_of": pa.array(DAYS * 2, pa.date32())})
    fitted, judged = np.flatnonzero(as_of < as_of[2]), np.flatnonzero(as_of == as_of[2])
    assert days_after(rows, Split(fitted, judged)).tolist() == [29, 29]

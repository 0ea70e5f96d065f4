"""Customers who stayed: how they are grouped, and what a customer's figures are worse than."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from holdfast.explain.peers import ENOUGH, MIN_CELL, PeerGroups, build_peer_groups, recent_stayers
from holdfast.features.reasons import HIGHER, LOWER, Group

ROWS = 1200
NAMES = ["recency__tenure__all", "gaps__mean__all", "recency__days__all"]


@pytest.fixture(scope="module")
def groups() -> PeerGroups:
    """Half buy every 5 days and half every 40, and are silent for as long."""
    often = np.arange(ROWS) % 2 == 0
    rhythm = np.where(often, 5.0, 40.0)
    columns = [np.linspace(1, 900, ROWS), rhythm, rhythm * np.tile([0.5, 0.5, 1, 1, 1.5, 1.5], ROWS // 6)]
    return build_peer_groups(pa.table(dict(zip(NAMES, columns, strict=True))), NAMES)


def test_customers_are_compared_with_those_who_buy_as_often(groups: PeerGroups) -> None:
    silence = "recency__days__all"
    often = groups.peers({"recency__tenure__all": 450.0, "gaps__mean__all": 5.0})
    rarely = groups.peers({"recency__tenure__all": 450.0, "gaps__mean__all": 40.0})
    assert (often.median(silence, Group.RHYTHM), rarely.median(silence, Group.RHYTHM)) == (5.0, 40.0)
    assert often.share_better(silence, Group.RHYTHM, 20.0, HIGHER) == 1
    assert rarely.share_better(silence, Group.RHYTHM, 20.0, HIGHER) == 0
    assert often.share_better(silence, Group.RHYTHM, 2.5, LOWER) == pytest.approx(2 / 3, abs=0.03)


def test_nothing_is_known_of_a_column_that_is_not_there(groups: PeerGroups) -> None:
    peers = groups.peers({})
    assert np.isnan(peers.median("other", Group.EVERYBODY))
    assert np.isnan(peers.share_better("other", Group.EVERYBODY, 1.0, HIGHER))


def test_a_small_group_gives_way_to_a_larger_one() -> None:
    tenure = np.linspace(1, 900, 3 * MIN_CELL)
    table = pa.table({NAMES[0]: tenure, NAMES[1]: np.full(3 * MIN_CELL, 10.0), NAMES[2]: tenure})
    groups = build_peer_groups(table, NAMES)
    never_twice = groups.peers({NAMES[0]: 890.0})  # no such band of rhythm: those of the same tenure
    assert never_twice.median(NAMES[2], Group.RHYTHM) == pytest.approx(750, abs=10)
    assert never_twice.median(NAMES[2], Group.EVERYBODY) == pytest.approx(450, abs=10)


def test_they_are_read_as_they_were_written(groups: PeerGroups) -> None:
    again = PeerGroups.from_table(groups.to_table())
    assert (again.columns, again.quantiles.keys()) == (groups.columns, groups.quantiles.keys())
    for cell, values in groups.quantiles.items():
        np.testing.assert_array_equal(again.quantiles[cell], values)
    np.testing.assert_array_equal(again.rhythm_cuts, groups.rhythm_cuts)


def test_the_newest_dates_with_enough_customers_who_stayed() -> None:
    days = [dt.date(2026, 1, 1), dt.date(2026, 2, 1), dt.date(2026, 3, 1)]
    rows = pa.table({
        "as_of": [day for day in days for _ in range(ENOUGH)],
        "churned": [0, 1] * (3 * ENOUGH // 2),
    })  # fmt: skip
    stayed = recent_stayers(rows)
    assert set(stayed["as_of"].to_pylist()) == set(days[1:])
    assert set(stayed["churned"].to_pylist()) == {0}

"""Levels whose customers churn more often than others, beyond chance."""

import numpy as np
import pyarrow as pa

from holdfast.explain.levels import find_risky_levels
from holdfast.explain.peers import PeerGroups, build_peer_groups


def snapshots(churned_of: dict[str, int], customers: int, dates: int = 1) -> pa.Table:
    """For each level so many customers at so many dates, the first of whom churned at every date."""
    rows = [
        (f"{level}{customer}", level or None, int(customer < churned))
        for level, churned in churned_of.items()
        for customer in range(customers)
        for _ in range(dates)
    ]
    names = ["customer_id", "profile__country__all", "churned"]
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})


def risky(rows: pa.Table) -> list[str]:
    return find_risky_levels(rows, ["profile__country__all"])["profile__country__all"]


def test_a_level_with_clearly_more_churn() -> None:
    assert risky(snapshots({"GR": 30, "LT": 10, "": 90}, 100)) == ["GR"]


def test_a_difference_within_chance_is_none() -> None:
    assert risky(snapshots({"GR": 12, "LT": 10}, 100)) == []
    assert risky(snapshots({"GR": 0, "LT": 0}, 100)) == []


def test_a_customer_who_churned_at_many_dates_counts_once() -> None:
    assert risky(snapshots({"GR": 3, "LT": 1}, 50, dates=20)) == []


def test_only_a_level_stays_the_same_share_whatever_the_type_of_its_column() -> None:
    rows = snapshots({"GR": 30, "LT": 10}, 100)
    encoded = rows.set_column(1, "profile__country__all", rows["profile__country__all"].dictionary_encode())
    assert risky(encoded) == ["GR"]


def test_they_are_stored_with_the_peers() -> None:
    stayed = pa.table({"recency__days__all": [20.0]})
    groups = build_peer_groups(stayed, ["recency__days__all"], {"profile__country__all": ["GR"]})
    stored = PeerGroups.from_table(groups.to_table())
    assert stored.risky_levels == {"profile__country__all": ["GR"]}
    assert stored.peers({"recency__days__all": np.nan}).risky_levels == stored.risky_levels

"""Levels of text columns whose customers churn more often than others: plans, countries and the like."""

from collections.abc import Iterable

import pyarrow as pa
from scipy.stats import binom

MAX_P = 0.05  # the probability of at least so many churned customers by chance


def find_risky_levels(rows: pa.Table, columns: Iterable[str]) -> dict[str, list[str]]:
    """Text column → the levels whose customers churned more often than all others, beyond chance.

    Churned customers are counted once a level, however many of their snapshots churned, and are compared with
    the level's share of all snapshots (the comparison of two Poisson rates; Przyborowski and Wilenski, 1940).

    Args:
        rows: labelled snapshots: customer_id, churned and the columns.
    """
    risky = {}
    for column in columns:
        frame = rows.select(["customer_id", "churned", column]).to_pandas().dropna(subset=[column])
        churned = frame[frame["churned"] == 1].drop_duplicates(["customer_id", column])
        shares, lost = frame[column].value_counts(normalize=True), churned[column].value_counts()
        chance = binom.sf(lost.to_numpy() - 1, len(churned), shares.reindex(lost.index).to_numpy())
        risky[column] = sorted(map(str, lost.index[chance < MAX_P]))
    return risky

"""Levels of text columns whose customers churn more often than others: plans, countries and the like."""

from collections.abc import Iterable

import pyarrow as pa
from scipy.stats import binomtest

MAX_P = 0.05  # one-sided, of a difference by chance


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
        snapshots, lost = frame[column].value_counts(), churned[column].value_counts()
        risky[column] = sorted(
            str(level)
            for level, count in lost.items()
            if count
            and binomtest(
                int(count), len(churned), snapshots[level] / len(frame), alternative="greater"
            ).pvalue
            < MAX_P
        )
    return risky

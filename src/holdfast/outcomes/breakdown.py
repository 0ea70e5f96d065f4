"""The effect by reason and by recommended action, with p-values adjusted for multiple comparisons."""

from typing import Any

import pandas as pd

from holdfast.metrics.shares import holm
from holdfast.outcomes.effect import NOTHING, measure_effect


def break_down(
    compared: pd.DataFrame, column: str, *, min_customers: int, replicates: int, seed: int
) -> list[dict[str, Any]]:
    """The effect for each value of a column that was known before the draw; the most customers first.

    Returns:
        One entry per value: `of` (None: no reason was given), customers of either group, the saved share with
        its interval, and `adjusted_p`: Fisher's exact test of no difference, adjusted for all values of the
        column by Holm (1979). A value with fewer than `min_customers`, listed or held out, has None.
    """
    effects = []
    for name, rows in compared.groupby(compared[column].fillna("")):
        counts = [int((rows["decision"] == group).sum()) for group in ("listed", "held_out")]
        enough = min(counts) >= min_customers
        saved = measure_effect(rows, replicates=replicates, seed=seed).saved if enough else NOTHING
        effects.append(
            {
                "of": str(name) or None, "listed": counts[0], "held_out": counts[1], "saved": saved.value,
                "low": saved.low, "high": saved.high, "p": exact_p(rows) if enough else None,
            }
        )  # fmt: skip
    return adjusted(sorted(effects, key=lambda entry: (-entry["listed"], str(entry["of"]))))


def exact_p(rows: pd.DataFrame) -> float:
    """Fisher's exact test; customers who count in several rounds are taken as several."""
    from scipy.stats import fisher_exact

    table = pd.crosstab(rows["decision"] == "listed", rows["churned"] > 0)
    table = table.reindex(index=[False, True], columns=[False, True], fill_value=0)
    return float(fisher_exact(table.to_numpy())[1])


def adjusted(effects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries with `adjusted_p` in place of `p`."""
    corrected = holm([entry.pop("p") for entry in effects])
    return [entry | {"adjusted_p": p} for entry, p in zip(effects, corrected, strict=True)]

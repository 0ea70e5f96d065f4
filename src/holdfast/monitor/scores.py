"""Drift of the churn probabilities: against the model's test, and from one scoring run to the next."""

import datetime as dt
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.metrics.bins import Bins, learn_bins
from holdfast.metrics.stability import by_chance, stability

HIGH = 0.9  # quantile of the test's probabilities above which a customer counts as at high risk

Floats = NDArray[np.float64]


class Scored(NamedTuple):
    """The probabilities of one scoring run."""

    as_of: dt.date
    model_version: str
    probability: Floats


class ScoreReference(NamedTuple):
    """The probabilities of a model's test, in bins."""

    bins: Bins
    counts: NDArray[np.int64]
    high: float  # the probability that a tenth of the test's rows lie above
    mean: float
    customers: int


def refer(probability: Floats, customers: int) -> ScoreReference | None:
    """The reference from the test predictions; None where there are none."""
    if not len(probability):
        return None
    bins = learn_bins(as_column(probability))
    return ScoreReference(
        bins, count(bins, probability), float(np.quantile(probability, HIGH)), float(probability.mean()),
        customers,
    )  # fmt: skip


def measure_scores(reference: ScoreReference | None, probability: Floats) -> dict[str, Any]:
    """One scoring run compared with the model's test.

    Returns:
        customers; mean: of the probabilities; high_share: share of the customers above HIGH of the test (no
        drift: 0.1); psi against the test, and by_chance, what it stays below without drift. All but the first
        two are null without a test.
    """
    figures: dict[str, Any] = {"customers": len(probability), "mean": float(np.mean(probability))}
    if reference is None:
        return {**figures, "high_share": None, "psi": None, "by_chance": None}
    return {
        **figures,
        "high_share": float((probability > reference.high).mean()),
        "psi": float(stability(reference.counts, count(reference.bins, probability))),
        "by_chance": by_chance(reference.customers, len(probability), reference.bins.count - 1),
    }


def follow_scores(runs: list[Scored], references: dict[str, ScoreReference | None]) -> pd.DataFrame:
    """One row a scoring run, key as_of, oldest first.

    Args:
        references: of each model version among the runs.

    Returns:
        model_version, the figures of `measure_scores` against the test of the run's model, and psi_before:
        the PSI against the run before, in that run's bins; null for the first.
    """
    rows, before = [], None
    for run in sorted(runs, key=lambda run: run.as_of):
        figures = measure_scores(references.get(run.model_version), run.probability)
        moved = None
        if before is not None:
            bins = learn_bins(as_column(before))
            moved = float(stability(count(bins, before), count(bins, run.probability)))
        rows.append(
            {"as_of": str(run.as_of), "model_version": run.model_version, **figures, "psi_before": moved}
        )
        before = run.probability
    names = ["as_of", "model_version", "customers", "mean", "high_share", "psi", "by_chance", "psi_before"]
    return pd.DataFrame(rows, columns=names)


def as_column(probability: Floats) -> pa.Array:
    """Probabilities as a column of features."""
    return pa.array(probability.astype(np.float32))


def count(bins: Bins, probability: Floats) -> NDArray[np.int64]:
    """(bins,) how many fall into each."""
    return np.bincount(bins.place(as_column(probability)), minlength=bins.count)

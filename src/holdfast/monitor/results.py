"""The metrics of earlier scoring runs whose outcome is known."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import log_loss, roc_auc_score

from holdfast.metrics.bootstrap import CustomerBootstrap
from holdfast.metrics.classification import CALIBRATION_BINS, calibration_error, quantile_bins
from holdfast.metrics.shares import wilson

FEWEST = 20  # of each, who left and who stayed, for figures of a group; fewer say nothing
REPLICATES = 100
DRAWN = 20_000  # rows that noise is judged by; of more, evenly spaced ones, which errs on the wide side
CHANCE_LEVEL = 0.95

Floats = NDArray[np.float64]

COLUMNS = [
    "as_of", "model_version", "fair", "group", "rows", "churned", "observed", "observed_low", "observed_high",
    "predicted", "auc", "auc_low", "auc_high", "log_loss", "ece", "ece_by_chance",
]  # fmt: skip


def grade_run(run: pd.DataFrame, about: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
    """The metrics of one earlier run: for all customers, and separately for those not contacted.

    Args:
        run: one row a customer: customer_id, churned (0 or 1), churn_probability, contacted (from the as-of
            date to the end of the outcome window), held_out (left off the list on purpose).
        about: as_of, model_version and fair, put before the figures.

    Returns:
        One row a group, see `grade_group`; a group without rows, or one that is everybody, has none.
    """
    groups = {
        "all": np.ones(len(run), bool),
        "not contacted": ~run["contacted"].to_numpy(bool),
        "held out": run["held_out"].to_numpy(bool),
    }
    return [
        {**about, "group": name, **grade_group(run[chosen], seed)}
        for name, chosen in groups.items()
        if name == "all" or 0 < chosen.sum() < len(run)
    ]


def grade_group(run: pd.DataFrame, seed: int) -> dict[str, Any]:
    """The metrics of some customers' scores.

    Returns:
        rows, churned (counts); observed: churn rate, with its 95% Wilson interval; predicted: mean
        probability; auc with its 95% interval from a bootstrap over customers, log_loss (nats a row);
        ece: calibration error, and ece_by_chance (see there). AUC, log loss and calibration error are null
        with fewer than FEWEST churned or retained customers.
    """
    churned, probability = run["churned"].to_numpy(np.float64), run["churn_probability"].to_numpy(np.float64)
    rows, left = len(run), int(churned.sum())
    metrics: dict[str, Any] = dict.fromkeys(COLUMNS[4:])
    metrics |= {"rows": rows, "churned": left}
    if not rows:
        return metrics
    low, high = wilson(left, rows)
    metrics |= {"observed": left / rows, "observed_low": float(low), "observed_high": float(high)}
    metrics["predicted"] = float(probability.mean())
    if min(left, rows - left) < FEWEST:
        return metrics
    ranked = float(roc_auc_score(churned, probability))
    metrics |= {"auc": ranked, "log_loss": float(log_loss(churned, probability, labels=[0, 1]))}
    metrics["ece"] = calibration_error(churned, probability)
    some = slice(None, None, -(-rows // DRAWN))
    names = run["customer_id"].to_numpy(object)[some]
    auc = CustomerBootstrap(names, seed, REPLICATES).interval("auc", churned[some], probability[some])
    if auc.value is not None and auc.low is not None and auc.high is not None:
        metrics["auc_low"] = ranked - (auc.value - auc.low)
        metrics["auc_high"] = ranked + (auc.high - auc.value)
    metrics["ece_by_chance"] = ece_by_chance(probability[some], seed)
    return metrics


def ece_by_chance(probability: Floats, seed: int) -> float:
    """The 95% quantile of the calibration error if every probability is right.

    Small groups have large errors by chance alone: outcomes are drawn with the probabilities themselves
    (consistency resampling: Bröcker & Smith 2007, Increasing the Reliability of Reliability Diagrams).
    """
    bins = quantile_bins(probability, CALIBRATION_BINS)
    random = np.random.default_rng(seed)
    errors = []
    for _ in range(REPLICATES):
        excess = np.bincount(bins, weights=probability - (random.random(len(probability)) < probability))
        errors.append(np.abs(excess).sum() / len(probability))
    return float(np.quantile(errors, CHANCE_LEVEL))


def drop(test: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[float, float] | None:
    """How far an AUC is below the test's, and the lower end of the 95% interval of the difference.

    For two independent metrics with their own intervals (MOVER: Zou & Donner 2008); None: unknown.
    """
    names = ("auc", "auc_low", "auc_high")
    if any(side.get(name) is None or math.isnan(side[name]) for side in (test, now) for name in names):
        return None
    by = test["auc"] - now["auc"]
    return by, by - math.hypot(test["auc"] - test["auc_low"], now["auc_high"] - now["auc"])


def spread_evenly(dates: Sequence[dt.date], most: int) -> list[dt.date]:
    """At most so many dates, evenly spaced, including the latest."""
    if len(dates) <= most:
        return list(dates)
    return [dates[round(place)] for place in np.linspace(len(dates) - 1, 0, most)][::-1]

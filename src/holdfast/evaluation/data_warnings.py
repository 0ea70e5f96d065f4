"""Warnings on the model card: too little data, too short a log, an AUC that is too good to be true."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from holdfast.audit.signals import PERFECT_AUC
from holdfast.evaluation.gate import CHANCE_AUC
from holdfast.evaluation.settings import GateSettings

MAX_NAMED = 5


@dataclasses.dataclass(frozen=True)
class TrainingSize:
    """How much data the tested model was fitted on.

    Attributes:
        customers: distinct customers.
        churned, stayed: snapshots.
        span_days: from the first training date to the end of the last one's outcome window.
        horizon_days: length of the outcome window.
    """

    customers: int
    churned: int
    stayed: int
    span_days: int
    horizon_days: int


def training_warnings(size: TrainingSize, settings: GateSettings) -> list[str]:
    """Warn where there is less training data than the settings ask for."""
    warnings = size_warnings(size.customers, size.churned, size.stayed, "training", settings)
    if size.span_days < settings.min_horizons * size.horizon_days:
        warnings.append(
            f"the training spans {size.span_days:,} days, {size.span_days / size.horizon_days:.1f} "
            "outcome windows: too short to learn how churn changes with the season"
        )
    return warnings


def test_set_warnings(
    churned: NDArray[Any], customers: NDArray[Any], test_by: str, settings: GateSettings
) -> list[str]:
    """Warn where there is less test data than the settings ask for."""
    positives = int(churned.sum())
    warnings = size_warnings(len(np.unique(customers)), positives, len(churned) - positives, "test", settings)
    if test_by == "customers":
        warnings.insert(
            0,
            "the log is too short to test on a later time: the test holds other customers of the same "
            "dates, and says nothing about how the model ages",
        )
    return warnings


def size_warnings(customers: int, churned: int, stayed: int, part: str, settings: GateSettings) -> list[str]:
    """Warn where the training or the test has few customers, or few snapshots of a class."""
    effect = "few examples to learn from" if part == "training" else "metrics are rough"
    counts = (
        (customers, "customers", settings.min_customers),
        (churned, "snapshots that churned", settings.min_churners),
        (stayed, "snapshots that stayed", settings.min_churners),
    )
    return [
        f"few {what} in the {part} ({count:,}): {effect}"
        for count, what, minimum in counts
        if count < minimum
    ]


def is_too_good(auc: float | None, simple: Iterable[float | None], settings: GateSettings) -> bool:
    """Whether an AUC is above `too_good_auc`, and no simple baseline comes near it.

    Where customers buy daily, silence alone ranks nearly as well as any model. A baseline comes near if its
    distance from a perfect 1 is at most twice that of the model. One whose AUC is PERFECT_AUC or more makes
    the model suspect: the dates of its facts may know the future, too.

    Args:
        simple: the AUC of each baseline that knows only the dates and amounts of facts; null: undefined.
    """
    if auc is None or auc <= settings.too_good_auc:
        return False
    best = max((value for value in simple if value is not None), default=CHANCE_AUC)
    return best >= PERFECT_AUC or 1 - best > 2 * (1 - auc)


def describe_too_good(auc: float, suspects: Mapping[str, float], settings: GateSettings) -> str:
    """Warn that the AUC is too good to be true, and name the columns with the highest AUC alone."""
    warning = (
        f"AUC {auc:.3f} is too good to be true (above {settings.too_good_auc:g}): a column probably knows "
        "the future"
    )
    if suspects:
        best = sorted(suspects, key=lambda name: (-suspects[name], name))
        named = ", ".join(f"{name} (AUC {suspects[name]:.3f} alone)" for name in best[:MAX_NAMED])
        more = f" and {len(best) - MAX_NAMED} more" if len(best) > MAX_NAMED else ""
        warning += f"; look first at {named}{more}"
    return warning

"""What is thin about the data behind a card, in words: nothing is refused here, but the reader must know."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from holdfast.evaluation.settings import GateSettings

MOST_NAMED = 5


@dataclasses.dataclass(frozen=True)
class Ground:
    """What the judged fit has learned from.

    Attributes:
        customers: different ones.
        churned, stayed: snapshots.
        span_days: from the first training date until the last one's outcome was over.
        horizon_days: of the outcome.
    """

    customers: int
    churned: int
    stayed: int
    span_days: int
    horizon_days: int


def ground_warnings(ground: Ground, limits: GateSettings) -> list[str]:
    """What is thin about the training."""
    warnings = []
    if ground.customers < limits.few_customers:
        warnings.append(f"only {ground.customers:,} customers in training: it knows few of their ways")
    for count, did in ((ground.churned, "churned"), (ground.stayed, "stayed")):
        if count < limits.few_churners:
            warnings.append(f"only {count:,} snapshots of the training {did}: it has seen few examples")
    if ground.span_days < limits.few_horizons * ground.horizon_days:
        warnings.append(
            f"the training spans {ground.span_days:,} days, {ground.span_days / ground.horizon_days:.1f} "
            "outcome windows: it has seen little of how churn changes"
        )
    return warnings


def floor_warnings(
    churned: NDArray[Any], customers: NDArray[Any], by: str, limits: GateSettings
) -> list[str]:
    """What is thin about the test."""
    rows, churners, names = len(churned), int(churned.sum()), len(np.unique(customers))
    warnings = []
    if by == "customers":
        warnings.append(
            "the log is too short to test on a later time: the test holds other customers of the same "
            "dates, and says nothing about how the model ages"
        )
    for count, did in ((churners, "churned"), (rows - churners, "stayed")):
        if count < limits.few_churners:
            warnings.append(f"only {count:,} of {rows:,} test snapshots {did}: figures are rough")
    if names < limits.few_customers:
        warnings.append(f"only {names:,} customers in the test: figures are rough")
    return warnings


def leak_warning(auc: float, suspects: Mapping[str, float]) -> str:
    """Too good to be true, and which columns to look at first (AUC of each alone)."""
    found = f"AUC {auc:.3f} is too good to be true: a column probably knows the future"
    if suspects:
        best = sorted(suspects, key=lambda name: (-suspects[name], name))
        named = ", ".join(f"{name} (AUC {suspects[name]:.3f} alone)" for name in best[:MOST_NAMED])
        more = f" and {len(best) - MOST_NAMED} more" if len(best) > MOST_NAMED else ""
        found += f"; look first at {named}{more}"
    return f"{found}. Run `holdfast audit` before anyone is called by this model"

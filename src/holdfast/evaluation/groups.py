"""How good predictions are in each part of the rows: segments, terciles, as-of dates."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from holdfast.evaluation.intervals import Interval, intervals
from holdfast.evaluation.metrics import LIST_METRICS, METRICS
from holdfast.evaluation.weighted import WEIGHTED

Array = NDArray[Any]

FIGURES = ("auc", "log_loss", "ece", "gap")
FEWEST_ROWS, FEWEST_OF_A_CLASS = 200, 20  # snapshots; of fewer, no figure means anything
REPLICATES = 100  # half of the usual: they are many
MOST_LEVELS = 10  # the largest of an attribute
CHANCE = 0.05  # that any group at all is called weak where none is


@dataclasses.dataclass(frozen=True)
class Predictions:
    """Rows with what was said and what happened.

    Attributes:
        churned, probability: (rows,)
        customers: (rows,) whose they are; a bootstrap draws customers.
        as_of: (rows,) the date of each, as YYYY-MM-DD; None: not known.
        days_after: (rows,) days since the newest date that their fit was trained on; None: other customers
            of the same dates.
    """

    churned: Array
    probability: Array
    customers: Array
    as_of: Array | None = None
    days_after: Array | None = None

    def only(self, rows: NDArray[np.bool_]) -> "Predictions":
        """Some of the rows."""
        return Predictions(
            *(
                None if values is None else values[rows]  # type: ignore[arg-type]  # the last two may be None
                for values in (getattr(self, field.name) for field in dataclasses.fields(self))
            )
        )


def judge_groups(
    rows: Predictions, labels: Mapping[str, Array], list_share: float, seed: int
) -> list[dict[str, Any]]:
    """Each group that is large enough, attribute by attribute, the largest groups first.

    Args:
        labels: for each attribute the (rows,) group of each row, as text; None: in no group.

    Returns:
        For each: attribute, group, all of `metrics.grade_predictions`, predicted (mean probability),
        intervals of `FIGURES` (`gap`: predicted minus the share that churned), weak (see `find_weak`).
    """
    found = []
    for attribute, groups in labels.items():
        known = np.array([group is not None for group in groups], dtype=bool)
        names, sizes = np.unique(groups[known].astype(str), return_counts=True)
        for name in names[np.argsort(-sizes, kind="stable")][:MOST_LEVELS]:
            inside = rows.only(known & (groups.astype(str) == name))
            if large_enough(inside.churned):
                found.append({"attribute": attribute, "group": name, **judge_part(inside, list_share, seed)})
    return found


def large_enough(churned: Array) -> bool:
    """Whether figures of a group mean anything."""
    left = int(churned.sum())
    return len(churned) >= FEWEST_ROWS and min(left, len(churned) - left) >= FEWEST_OF_A_CLASS


def judge_part(rows: Predictions, list_share: float, seed: int) -> dict[str, Any]:
    """The figures of some rows as JSON holds them."""
    spans = intervals(rows.churned, rows.probability, rows.customers, WEIGHTED, REPLICATES, seed, list_share)
    count = len(rows.churned)
    return {
        **{name: spans[name].value for name in (*METRICS, *LIST_METRICS)},
        "rows": count,
        "churned": int(rows.churned.sum()),
        "base_rate": float(rows.churned.mean()) if count else None,
        "predicted": float(rows.probability.mean()) if count else None,
        "intervals": {name: dataclasses.asdict(spans[name]) for name in FIGURES},
    }


def judge_dates(rows: Predictions, part: str, list_share: float, seed: int) -> list[dict[str, Any]]:
    """Each as-of date, oldest first: as_of, part, days_after_training, and what `judge_part` gives."""
    if rows.as_of is None:
        return []
    found = []
    for day in np.unique(rows.as_of):
        inside = rows.only(rows.as_of == day)
        days = None if inside.days_after is None else int(inside.days_after[0])
        found.append(
            {"as_of": str(day), "part": part, "days_after_training": days}
            | judge_part(inside, list_share, seed)
        )
    return found


def find_weak(groups: list[dict[str, Any]], auc: float | None, gap: float) -> None:
    """Write into each group what is weak there beyond noise: `auc`; `too_low`, `too_high` (probabilities).

    A group is held against all rows, with its bootstrap deviation. The bar rises with the number of groups
    (Bonferroni), so that one in twenty such tables, not one in twenty groups, holds a false alarm.
    """
    bar = float(norm.isf(CHANCE / 2 / max(1, 2 * len(groups))))
    for group in groups:
        weak = []
        if auc is not None and distance(group, "auc", auc) < -bar:
            weak.append("auc")
        off = distance(group, "gap", gap)
        if abs(off) > bar:
            weak.append("too_high" if off > 0 else "too_low")
        group["weak"] = weak


def distance(group: Mapping[str, Any], figure: str, of_all: float) -> float:
    """How many deviations a group's figure lies above that of all rows; 0 where it has no interval."""
    span = Interval(**group["intervals"][figure])
    if span.value is None or not span.deviation:
        return 0.0
    return (span.value - of_all) / span.deviation


def terciles(values: Array, unit: str) -> Array:
    """(rows,) `up to 90 days`, `90 to 400 days`, `above 400 days` of numbers; None: null, or all alike."""
    groups = np.full(len(values), None, dtype=object)
    known = np.isfinite(values)
    if not known.any():
        return groups
    low, high = (float(f"{edge:.2g}") for edge in np.quantile(values[known], (1 / 3, 2 / 3)))
    if low >= high:
        return groups
    groups[known] = f"{low:,.10g} to {high:,.10g} {unit}"
    groups[known & (values <= low)] = f"up to {low:,.10g} {unit}"
    groups[known & (values > high)] = f"above {high:,.10g} {unit}"
    return groups

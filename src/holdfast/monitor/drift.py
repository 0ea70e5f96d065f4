"""Drift of a model's inputs: which columns moved or broke, and their share of the feature importance."""

import datetime as dt
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.metrics.stability import between, by_chance, stability
from holdfast.monitor.profile import Profile, Reference
from holdfast.monitor.settings import MonitorSettings

State = Literal["broken", "strong drift", "drift", "seasonal", "stable"]
STATES: tuple[State, ...] = ("broken", "strong drift", "drift", "seasonal", "stable")

IMPOSSIBLE = 1e-6  # probability below which an empty or constant column is no accident
NULLS_APART = 0.02  # share of nulls beyond that of all training dates that still counts as theirs
UNSEEN_SHARE = 0.05  # of the rows: so many in levels that the reference lacks are a break

Counts = NDArray[np.int64]


def measure_inputs(
    profile: Profile, counted: pa.Table, as_of: dt.date, settings: MonitorSettings
) -> pd.DataFrame:
    """The drift of every column that the model reads, the most important drift first.

    Returns:
        One row a feature, key feature:
        state: `broken` (see `breakage`); `strong drift` or `drift`: the PSI against all training rows, and
        against each training date, is above a threshold and above what chance explains; `seasonal`: only the
        PSI against all is, because one training date is alike, or because the known values differ no more
        than training dates so far apart differ from each other; `stable`.
        breakage: what broke, in words.
        importance: share of the feature importance.
        psi: against all training rows; by_chance: what the PSI stays below without drift.
        alike, alike_psi: the most similar training date, and the PSI against it.
        usual_psi: see `usual_distance`, for dates as far apart as `as_of` is from the last training date.
        missing_then, missing_now: share of nulls. mean_then, mean_now: of known numbers.
    """
    rows = {row["feature"]: row for row in counted.to_pylist()}
    apart = days_apart(profile.dates)
    far_enough = apart >= (as_of - profile.dates[-1]).days
    measured = [
        measure_column(name, reference, rows[name], profile, far_enough, settings)
        for name, reference in profile.columns.items()
    ]
    frame = pd.DataFrame(measured, columns=COLUMNS)
    weight = frame["importance"].sum()
    frame["importance"] = frame["importance"] / weight if weight > 0 else 1 / max(1, len(frame))
    # far or not, what moved is ordered by how far it moved times how much it matters
    severity = frame["state"].replace("strong drift", "drift").map(STATES.index)
    frame = frame.assign(severity=severity, weight=frame["importance"] * frame["alike_psi"])
    order = ["severity", "weight", "feature"]
    frame = frame.sort_values(order, ascending=[True, False, True], ignore_index=True)
    return frame[COLUMNS]


COLUMNS = [
    "feature", "state", "breakage", "importance", "psi", "by_chance", "alike", "alike_psi", "usual_psi",
    "missing_then", "missing_now", "mean_then", "mean_now",
]  # fmt: skip


def days_apart(dates: tuple[dt.date, ...]) -> NDArray[np.int64]:
    """(dates, dates) days between any two."""
    days = np.array([date.toordinal() for date in dates], np.int64)
    apart: NDArray[np.int64] = np.abs(days[:, None] - days[None, :])
    return apart


def measure_column(
    name: str, reference: Reference, seen: dict[str, Any], profile: Profile, far_enough: NDArray[np.bool_],
    settings: MonitorSettings,
) -> dict[str, Any]:  # fmt: skip
    """One row of `measure_inputs`, its importance not yet a share."""
    now, then = np.array(seen["counts"], np.int64), reference.counts.sum(axis=0)
    psi, alike = float(stability(then, now)), stability(reference.counts, now)
    nearest = int(np.argmin(alike))
    compared, bins = len(profile.columns), int(((then + now) > 0).sum())
    chance = by_chance(profile.customers, float(now.sum()), bins, compared)
    chance_alike = by_chance(float(reference.counts[nearest].sum()), float(now.sum()), bins, compared)
    usual = usual_distance(reference.counts, far_enough)
    breakage = broken(reference, now, seen)
    state: State = "stable"
    if breakage:
        state = "broken"
    elif psi >= settings.psi_watch and psi > chance:
        occurred_before = alike[nearest] < settings.psi_watch or alike[nearest] <= chance_alike
        is_seasonal = occurred_before or as_usual(reference.counts, now, usual)
        state = "drift" if min(psi, alike[nearest]) < settings.psi_large else "strong drift"
        state = "seasonal" if is_seasonal else state
    return {
        "feature": name, "state": state, "breakage": breakage, "importance": reference.importance,
        "psi": psi, "by_chance": chance,
        "alike": str(profile.dates[nearest]), "alike_psi": float(alike[nearest]), "usual_psi": usual,
        "missing_then": float(then[-1] / then.sum()), "missing_now": float(now[-1] / now.sum()),
        "mean_then": reference.mean, "mean_now": seen["mean"],
    }  # fmt: skip


def usual_distance(counts: Counts, far_enough: NDArray[np.bool_]) -> float | None:
    """The median over the training dates of the PSI to the most similar date that is far enough in time.

    Only known values count: a window longer than the log is empty at the first dates, and the step from empty
    to filled would excuse anything.
    """
    filled = counts[:, :-1].any(axis=1)
    chosen = far_enough[np.ix_(filled, filled)]
    if not chosen.any():
        return None
    nearest = np.where(chosen, between(counts[filled, :-1]), np.inf).min(axis=1)
    return float(np.median(nearest[chosen.any(axis=1)]))


def as_usual(counts: Counts, now: Counts, usual: float | None) -> bool:
    """Whether today's column differs from the nearest training date no more than training dates differ.

    The share of nulls must also lie within the shares seen at the training dates.
    """
    if usual is None:
        return False
    filled = counts[:, :-1].any(axis=1)
    missing, missing_now = counts[:, -1] / counts.sum(axis=1), now[-1] / now.sum()
    in_range = missing.min() - NULLS_APART <= missing_now <= missing.max() + NULLS_APART
    return bool(in_range and stability(counts[filled, :-1], now[:-1]).min() <= usual)


def broken(reference: Reference, now: Counts, seen: dict[str, Any]) -> str:
    """How a column looks broken: all null, one value for everybody, or levels never seen before; else empty.

    Such a column is broken only if chance is next to impossible as the cause. Nulls are compared with the
    newest date (at the first dates long windows are empty), a single value with the date that has the
    least variety (a survey is sent to all on one day).
    """
    rows, newest = int(now.sum()), reference.counts[-1]
    known, known_then = rows - int(now[-1]), reference.counts[:, :-1].sum(axis=1)
    if not known and accident(int(newest[-1]), int(newest.sum()), rows) < IMPOSSIBLE:
        return "all null"
    if seen["constant"]:
        largest = reference.counts[:, :-1].max(axis=1)
        dates = [(int(most), int(of)) for most, of in zip(largest, known_then, strict=True) if of]
        if dates and max(accident(most, of, known) for most, of in dates) < IMPOSSIBLE:
            return "the same value for everybody"
    new_level = reference.bins.levels is not None and not reference.counts[:, -2].any()
    if new_level and now[-2] / max(1, rows) >= UNSEEN_SHARE and seen["unseen"]:
        shown = ", ".join(f"'{level[:40]}'" for level in seen["unseen"][:3])
        return f"unseen: {shown} ({now[-2] / rows:.0%} of customers)"
    return ""


def accident(count: int, rows: int, draws: int) -> float:
    """The probability that all of `draws` rows have a value that `count` of `rows` had."""
    return float(((count + 0.5) / (rows + 1)) ** draws) if rows else 1.0


def summarise(drift: pd.DataFrame) -> dict[str, Any]:
    """The figures of `measure_inputs` that a run logs.

    Returns:
        columns; the number in each state; the share of importance that is broken, has drift or strong drift;
        the largest psi, and the first three columns that broke or have drift.
    """
    weight = drift.groupby("state")["importance"].sum()
    shares = {state: float(weight.get(state, 0.0)) for state in STATES}
    counts = drift["state"].value_counts()
    named = drift.loc[drift["state"].isin(("broken", "strong drift", "drift")), "feature"]
    return {
        "columns": len(drift),
        "states": {state: int(counts.get(state, 0)) for state in STATES},
        "importance_broken": shares["broken"],
        "importance_drift": shares["drift"] + shares["strong drift"],
        "importance_strong_drift": shares["strong drift"],
        "psi_max": float(drift["psi"].max()) if len(drift) else None,
        "first": named.head(3).tolist(),
    }

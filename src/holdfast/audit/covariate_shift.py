"""Covariate shift from the oldest training snapshots to today: nulls, categories and PSI of each column."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.findings import Finding, Severity
from holdfast.metrics.bins import learn_bins
from holdfast.metrics.stability import stability

EMPTY, FULL = 0.95, 0.05  # a column is empty from this share of nulls on, and filled up to that one
FREQUENT = 0.05  # share of rows from which a category is reported when it appears or disappears
MIN_ROWS = 200


@dataclasses.dataclass(frozen=True)
class CovariateShift:
    """The shift of one column from the oldest training snapshots to the newest as-of date.

    Attributes:
        psi: population stability index (see `metrics.stability`) in the bins of the old values. Counts that
            grow with customer age always shift.
        missing_old, missing_new: share of nulls.
        gone, come: frequent categories that disappeared or appeared.
    """

    column: str
    psi: float
    missing_old: float
    missing_new: float
    gone: tuple[str, ...] = ()
    come: tuple[str, ...] = ()


def measure_shifts(old: pa.Table, new: pa.Table, columns: Sequence[str]) -> list[CovariateShift]:
    """The shift of each feature; empty if either side has too few rows."""
    if min(old.num_rows, new.num_rows) < MIN_ROWS:
        return []
    return [measure_shift(name, old[name].combine_chunks(), new[name].combine_chunks()) for name in columns]


def measure_shift(name: str, old: pa.Array, new: pa.Array) -> CovariateShift:
    """The shift of one column."""
    bins, missing = learn_bins(old), (old.null_count / len(old), new.null_count / len(new))
    was, now = (np.bincount(bins.place(values), minlength=bins.count) for values in (old, new))
    psi = float(stability(was, now))
    if bins.levels is None:
        return CovariateShift(name, psi, *missing)
    before, after = level_shares(old), level_shares(new)
    gone = sorted(level for level, share in before.items() if share >= FREQUENT and level not in after)
    come = sorted(level for level, share in after.items() if share >= FREQUENT and level not in before)
    return CovariateShift(name, psi, *missing, tuple(gone), tuple(come))


def level_shares(values: pa.Array) -> dict[str, float]:
    """Level → its share of all rows."""
    counts = pc.value_counts(pc.cast(values, pa.string()).drop_null())
    return {row["values"]: row["counts"] / len(values) for row in counts.to_pylist()}


def judge_shifts(shifts: Sequence[CovariateShift], tables: Mapping[str, str]) -> list[Finding]:
    """Findings about columns filled on one side only, by feature family, and about new and lost categories.

    `began_being_filled` counts only features over all history: a window fills up anyway as the log grows.
    """
    stopped = [shift for shift in shifts if shift.missing_old <= FULL and shift.missing_new >= EMPTY]
    began = [
        shift
        for shift in shifts
        if shift.missing_old >= EMPTY and shift.missing_new <= FULL and shift.column.endswith("__all")
    ]
    findings = [
        fill_finding(family, tables, rule)
        for rule, group in (("stopped_being_filled", stopped), ("began_being_filled", began))
        for family in by_family(group)
    ]
    for shift in shifts:
        for rule, levels, text in (
            ("level_gone", shift.gone, "at the oldest training dates, nobody has it at the newest"),
            ("level_new", shift.come, "at the newest date, nobody had it at the oldest training dates"),
        ):
            if levels:
                severity: Severity = "suspicious" if rule == "level_gone" else "note"
                table = tables.get(shift.column, "")
                shown = ", ".join(f"'{level[:40]}'" for level in levels[:5])
                evidence = f"{shown}: over {FREQUENT:.0%} of customers have it {text}"
                remedy = f"if the source renamed it, map both names to one in tables.{table}.columns"
                findings.append(Finding(severity, rule, table, (shift.column,), evidence, remedy))
    return findings


def by_family(shifts: Sequence[CovariateShift]) -> list[list[CovariateShift]]:
    """The shifts grouped by feature family."""
    families: dict[str, list[CovariateShift]] = {}
    for shift in shifts:
        families.setdefault(shift.column.partition("__")[0], []).append(shift)
    return list(families.values())


def fill_finding(shifts: Sequence[CovariateShift], tables: Mapping[str, str], rule: str) -> Finding:
    """The finding for the columns of one family that are filled on one side only."""
    first = shifts[0]
    table = tables.get(first.column, "")
    columns = tuple(shift.column for shift in shifts)
    evidence = (
        f"null in {first.missing_old:.0%} of the oldest training snapshots, in {first.missing_new:.0%} "
        f"at the newest date ({first.column})"
    )
    remedy = (
        f"check in data/validated/ when the columns of {table} are filled; unmap the empty ones, or train "
        f"with features.families.{first.column.partition('__')[0]}=false"
    )
    return Finding("suspicious", rule, table, columns, evidence, remedy)

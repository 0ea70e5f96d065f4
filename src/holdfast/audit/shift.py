"""Columns that began or stopped being filled between the oldest training snapshots and today."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.audit.findings import Finding

BINS = 10
FLOOR = 1e-4  # share of an empty bin, so that its logarithm exists
EMPTY, FULL = 0.95, 0.05  # share of nulls from which a column counts as empty, up to which as filled
FREQUENT = 0.05  # share of rows from which a level is missed when it is gone
FEWEST_ROWS = 200

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Shift:
    """How one column moved from the oldest training snapshots to the newest as-of date.

    Attributes:
        psi: population stability index over tenths of the old values (or levels) and nulls; 0 is no shift,
            above 0.25 is usually called large. Counts that grow with a customer's age shift by nature.
        missing_old, missing_new: share of nulls.
        gone, come: frequent levels that disappeared, or are new.
    """

    column: str
    psi: float
    missing_old: float
    missing_new: float
    gone: tuple[str, ...] = ()
    come: tuple[str, ...] = ()


def measure_shifts(old: pa.Table, new: pa.Table, columns: Sequence[str]) -> list[Shift]:
    """The shift of each feature; nothing where either side has too few rows to say."""
    if min(old.num_rows, new.num_rows) < FEWEST_ROWS:
        return []
    return [shift(name, old[name].combine_chunks(), new[name].combine_chunks()) for name in columns]


def shift(name: str, old: pa.Array, new: pa.Array) -> Shift:
    """The shift of one column."""
    missing = old.null_count / len(old), new.null_count / len(new)
    if pa.types.is_dictionary(old.type):
        was, now = level_shares(old), level_shares(new)
        levels = sorted({*was, *now})
        parts = [np.array([share.get(level, 0.0) for level in levels]) for share in (was, now)]
        gone = tuple(level for level in levels if was.get(level, 0.0) >= FREQUENT and level not in now)
        come = tuple(level for level in levels if now.get(level, 0.0) >= FREQUENT and level not in was)
        return Shift(name, stability(parts[0], parts[1], *missing), *missing, gone, come)
    was_values, now_values = (
        np.asarray(array.drop_null().to_numpy(zero_copy_only=False), np.float64) for array in (old, new)
    )
    edges = np.unique(np.quantile(was_values, np.arange(1, BINS) / BINS)) if len(was_values) else np.empty(0)
    parts = [
        np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1) / size
        for values, size in ((was_values, len(old)), (now_values, len(new)))
    ]
    return Shift(name, stability(parts[0], parts[1], *missing), *missing)


def level_shares(values: pa.Array) -> dict[str, float]:
    """Level → its share of all rows."""
    counts = pc.value_counts(pc.cast(values, pa.string()).drop_null())
    return {row["values"]: row["counts"] / len(values) for row in counts.to_pylist()}


def stability(was: Floats, now: Floats, missing_was: float, missing_now: float) -> float:
    """The population stability index of two sets of shares (sum of (now - was) · ln(now / was))."""
    old = np.maximum(np.append(was, missing_was), FLOOR)
    new = np.maximum(np.append(now, missing_now), FLOOR)
    return float(((new - old) * np.log(new / old)).sum())


def judge_shifts(shifts: Sequence[Shift], tables: Mapping[str, str]) -> list[Finding]:
    """Columns that are filled on one side only, and frequent levels that disappeared; one a family.

    Windows fill up as a log grows longer: that a column began counts only for those over all history.
    """
    stopped = [one for one in shifts if one.missing_old <= FULL and one.missing_new >= EMPTY]
    began = [
        one
        for one in shifts
        if one.missing_old >= EMPTY and one.missing_new <= FULL and one.column.endswith("__all")
    ]
    found = [
        filled(several, tables, rule)
        for rule, group in (("stopped_being_filled", stopped), ("began_being_filled", began))
        for several in by_family(group)
    ]
    for one in shifts:
        for rule, levels, text in (
            ("level_gone", one.gone, "at the oldest training dates, nobody has it at the newest"),
            ("level_new", one.come, "at the newest date, nobody had it at the oldest training dates"),
        ):
            if levels:
                table = tables.get(one.column, "")
                shown = ", ".join(f"'{level[:40]}'" for level in levels[:5])
                found.append(
                    Finding(
                        "suspicious" if rule == "level_gone" else "note",
                        rule,
                        table,
                        (one.column,),
                        f"{shown}: over {FREQUENT:.0%} of customers have it {text}",
                        f"see whether the source renamed it: map both to one word in tables.{table}.columns",
                    )
                )
    return found


def by_family(shifts: Sequence[Shift]) -> list[list[Shift]]:
    """Shifts of one family together."""
    families: dict[str, list[Shift]] = {}
    for one in shifts:
        families.setdefault(one.column.partition("__")[0], []).append(one)
    return list(families.values())


def filled(several: Sequence[Shift], tables: Mapping[str, str], rule: str) -> Finding:
    """The finding of a family's columns that are filled on one side only."""
    first = several[0]
    table = tables.get(first.column, "")
    return Finding(
        "suspicious",
        rule,
        table,
        tuple(one.column for one in several),
        f"null in {first.missing_old:.0%} of the oldest training snapshots, in {first.missing_new:.0%} "
        f"at the newest date ({first.column})",
        f"see in data/validated/ when the columns of {table} are filled; unmap what is not, or train without "
        f"features.families.{first.column.partition('__')[0]}=false",
    )

"""The proof by experiment: features of the whole log against those of logs with the same past."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.audit.findings import Finding

VARIANTS = {
    "deleted": "the future deleted",
    "scrambled": "the future invented anew",
}
KEYS = ("customer_id", "as_of", "churned")
ELIGIBLE = "who is eligible"  # stands for a column where the rows themselves differ


@dataclasses.dataclass(frozen=True)
class Difference:
    """One column that came out otherwise at one date, so that it has seen the future.

    Attributes:
        column: the feature; ELIGIBLE where the rows are not the same.
        as_of: the date.
        variant: which other log showed it (a key of VARIANTS).
        rows: how many rows differ.
        largest: the largest distance between two numbers; None for levels, and where no row has both.
        example: the value of the whole log and that of the other one, as text; levels are not named.
    """

    column: str
    as_of: str
    variant: str
    rows: int
    largest: float | None
    example: tuple[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The difference as JSON holds it."""
        return {**dataclasses.asdict(self), "example": list(self.example)}


def compare(whole: pa.Table, other: pa.Table, as_of: str, variant: str) -> list[Difference]:
    """Every feature that is not bit-identical in two tables of features, in the order of the columns.

    Args:
        whole, other: what `engine.extract` makes at one date; key customer_id, sorted by it.
    """
    found = []
    left, right = (table["customer_id"].combine_chunks() for table in (whole, other))
    if not left.equals(right):
        missing = len(left) - pc.sum(pc.is_in(left, value_set=right)).as_py()
        added = len(right) - pc.sum(pc.is_in(right, value_set=left)).as_py()
        example = (f"{len(left):,} customers", f"{len(right):,} customers")
        found.append(Difference(ELIGIBLE, as_of, variant, missing + added, None, example))
        whole = whole.filter(pc.is_in(left, value_set=right))
        other = other.filter(pc.is_in(right, value_set=left))
    for name in whole.column_names:
        if name not in KEYS:
            apart = distance(whole[name].combine_chunks(), other[name].combine_chunks())
            if apart is not None:
                found.append(Difference(name, as_of, variant, *apart))
    return found


def distance(whole: pa.Array, other: pa.Array) -> tuple[int, float | None, tuple[str, str]] | None:
    """How many rows differ, the largest distance, and an example; None where no bit does."""
    if pa.types.is_dictionary(whole.type):
        return distance_of_levels(whole, other)
    left, right = (array.to_numpy(zero_copy_only=False).astype(np.float32) for array in (whole, other))
    differ = bits(left) != bits(right)
    if not differ.any():
        return None
    apart = np.abs(left[differ].astype(np.float64) - right[differ].astype(np.float64))
    both = np.flatnonzero(~np.isnan(apart))
    largest = float(apart[both].max()) if len(both) else None
    at = np.flatnonzero(differ)[both[apart[both].argmax()] if len(both) else 0]
    return int(differ.sum()), largest, (shown(left[at]), shown(right[at]))


def distance_of_levels(whole: pa.Array, other: pa.Array) -> tuple[int, None, tuple[str, str]] | None:
    """The same for levels, which are compared by their texts: codes belong to a bucket."""
    left, right = (pc.cast(array, pa.string()).to_numpy(zero_copy_only=False) for array in (whole, other))
    differ = left != right
    if not differ.any():
        return None
    at = int(np.flatnonzero(differ)[0])
    texts = ("null" if left[at] is None else "a level", "null" if right[at] is None else "another level")
    return int(differ.sum()), None, texts


def bits(values: NDArray[np.float32]) -> NDArray[np.int32]:
    """The bits of each number; one pattern for every null."""
    return np.where(np.isnan(values), np.float32(np.nan), values).view(np.int32)


def shown(value: np.float32) -> str:
    """A value as text."""
    return "null" if np.isnan(value) else f"{value:.6g}"


def findings_of(differences: list[Difference], tables: Mapping[str, str]) -> list[Finding]:
    """One leak for each column that differs anywhere.

    Args:
        differences: of all dates and variants.
        tables: column → the contract table that it is made from.
    """
    by_column: dict[str, list[Difference]] = {}
    for difference in differences:
        by_column.setdefault(difference.column, []).append(difference)
    return [
        Finding("leak", "sees_the_future", tables.get(column, ""), (column,), told(several), remedy(column))
        for column, several in by_column.items()
    ]


def told(several: list[Difference]) -> str:
    """How one column came out otherwise, in figures."""
    worst = max(several, key=lambda one: (one.rows, one.largest or 0.0))
    dates = len({one.as_of for one in several})
    logs = " and with ".join(VARIANTS[variant] for variant in sorted({one.variant for one in several}))
    apart = "" if worst.largest is None else f", by up to {worst.largest:.6g}"
    return (
        f"differs at {dates} of the dates with {logs}: {worst.rows:,} rows as of {worst.as_of}{apart} "
        f"(one is {worst.example[0]} instead of {worst.example[1]})"
    )


def remedy(column: str) -> str:
    """Where to look for the reason that a column sees the future."""
    if column == ELIGIBLE:
        return "look at how the cohort of conf/churn/ is taken: it rests on facts known later"
    family = column.partition("__")[0]
    return (
        f"until it is mended, train without it: features.families.{family}=false; the fact it reads is given "
        "an earlier known_at than it had (streams/), or looks at facts not yet known"
    )

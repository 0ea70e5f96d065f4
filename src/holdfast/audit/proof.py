"""Compare the features of the full log with those of a log whose future was changed."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.audit.findings import Finding
from holdfast.features.summary import LABELS

VARIANTS = {
    "deleted": "the future deleted",
    "scrambled": "the future randomised",
}
KEYS = ("customer_id", "as_of", *LABELS)
ELIGIBLE = "who is eligible"  # the column name of a difference between the sets of customers


@dataclasses.dataclass(frozen=True)
class Difference:
    """One column that changed with the future at one date, so it leaks.

    Attributes:
        column: the feature; ELIGIBLE where the sets of customers differ.
        variant: the changed log (a key of VARIANTS).
        rows: how many rows differ.
        largest: the largest absolute difference; None for categories, or where no row has both numbers.
        example: the values on the full and on the changed log, as text; categories are not named.
    """

    column: str
    as_of: str
    variant: str
    rows: int
    largest: float | None
    example: tuple[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The difference for JSON."""
        return {**dataclasses.asdict(self), "example": list(self.example)}


def compare(whole: pa.Table, other: pa.Table, as_of: str, variant: str) -> list[Difference]:
    """Every feature that is not bit-identical in two feature tables, in the order of the columns.

    Both tables hold the features at one date, sorted by customer_id.
    """
    differences = []
    left, right = (table["customer_id"].combine_chunks() for table in (whole, other))
    if not left.equals(right):
        missing = len(left) - pc.sum(pc.is_in(left, value_set=right)).as_py()
        added = len(right) - pc.sum(pc.is_in(right, value_set=left)).as_py()
        example = (f"{len(left):,} customers", f"{len(right):,} customers")
        differences.append(Difference(ELIGIBLE, as_of, variant, missing + added, None, example))
        whole = whole.filter(pc.is_in(left, value_set=right))
        other = other.filter(pc.is_in(right, value_set=left))
    for name in whole.column_names:
        if name not in KEYS:
            difference = distance(whole[name].combine_chunks(), other[name].combine_chunks())
            if difference is not None:
                differences.append(Difference(name, as_of, variant, *difference))
    return differences


def distance(whole: pa.Array, other: pa.Array) -> tuple[int, float | None, tuple[str, str]] | None:
    """The number of differing rows, the largest difference and an example; None if all bits are equal."""
    if pa.types.is_dictionary(whole.type):
        return distance_of_levels(whole, other)
    left, right = (array.to_numpy(zero_copy_only=False).astype(np.float32) for array in (whole, other))
    differ = bits(left) != bits(right)
    if not differ.any():
        return None
    gap = np.abs(left[differ].astype(np.float64) - right[differ].astype(np.float64))
    both = np.flatnonzero(~np.isnan(gap))
    largest = float(gap[both].max()) if len(both) else None
    row = np.flatnonzero(differ)[both[gap[both].argmax()] if len(both) else 0]
    example = tuple("null" if np.isnan(value) else f"{value:.6g}" for value in (left[row], right[row]))
    return int(differ.sum()), largest, (example[0], example[1])


def distance_of_levels(whole: pa.Array, other: pa.Array) -> tuple[int, None, tuple[str, str]] | None:
    """`distance` for categories, compared by their texts: codes differ between buckets."""
    left, right = (pc.cast(array, pa.string()).to_numpy(zero_copy_only=False) for array in (whole, other))
    differ = left != right
    if not differ.any():
        return None
    row = int(np.flatnonzero(differ)[0])
    texts = ("null" if left[row] is None else "a level", "null" if right[row] is None else "another level")
    return int(differ.sum()), None, texts


def bits(values: NDArray[np.float32]) -> NDArray[np.int32]:
    """The bits of each number; one pattern for every null."""
    return np.where(np.isnan(values), np.float32(np.nan), values).view(np.int32)


def findings_of(differences: list[Difference], tables: Mapping[str, str]) -> list[Finding]:
    """One leak finding for each column that differs at any date in any variant."""
    by_column: dict[str, list[Difference]] = {}
    for difference in differences:
        by_column.setdefault(difference.column, []).append(difference)
    return [
        Finding(
            "leak", "sees_the_future", tables.get(column, ""), (column,), describe(differences),
            remedy(column),
        )
        for column, differences in by_column.items()
    ]  # fmt: skip


def describe(differences: list[Difference]) -> str:
    """The differences of one column in figures."""
    worst = max(differences, key=lambda d: (d.rows, d.largest or 0.0))
    dates = len({d.as_of for d in differences})
    logs = " and with ".join(VARIANTS[variant] for variant in sorted({d.variant for d in differences}))
    gap = "" if worst.largest is None else f", by up to {worst.largest:.6g}"
    return (
        f"differs at {dates} of the dates with {logs}: {worst.rows:,} rows as of {worst.as_of}{gap} "
        f"(one is {worst.example[0]} instead of {worst.example[1]})"
    )


def remedy(column: str) -> str:
    """The next step for a column that sees the future."""
    if column == ELIGIBLE:
        return "check the eligibility rule of conf/churn/: it reads facts that became known later"
    family = column.partition("__")[0]
    return (
        f"until this is fixed, train without it: features.families.{family}=false; either its facts have too "
        "early a known_at (streams/), or it reads facts that are not yet known"
    )

"""Single columns that rank those who left so well that they may know it."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.stats import rankdata

from holdfast.audit.findings import Finding, Severity, attribute_remedy
from holdfast.audit.settings import AuditSettings

MOST_ROWS = 50_000  # snapshots that rankings are judged on; more say the same
FEWEST_OF_LEVEL = 20  # rows; what is rarer counts as one level
FOLDS = 5  # of customers, each ranked by what the others tell
PERFECT_AUC = 0.99  # no honest column of dated facts ranks so well …
PERFECT_SHARE = 0.75  # … and holds so many who left among those it ranks first

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Signal:
    """How well one column alone ranks the mature snapshots.

    Attributes:
        value_auc: by its values, among the rows that have one; of numbers either way round, 0.5 to 1.
        missing_auc: by whether it has a value. None: too few who left, or who stayed.
        value_precision, missing_precision: share that left of the rows ranked first, as many as left in all.
    """

    column: str
    value_auc: float | None
    missing_auc: float | None
    value_precision: float = 0.0
    missing_precision: float = 0.0


def measure_signals(rows: pa.Table, columns: Sequence[str], min_churners: int) -> list[Signal]:
    """The signal of each feature on snapshots whose outcome is known.

    Args:
        rows: features with `churned` (0 or 1), key (customer_id, as_of).
        min_churners: how many who left, and who stayed, a ranking needs.
    """
    rows = thinned(rows)
    churned = rows["churned"].to_numpy() > 0
    folds = fold_of(rows["customer_id"])
    found = []
    for name in columns:
        column = rows[name].combine_chunks()
        values = as_ranks(column, churned, folds)
        there = ~np.isnan(values)
        known, present = (values[there], churned[there]), (there.astype(np.float64), churned)
        either_way = not pa.types.is_dictionary(column.type)
        value_auc = ranking(*known, min_churners, either_way=either_way)
        missing_auc = ranking(*present, min_churners)
        precisions = [
            precision(*rows) if auc is not None and auc >= PERFECT_AUC else 0.0
            for auc, rows in ((value_auc, known), (missing_auc, present))
        ]
        found.append(Signal(name, value_auc, missing_auc, *precisions))
    return found


def precision(values: Floats, churned: NDArray[np.bool_]) -> float:
    """The share that left of the rows ranked first, as many as left in all; the better of both ways round."""
    left = int(churned.sum())
    shares = []
    for ranks in (values, -values):
        edge = np.partition(ranks, -left)[-left]
        above, tied = ranks > edge, ranks == edge
        shares.append((churned[above].sum() + (left - above.sum()) * churned[tied].mean()) / left)
    return float(max(shares))


def thinned(rows: pa.Table) -> pa.Table:
    """All rows, or an evenly drawn part of them."""
    if rows.num_rows <= MOST_ROWS:
        return rows
    return rows.take(pa.array(np.linspace(0, rows.num_rows - 1, MOST_ROWS).astype(np.int64)))


def fold_of(customers: pa.ChunkedArray) -> NDArray[np.int64]:
    """(rows,) the fold of each row's customer, 0 to `FOLDS` - 1."""
    codes = customers.combine_chunks().dictionary_encode().indices.to_numpy()
    return np.asarray(codes % FOLDS, dtype=np.int64)


def as_ranks(values: pa.Array, churned: NDArray[np.bool_], folds: NDArray[np.int64]) -> Floats:
    """Numbers as they are; of a level, the share that churned of its other customers' rows. NaN where null.

    A level's own customers do not speak for it: many levels of few customers would else tell them all.
    """
    if not pa.types.is_dictionary(values.type):
        return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    texts = pc.cast(values, pa.string())
    there = texts.is_valid().to_numpy(zero_copy_only=False)
    codes = pc.fill_null(texts.dictionary_encode().indices, 0).to_numpy(zero_copy_only=False)
    return np.where(there, shares(codes, there, churned, folds), np.nan)


def shares(
    codes: NDArray[np.int32], there: NDArray[np.bool_], churned: NDArray[np.bool_], folds: NDArray[np.int64]
) -> Floats:
    """(rows,) the share that churned of each row's level in the other folds; rare levels count as one."""
    size = int(codes.max(initial=0)) + 1
    counts = np.bincount(codes[there], minlength=size)
    merged = np.where(counts < FEWEST_OF_LEVEL, size, np.arange(size))[codes]  # `size`: all rare ones
    cell = merged * FOLDS + folds
    length = (size + 1) * FOLDS
    rows = np.bincount(cell[there], minlength=length).reshape(-1, FOLDS).astype(np.float64)
    left = np.bincount(cell[there], weights=churned[there], minlength=length).reshape(-1, FOLDS)
    others = (left.sum(axis=1, keepdims=True) - left) / np.maximum(rows.sum(axis=1, keepdims=True) - rows, 1)
    return np.asarray(others[merged, folds])


def ranking(
    values: Floats, churned: NDArray[np.bool_], min_customers: int, *, either_way: bool = True
) -> float | None:
    """The AUC, the better of both ways round unless that is known; None where too few churned or stayed."""
    left = int(churned.sum())
    stayed = len(churned) - left
    if min(left, stayed) < min_customers:
        return None
    ranks = rankdata(values)
    auc = (ranks[churned].sum() - left * (left + 1) / 2) / (left * stayed)
    return float(max(auc, 1 - auc) if either_way else auc)


def judge_signals(
    signals: Sequence[Signal],
    tables: Mapping[str, str],
    undated: Mapping[str, str],
    settings: AuditSettings,
) -> list[Finding]:
    """Columns that rank too well, windows of one measure together.

    The experiment (the same value without the future) clears a column as far as its dates are true. So a
    column that ranks all but perfectly is a leak all the same, an attribute that nothing dates is one from
    `leak_auc` on; else a column is at worst suspicious.

    Args:
        tables: column → the contract table it is made from.
        undated: column → the customers' attribute that it holds, where nothing dates it.
    """
    groups: dict[tuple[str, bool], list[tuple[float, float, str]]] = {}
    for signal in signals:
        for auc, top, missing in (
            (signal.value_auc, signal.value_precision, False),
            (signal.missing_auc, signal.missing_precision, True),
        ):
            if auc is not None and auc >= settings.suspicious_auc:
                measure = signal.column.rpartition("__")[0]
                groups.setdefault((measure, missing), []).append((auc, top, signal.column))
    found = []
    for (_, missing), several in groups.items():
        best, top, name = max(several)
        attribute = undated.get(name)
        certain, perfect = best >= settings.leak_auc, best >= PERFECT_AUC and top >= PERFECT_SHARE
        leak = perfect or (certain and attribute is not None)
        grave: Severity = "leak" if leak else "suspicious" if certain or attribute else "note"
        what = f"whether {name} has a value" if missing else name
        found.append(
            Finding(
                grave,
                "missing_tells" if missing else "value_tells",
                tables.get(name, ""),
                tuple(sorted(column for _, _, column in several)),
                f"{what} alone ranks who left with an AUC of {best:.3f}",
                attribute_remedy(attribute) if attribute else doubt(name, tables.get(name, "")),
            )
        )
    return found


def doubt(column: str, table: str) -> str:
    """What to check of a column that only saw what was known."""
    family = column.partition("__")[0]
    return (
        f"check in conf/source/ that the columns of tables.{table} stand as they were known on the day of "
        "known_at, and known_at is when the row arrived; a date or state that is overwritten later must be "
        f"left out; features.families.{family}=false trains without it"
    )

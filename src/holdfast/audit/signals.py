"""Single columns that predict churn so well that they may contain the outcome."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.stats import rankdata

from holdfast.audit.findings import Finding, Severity, attribute_remedy
from holdfast.audit.settings import AuditSettings

MAX_ROWS = 50_000  # snapshots; more would not change the AUC
MIN_LEVEL_ROWS = 20  # rarer categories are merged
FOLDS = 5  # of customers, for out-of-fold target encoding
PERFECT_AUC = 0.99  # no column of correctly dated facts reaches both this AUC …
PERFECT_PRECISION = 0.75  # … and this precision among the rows it ranks first

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Signal:
    """How well one column alone predicts churn on the labelled snapshots.

    Attributes:
        value_auc: the AUC of its values where it has one; for numbers in the better direction, 0.5 to 1.
            None: too few churned or retained customers.
        missing_auc: the AUC of its missing indicator.
        value_precision, missing_precision: R-precision (precision among as many top rows as churned).
    """

    column: str
    value_auc: float | None
    missing_auc: float | None
    value_precision: float = 0.0
    missing_precision: float = 0.0


def measure_signals(rows: pa.Table, columns: Sequence[str], min_churners: int) -> list[Signal]:
    """The signal of each feature on labelled snapshots; an AUC needs `min_churners` of each class."""
    rows = subsample(rows)
    churned = rows["churned"].to_numpy() > 0
    folds = customer_folds(rows["customer_id"])
    signals = []
    for name in columns:
        column = rows[name].combine_chunks()
        scores = target_encode(column, churned, folds)
        valid = ~np.isnan(scores)
        by_value, by_presence = (scores[valid], churned[valid]), (valid.astype(np.float64), churned)
        either_way = not pa.types.is_dictionary(column.type)
        value_auc = auc_score(*by_value, min_churners, either_way=either_way)
        missing_auc = auc_score(*by_presence, min_churners)
        precisions = [
            r_precision(*pair) if auc is not None and auc >= PERFECT_AUC else 0.0
            for auc, pair in ((value_auc, by_value), (missing_auc, by_presence))
        ]
        signals.append(Signal(name, value_auc, missing_auc, *precisions))
    return signals


def r_precision(values: Floats, churned: NDArray[np.bool_]) -> float:
    """The share of churned rows among as many top-ranked rows as churned; the better of both directions."""
    left = int(churned.sum())
    precisions = []
    for scores in (values, -values):
        threshold = np.partition(scores, -left)[-left]
        above, tied = scores > threshold, scores == threshold
        precisions.append((churned[above].sum() + (left - above.sum()) * churned[tied].mean()) / left)
    return float(max(precisions))


def subsample(rows: pa.Table) -> pa.Table:
    """At most MAX_ROWS rows, evenly spaced."""
    if rows.num_rows <= MAX_ROWS:
        return rows
    return rows.take(pa.array(np.linspace(0, rows.num_rows - 1, MAX_ROWS).astype(np.int64)))


def customer_folds(customers: pa.ChunkedArray) -> NDArray[np.int64]:
    """(rows,) the fold of each row's customer, 0 to `FOLDS` - 1, whatever the order of the rows."""
    ranks = pc.rank(customers.combine_chunks(), tiebreaker="dense").to_numpy()
    return np.asarray(ranks % FOLDS, dtype=np.int64)


def target_encode(values: pa.Array, churned: NDArray[np.bool_], folds: NDArray[np.int64]) -> Floats:
    """Numbers unchanged; categories as their churn rate in the other folds of customers; NaN where null.

    In-fold rates would leak: with many small categories, a rate that includes the row reveals its label.
    """
    if not pa.types.is_dictionary(values.type):
        return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    texts = pc.cast(values, pa.string())
    valid = texts.is_valid().to_numpy(zero_copy_only=False)
    codes = pc.fill_null(texts.dictionary_encode().indices, 0).to_numpy(zero_copy_only=False)
    size = int(codes.max(initial=0)) + 1
    counts = np.bincount(codes[valid], minlength=size)
    merged = np.where(counts < MIN_LEVEL_ROWS, size, np.arange(size))[codes]  # code `size`: rare categories
    group = merged * FOLDS + folds
    length = (size + 1) * FOLDS
    rows = np.bincount(group[valid], minlength=length).reshape(-1, FOLDS).astype(np.float64)
    left = np.bincount(group[valid], weights=churned[valid], minlength=length).reshape(-1, FOLDS)
    rates = (left.sum(axis=1, keepdims=True) - left) / np.maximum(rows.sum(axis=1, keepdims=True) - rows, 1)
    return np.where(valid, rates[merged, folds], np.nan)


def auc_score(
    values: Floats, churned: NDArray[np.bool_], min_customers: int, *, either_way: bool = True
) -> float | None:
    """The AUC, with `either_way` in the better direction; None with too few churned or retained customers."""
    left = int(churned.sum())
    stayed = len(churned) - left
    if min(left, stayed) < min_customers:
        return None
    ranks = rankdata(values)
    auc = (ranks[churned].sum() - left * (left + 1) / 2) / (left * stayed)
    return float(max(auc, 1 - auc) if either_way else auc)


def judge_signals(
    signals: Sequence[Signal], tables: Mapping[str, str], undated: Mapping[str, str],
    settings: AuditSettings,
) -> list[Finding]:  # fmt: skip
    """One finding for each measure that predicts too well, all its windows together.

    The leakage experiment clears a column only if its dates are true. So a nearly perfect column is a leak,
    and an undated attribute is a leak from `leak_auc` on. Any other column is at worst suspicious.

    Args:
        tables: column → the contract table it is computed from.
        undated: column → the customer attribute that it shows, for attributes without a date.
    """
    groups: dict[tuple[str, bool], list[tuple[float, float, str]]] = {}
    for signal in signals:
        for auc, precision, missing in (
            (signal.value_auc, signal.value_precision, False),
            (signal.missing_auc, signal.missing_precision, True),
        ):
            if auc is not None and auc >= settings.suspicious_auc:
                measure = signal.column.rpartition("__")[0]
                groups.setdefault((measure, missing), []).append((auc, precision, signal.column))
    findings = []
    for (_, missing), group in groups.items():
        best, precision, name = max(group)
        table, attribute = tables.get(name, ""), undated.get(name)
        certain, perfect = best >= settings.leak_auc, best >= PERFECT_AUC and precision >= PERFECT_PRECISION
        leak = perfect or (certain and attribute is not None)
        severity: Severity = "leak" if leak else "suspicious" if certain or attribute else "note"
        columns = tuple(sorted(column for _, _, column in group))
        evidence = (
            f"{f'whether {name} has a value' if missing else name} alone predicts churn with AUC {best:.3f}"
        )
        rule = "missing_tells" if missing else "value_tells"
        remedy = attribute_remedy(attribute) if attribute else fact_remedy(table, name)
        findings.append(Finding(severity, rule, table, columns, evidence, remedy))
    return findings


def fact_remedy(table: str, column: str) -> str:
    """The next step for a feature of dated facts that predicts too well."""
    return (
        f"check in conf/source/ that known_at of tables.{table} is when the row arrived, and that its "
        "columns hold the values of that time; leave out what is overwritten later; "
        f"features.families.{column.partition('__')[0]}=false trains without it"
    )

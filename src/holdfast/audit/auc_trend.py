"""The AUC of single columns by as-of date: the AUC of a column that an export overwrote rises towards today.

A value overwritten today predicts last month's churn well and churn two years ago badly. A running total does
the opposite: most of it was counted after the old dates. A column that was true at the time, such as a
country, has about the same AUC at every date: on real logs, within 0.04.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.audit.findings import Finding, Severity, attribute_remedy
from holdfast.audit.settings import AuditSettings
from holdfast.audit.signals import auc_score, customer_folds, subsample, target_encode

MIN_DATES = 3  # fewer dates show no trend
RECENT_DATES = 2  # the best AUC of these is compared with the mean of the older half
MAX_LEVELS = 20  # a number with at most so many distinct values is also read as a category
MIN_LEAK_AUC = 0.75  # a column with a lower recent AUC is not called a leak
SUSPICIOUS_RISE = 2 / 3  # share of `max_auc_rise` from which a column is suspicious
LEAK_Z, SUSPICIOUS_Z = 5.0, 4.0  # z-scores that hardly any column reaches by chance

Flags = NDArray[np.bool_]
Points = list[tuple[float, float]]  # AUC and its standard error, by date


@dataclasses.dataclass(frozen=True)
class AucTrend:
    """How well one column alone predicts churn over the as-of dates.

    Attributes:
        recent: the best AUC of the most recent dates, 0 to 1; below 0.5 the direction is reversed.
        older: the mean AUC of the older half of the dates; equals `recent` when there are too few dates.
        z: the rise divided by its standard error.
    """

    column: str
    recent: float
    older: float
    z: float

    @property
    def rise(self) -> float:
        """The recent AUC minus the older AUC."""
        return self.recent - self.older


def measure_trends(rows: pa.Table, columns: Sequence[str], min_churners: int) -> list[AucTrend]:
    """The AUC trend of each column that has an AUC at any date; of several encodings, the steepest trend.

    A date needs `min_churners` churned and as many retained customers.
    """
    rows = subsample(rows)
    as_of, churned = rows["as_of"].to_numpy(), rows["churned"].to_numpy() > 0
    folds = customer_folds(rows["customer_id"])
    date_rows = [np.flatnonzero(as_of == day) for day in np.unique(as_of)]
    date_rows = [index for index in date_rows if enough_of_both(churned[index], min_churners)]
    steepest = []
    for name in columns:
        trends = [
            compute_trend(name, points)
            for values, either_way in encodings(rows[name].combine_chunks())
            if (points := auc_by_date(values, either_way, date_rows, churned, folds, min_churners))
        ]
        if trends:
            steepest.append(max(trends, key=lambda trend: (abs(trend.rise), trend.recent)))
    return steepest


def attribute_columns(columns: Sequence[str], attributes: Sequence[str]) -> dict[str, str]:
    """Column → the customer attribute that it shows."""
    names = {f"profile__{attribute}__all": attribute for attribute in attributes}
    return {name: names[name] for name in columns if name in names}


CURRENT_TERMS = (  # no date says since when
    "subscription__since_renewal__all", "subscription__value__all", "payments__next_attempt_in__all",
)  # fmt: skip


def mutable_columns(rows: pa.Table, columns: Sequence[str], undated: Mapping[str, str]) -> list[str]:
    """Columns that an export may have overwritten without a trace: no experiment on one export can date them.

    They are undated attributes, categories, and CURRENT_TERMS.
    """
    return [
        name
        for name in columns
        if name in undated or name in CURRENT_TERMS or pa.types.is_dictionary(rows[name].type)
    ]


def enough_of_both(churned: Flags, min_customers: int) -> bool:
    """Whether the rows hold enough churned and enough retained customers for an AUC."""
    return min(int(churned.sum()), int((~churned).sum())) >= min_customers


def encodings(values: pa.Array) -> list[tuple[pa.Array, bool]]:
    """A column as number, missing indicator and categories, each with whether its AUC may be reversed."""
    as_levels = pc.fill_null(pc.cast(values, pa.string()), "").dictionary_encode()
    if pa.types.is_dictionary(values.type):
        return [(as_levels, False)]
    encoded = [(values, True)]
    if 0 < values.null_count < len(values):
        encoded.append((pc.cast(values.is_valid(), pa.float32()), True))
    if 1 < len(pc.unique(values)) <= MAX_LEVELS:
        encoded.append((as_levels, False))
    return encoded


def auc_by_date(
    values: pa.Array, either_way: bool, date_rows: list[NDArray[np.intp]], churned: Flags,
    folds: NDArray[np.int64], min_customers: int,
) -> Points:  # fmt: skip
    """The AUC and its standard error at each date with enough customers, oldest first.

    All dates use the direction of the date with the strongest AUC: a direction for each date would lift pure
    noise above 0.5.
    """
    points = []
    for index in date_rows:
        scores = target_encode(values.take(pa.array(index)), churned[index], folds[index])
        valid = ~np.isnan(scores)
        left = churned[index][valid]
        auc = auc_score(scores[valid], left, min_customers, either_way=False)
        if auc is not None:
            n = int(left.sum()), int((~left).sum())
            points.append((auc, math.sqrt((sum(n) + 1) / (12 * n[0] * n[1]))))
    if either_way and points and max(points, key=lambda point: abs(point[0] - 0.5))[0] < 0.5:
        points = [(1 - auc, error) for auc, error in points]
    return points


def compute_trend(name: str, points: Points) -> AucTrend:
    """Compare the recent dates with the older half.

    The older dates share most of their customers, so their mean gets the standard error of one date.
    """
    recent, error = max(points[-RECENT_DATES:])
    if len(points) < MIN_DATES:
        return AucTrend(name, recent, recent, 0.0)
    half = points[: len(points) // 2]
    older = float(np.mean([auc for auc, _ in half]))
    older_error = float(np.median([standard_error for _, standard_error in half]))
    return AucTrend(name, recent, older, (recent - older) / math.hypot(error, older_error))


def judge_trends(
    trends: Sequence[AucTrend], tables: Mapping[str, str], undated: Mapping[str, str], settings: AuditSettings
) -> list[Finding]:
    """One finding for each measure whose AUC rises, all its windows together, and for each falling attribute.

    Args:
        tables: column → the contract table it is computed from.
        undated: column → the customer attribute that it shows, for attributes without a date.
    """
    groups: dict[str, list[AucTrend]] = {}
    findings = []
    for trend in trends:
        risen = trend.z >= SUSPICIOUS_Z and trend.rise >= SUSPICIOUS_RISE * settings.max_auc_rise
        if risen or (trend.column in undated and trend.recent >= settings.leak_auc):
            groups.setdefault(trend.column.rpartition("__")[0], []).append(trend)
        fallen = trend.z <= -LEAK_Z and trend.rise <= -settings.max_auc_rise
        if fallen and trend.column in undated and trend.older >= MIN_LEAK_AUC:
            evidence = (
                f"{trend.column} alone predicts churn with AUC {trend.older:.3f} at older dates and "
                f"{trend.recent:.3f} at recent ones: it may count later events, as a running total does"
            )
            remedy = attribute_remedy(undated[trend.column])
            table = tables.get(trend.column, "")
            findings.append(
                Finding("suspicious", "knows_the_oldest", table, (trend.column,), evidence, remedy)
            )
    return findings + [judge_risen(group, tables, undated, settings) for group in groups.values()]


def judge_risen(
    group: Sequence[AucTrend], tables: Mapping[str, str], undated: Mapping[str, str], settings: AuditSettings
) -> Finding:
    """The finding about the windows of one measure whose AUC rises."""
    worst = max(group, key=lambda trend: (trend.rise, trend.recent))
    table, attribute = tables.get(worst.column, ""), undated.get(worst.column)
    steep = worst.z >= LEAK_Z and worst.rise >= settings.max_auc_rise and worst.recent >= MIN_LEAK_AUC
    perfect = attribute is not None and worst.recent >= settings.leak_auc
    evidence = (
        f"{worst.column} alone predicts churn with AUC {worst.recent:.3f} at recent dates and "
        f"{worst.older:.3f} at older ones: the export may have overwritten its past values"
    )
    remedy = attribute_remedy(attribute) if attribute else (
        f"map the columns of tables.{table} with their values at known_at, or leave out what changes later "
        f"(a final status); features.families.{worst.column.partition('__')[0]}=false trains without them"
    )  # fmt: skip
    columns = tuple(sorted(trend.column for trend in group))
    severity: Severity = "leak" if perfect or steep else "suspicious"
    return Finding(severity, "knows_the_newest", table, columns, evidence, remedy)

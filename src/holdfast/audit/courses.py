"""How well single columns rank from date to date: what an export overwrote ranks better the newer the date.

A value of today hardly knows who left two years ago, and knows nearly all of who left last month. (A total
to this day is the other way round: most of it came after the old dates.) A signal that was there at the time,
such as a country, ranks about equally well at every date: on real logs, within 0.04 AUC.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.audit.findings import Finding, attribute_remedy
from holdfast.audit.settings import AuditSettings
from holdfast.audit.signals import as_ranks, fold_of, ranking, thinned

FEWEST_DATES = 3  # of fewer, older and newer ones cannot be told apart
NEWEST = 2  # dates whose best ranking is held against the older half's mean
FEW_VALUES = 20  # numbers of so few different values are looked at as levels too
RISEN_AUC = 0.75  # what an overwritten column reaches at the newest dates, at least, to be called a leak
SOME = 2 / 3  # of the rise of a leak is suspicious
SURE, LIKELY = (
    5.0,
    4.0,
)  # standard errors of a leak, of a suspicion: of few columns, none rises so much by chance

Flags = NDArray[np.bool_]
Points = list[tuple[float, float]]


@dataclasses.dataclass(frozen=True)
class Course:
    """How well one column alone ranks who left, over the as-of dates.

    Attributes:
        newest: the best AUC of the newest dates, 0 to 1; below 0.5: the other way round than usual.
        older: the mean AUC of the older half of the dates; of too few dates, `newest`.
        errors: how many standard errors the one lies above the other.
    """

    column: str
    newest: float
    older: float
    errors: float

    @property
    def rise(self) -> float:
        """By how much the AUC rose."""
        return self.newest - self.older


def measure_courses(rows: pa.Table, columns: Sequence[str], min_churners: int) -> list[Course]:
    """The course of each column that can be judged at any date; of several ways to read one, the steepest.

    Args:
        rows: features with `churned` (0 or 1), key (customer_id, as_of).
        min_churners: how many who left, and who stayed, a date needs.
    """
    rows = thinned(rows)
    as_of, churned = rows["as_of"].to_numpy(), rows["churned"].to_numpy() > 0
    folds = fold_of(rows["customer_id"])
    places = [np.flatnonzero(as_of == day) for day in np.unique(as_of)]
    places = [at for at in places if enough(churned[at], min_churners)]
    found = []
    for name in columns:
        courses = [
            course(name, points)
            for values, either_way in readings(rows[name].combine_chunks())
            if (points := trace(values, either_way, places, churned, folds, min_churners))
        ]
        if courses:
            found.append(max(courses, key=lambda one: (abs(one.rise), one.newest)))
    return found


def attribute_columns(columns: Sequence[str], attributes: Sequence[str]) -> dict[str, str]:
    """Column → the customers' attribute that it holds."""
    names = {f"profile__{attribute}__all": attribute for attribute in attributes}
    return {name: names[name] for name in columns if name in names}


AGREED = ("subscription__since_renewal__all", "subscription__value__all")  # given, and dated by nothing


def overwritable(rows: pa.Table, columns: Sequence[str], undated: Mapping[str, str]) -> list[str]:
    """The columns whose values no experiment on one export can date.

    Undated attributes, given texts, and what a subscription's row says of its price and its next renewal.
    """
    return [
        name
        for name in columns
        if name in undated or name in AGREED or pa.types.is_dictionary(rows[name].type)
    ]


def enough(churned: Flags, min_customers: int) -> bool:
    """Whether a ranking of these rows means anything."""
    return min(int(churned.sum()), int((~churned).sum())) >= min_customers


def readings(values: pa.Array) -> list[tuple[pa.Array, bool]]:
    """Ways to read a column, and whether each ranks either way round: levels, numbers, having a value."""
    if pa.types.is_dictionary(values.type):
        return [(pc.fill_null(pc.cast(values, pa.string()), "").dictionary_encode(), False)]
    ways = [(values, True)]
    if 0 < values.null_count < len(values):
        ways.append((pc.cast(values.is_valid(), pa.float32()), True))
    if len(different := pc.unique(values)) <= FEW_VALUES and len(different) > 1:
        ways.append((pc.fill_null(pc.cast(values, pa.string()), "").dictionary_encode(), False))
    return ways


def trace(
    values: pa.Array, either_way: bool, places: list[NDArray[np.intp]], churned: Flags,
    folds: NDArray[np.int64], min_customers: int,
) -> Points:  # fmt: skip
    """The AUC of each date that can be judged, oldest first, and its standard error.

    All are read in the direction of the date that ranks best: noise would else lift every date above 0.5.
    """
    points = []
    for at in places:
        ranks = as_ranks(values.take(pa.array(at)), churned[at], folds[at])
        there = ~np.isnan(ranks)
        left = churned[at][there]
        auc = ranking(ranks[there], left, min_customers, either_way=False)
        if auc is not None:
            n = int(left.sum()), int((~left).sum())
            points.append((auc, math.sqrt((sum(n) + 1) / (12 * n[0] * n[1]))))
    if either_way and points and max(points, key=lambda one: abs(one[0] - 0.5))[0] < 0.5:
        points = [(1 - auc, error) for auc, error in points]
    return points


def course(name: str, points: Points) -> Course:
    """The newest dates against the older half, whose customers are mostly the same: one error for all."""
    newest, error = max(points[-NEWEST:])
    if len(points) < FEWEST_DATES:
        return Course(name, newest, newest, 0.0)
    half = points[: len(points) // 2]
    older = float(np.mean([auc for auc, _ in half]))
    usual = float(np.median([one for _, one in half]))
    return Course(name, newest, older, (newest - older) / math.hypot(error, usual))


def judge_courses(
    courses: Sequence[Course], tables: Mapping[str, str], undated: Mapping[str, str], settings: AuditSettings
) -> list[Finding]:
    """Columns that know more of the newest dates than of older ones; windows of one measure together.

    Args:
        tables: column → the contract table it is made from.
        undated: column → the customers' attribute that it holds, where nothing dates it.
    """
    groups: dict[str, list[Course]] = {}
    for one in courses:
        risen = one.errors >= LIKELY and one.rise >= SOME * settings.max_auc_rise
        if risen or (one.column in undated and one.newest >= settings.leak_auc):
            groups.setdefault(one.column.rpartition("__")[0], []).append(one)
    found = [faded(one, tables, undated[one.column]) for one in courses if fades(one, undated, settings)]
    for several in groups.values():
        worst = max(several, key=lambda one: (one.rise, one.newest))
        table, attribute = tables.get(worst.column, ""), undated.get(worst.column)
        perfect = attribute is not None and worst.newest >= settings.leak_auc
        found.append(
            Finding(
                "leak" if perfect or is_leak(worst, settings) else "suspicious",
                "knows_the_newest",
                table,
                tuple(sorted(one.column for one in several)),
                f"{worst.column} alone ranks who left with an AUC of {worst.newest:.3f} at the newest dates, "
                f"of {worst.older:.3f} at older ones: it may stand as the export found it, not as it was",
                attribute_remedy(attribute) if attribute else as_it_stood(worst.column, table),
            )
        )
    return found


def fades(one: Course, undated: Mapping[str, str], settings: AuditSettings) -> bool:
    """Whether an attribute knows old dates that it knows no more at the newest: a total that grew since."""
    steep = one.errors <= -SURE and one.rise <= -settings.max_auc_rise
    return one.column in undated and steep and one.older >= RISEN_AUC


def faded(one: Course, tables: Mapping[str, str], attribute: str) -> Finding:
    """The finding of an attribute that fades; the model of the newest dates gains nothing by it."""
    return Finding(
        "suspicious",
        "knows_the_oldest",
        tables.get(one.column, ""),
        (one.column,),
        f"{one.column} alone ranks who left with an AUC of {one.older:.3f} at older dates, of "
        f"{one.newest:.3f} at the newest: it may count what came later, as a total to this day does",
        attribute_remedy(attribute),
    )


def is_leak(one: Course, settings: AuditSettings) -> bool:
    """Whether a course leaves no honest reason."""
    return one.errors >= SURE and one.rise >= settings.max_auc_rise and one.newest >= RISEN_AUC


def as_it_stood(column: str, table: str) -> str:
    """What to do about a column of an event table that an export may have overwritten."""
    family = column.partition("__")[0]
    return (
        f"map the columns of tables.{table} as they stood when the row became known, or leave out what is "
        f"changed later (a final status); features.families.{family}=false trains without them"
    )

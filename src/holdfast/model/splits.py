"""Split rows into train, validation and test: by time if the log is long enough, otherwise by customer."""

import dataclasses
import datetime as dt
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.errors import DataRefused
from holdfast.timeline.plan import Plan

TEST_GROUPS, FOLDS = (
    4,
    3,
)  # if split by customer: a quarter is the test, the rest are three folds

Rows = NDArray[np.intp]
SplitBy = Literal["time", "customers"]


@dataclasses.dataclass(frozen=True)
class Split:
    """Rows to fit on, and rows to predict and evaluate."""

    train: Rows
    valid: Rows


@dataclasses.dataclass(frozen=True)
class Splits:
    """All splits of a training.

    Attributes:
        folds: cross-validation folds, for the number of trees and the calibration.
        test: the training rows, and as `valid` the test rows, which are used once.
        folds_by, test_by: `time`, or `customers` if the log is too short; then the results do not show how
            the model ages.
        refit: the rows that the model in use is fitted on.
    """

    folds: tuple[Split, ...]
    test: Split
    folds_by: SplitBy
    test_by: SplitBy
    refit: Rows

    def drop_rows(self, dropped: NDArray[np.bool_], churned: NDArray[np.float64]) -> "Splits":
        """Drop rows from all parts except the test rows.

        Raises:
            DataRefused: the remaining training rows have only one class.
        """

        def kept(rows: Rows) -> Rows:
            return rows[~dropped[rows]]

        if not has_both_classes(churned[kept(self.test.train)]):
            raise DataRefused(
                "too little is left to learn from without the customers who were contacted",
                where="timeline.contacted_policy=drop",
                found=f"{int(dropped.sum()):,} of {len(dropped):,} snapshots dropped",
                expected="some who left and some who stayed among the others",
                next_step="timeline.contacted_policy=flag, or keep",
            )
        folds = tuple(Split(kept(fold.train), kept(fold.valid)) for fold in self.folds)
        return dataclasses.replace(
            self,
            folds=with_both_classes(folds, churned),
            test=Split(kept(self.test.train), self.test.valid),
            refit=kept(self.refit),
        )


def split_rows(features: pa.Table, plan: Plan) -> Splits:
    """Split the labelled rows of a features table.

    Raises:
        DataRefused: there are too few customers to learn from some and test on others.
    """
    as_of, churned = features["as_of"].to_numpy(), features["churned"].to_numpy()
    rank, everything = random_ranks(features["customer_id"]), np.arange(features.num_rows)
    test_by: SplitBy = "time"
    test = split_dates(as_of, plan.test.train, plan.test.valid) if plan.test else None
    if test is None or not has_both_classes(churned[test.train]) or not len(test.valid):
        test_by, in_test = "customers", rank % TEST_GROUPS == 0
        test = Split(np.flatnonzero(~in_test), np.flatnonzero(in_test))
        if not has_both_classes(churned[test.train]):
            raise too_few_customers(churned, rank)
    by_time = [split_dates(as_of, fold.train, fold.valid) for fold in plan.folds if test_by == "time"]
    folds = with_both_classes(tuple(by_time), churned)
    if folds:
        return Splits(folds, test, "time", test_by, everything)
    fold = rank[test.train] // TEST_GROUPS % FOLDS
    folds = tuple(Split(test.train[fold != number], test.train[fold == number]) for number in range(FOLDS))
    return Splits(with_both_classes(folds, churned), test, "customers", test_by, everything)


def split_dates(
    as_of: NDArray[np.datetime64], train: tuple[dt.date, ...], valid: tuple[dt.date, ...]
) -> Split:
    """The rows of the training dates and those of the validation dates."""
    days = as_of.astype("datetime64[D]")
    return Split(
        *(np.flatnonzero(np.isin(days, np.array(dates, "datetime64[D]"))) for dates in (train, valid))
    )


def with_both_classes(folds: tuple[Split, ...], churned: NDArray[np.float64]) -> tuple[Split, ...]:
    """The folds whose training and validation rows both have both classes."""
    return tuple(
        fold for fold in folds if all(has_both_classes(churned[rows]) for rows in (fold.train, fold.valid))
    )


def has_both_classes(churned: NDArray[np.float64]) -> bool:
    """Whether some churned and some stayed."""
    return len(np.unique(churned)) == 2


def too_few_customers(churned: NDArray[np.float64], rank: NDArray[np.int64]) -> DataRefused:
    """The error if all customers outside the test churned, or all stayed."""
    customers, left = len(np.unique(rank)), int(churned.sum())
    return DataRefused(
        "there are too few customers to learn from some and test on others",
        found=f"{customers:,} customers, {len(churned):,} mature snapshots, {left:,} churned",
        expected="some who left and some who stayed, beside those kept for the test",
        next_step="load more customers or more history, or widen who is eligible (churn settings)",
    )


def random_ranks(customers: pa.ChunkedArray) -> NDArray[np.int64]:
    """(rows,) the rank of each row's customer in a reproducible random order."""
    ids = pc.unique(customers).sort()
    ranks = np.random.default_rng(len(ids)).permutation(len(ids))
    return np.asarray(ranks[pc.index_in(customers, value_set=ids).to_numpy()], dtype=np.int64)

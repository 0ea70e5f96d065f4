"""Which rows train and which judge: by time where the log is long enough, else by customer."""

import dataclasses
import datetime as dt
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.errors import DataRefused
from holdfast.timeline.plan import Plan, Split

TEST_SHARE = 4  # one customer in so many tests, when time cannot
GROUPS = 3

Rows = NDArray[np.intp]


@dataclasses.dataclass(frozen=True)
class Trial:
    """Rows to fit on and rows to judge on."""

    train: Rows
    judge: Rows


@dataclasses.dataclass(frozen=True)
class Division:
    """What the rows are for.

    Attributes:
        folds: choose the size of the model and calibrate it.
        test: opened once.
        folds_by, test_by: `time`, or `customers` where the log is too short: then the figures say
            nothing about how the model ages.
        refit: the rows that the model in use is fitted on.
    """

    folds: tuple[Trial, ...]
    test: Trial
    folds_by: Literal["time", "customers"]
    test_by: Literal["time", "customers"]
    refit: Rows

    def without(self, dropped: NDArray[np.bool_], churned: NDArray[np.float64]) -> "Division":
        """The same with some rows dropped from all fits and folds; the test judges everybody.

        Raises:
            DataRefused: too little is left to learn from.
        """

        def kept(rows: Rows) -> Rows:
            return rows[~dropped[rows]]

        if not fit_for_training(churned, kept(self.test.train)):
            raise DataRefused(
                "too little is left to learn from without the customers who were contacted",
                where="timeline.contacted_policy=drop",
                found=f"{int(dropped.sum()):,} of {len(dropped):,} snapshots dropped",
                expected="some who left and some who stayed among the others",
                next_step="timeline.contacted_policy=flag, or keep",
            )
        folds = tuple(Trial(kept(fold.train), kept(fold.judge)) for fold in self.folds)
        return dataclasses.replace(
            self,
            folds=with_both_classes(folds, churned),
            test=Trial(kept(self.test.train), self.test.judge),
            refit=kept(self.refit),
        )


def divide_rows(features: pa.Table, plan: Plan) -> Division:
    """Divide the labelled rows of a features table.

    Raises:
        DataRefused: there are too few customers to learn from some and test on others.
    """
    as_of = features["as_of"].to_numpy()
    churned = features["churned"].to_numpy()
    group, everything = customer_groups(features["customer_id"]), np.arange(features.num_rows)
    test = split_by_time(as_of, plan.test) if plan.test else None
    test_by: Literal["time", "customers"] = "time"
    if test is None or not fit_for_training(churned, test.train) or not len(test.judge):
        test_by = "customers"
        held_out = group % TEST_SHARE == 0
        test = Trial(np.flatnonzero(~held_out), np.flatnonzero(held_out))
        if not fit_for_training(churned, test.train):
            raise too_few(churned, group)
    folds = tuple(split_by_time(as_of, fold) for fold in plan.folds) if test_by == "time" else ()
    folds = with_both_classes(folds, churned)
    if folds:
        return Division(folds, test, "time", test_by, everything)
    part = group[test.train] // TEST_SHARE % GROUPS
    folds = tuple(Trial(test.train[part != one], test.train[part == one]) for one in range(GROUPS))
    folds = with_both_classes(folds, churned)
    return Division(folds, test, "customers", test_by, everything)


def with_both_classes(folds: tuple[Trial, ...], churned: NDArray[np.float64]) -> tuple[Trial, ...]:
    """The folds that some left and some stayed in, both of those fitted on and of those judged."""
    return tuple(
        fold for fold in folds if all(fit_for_training(churned, rows) for rows in (fold.train, fold.judge))
    )


def too_few(churned: NDArray[np.float64], group: NDArray[np.int64]) -> DataRefused:
    """Whoever is not kept for the test all left, or all stayed."""
    customers, left = len(np.unique(group)), int(churned.sum())
    return DataRefused(
        "there are too few customers to learn from some and test on others",
        found=f"{customers:,} customers, {len(churned):,} mature snapshots, {left:,} churned",
        expected="some who left and some who stayed, beside those kept for the test",
        next_step="load more customers or more history, or widen who is eligible (churn settings)",
    )


def split_by_time(as_of: NDArray[np.datetime64], split: Split) -> Trial:
    """The rows of a split's dates."""
    return Trial(rows_of(as_of, split.train), rows_of(as_of, split.judge))


def rows_of(as_of: NDArray[np.datetime64], dates: tuple[dt.date, ...]) -> Rows:
    """The rows on some dates."""
    wanted = np.array(dates, "datetime64[D]")
    return np.flatnonzero(np.isin(as_of.astype("datetime64[D]"), wanted))


def fit_for_training(churned: NDArray[np.float64], rows: Rows) -> bool:
    """Whether some stayed and some left."""
    return len(np.unique(churned[rows])) == 2  # the two classes


def customer_groups(customers: pa.ChunkedArray) -> NDArray[np.int64]:
    """(rows,) a number for each row's customer: in an order that says nothing about them, and stable."""
    ids = pc.unique(customers).sort()
    places = np.random.default_rng(len(ids)).permutation(len(ids))
    return np.asarray(places[pc.index_in(customers, value_set=ids).to_numpy()], dtype=np.int64)

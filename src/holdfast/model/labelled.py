"""The labelled snapshots of a training, and their split into train, validation and test."""

from typing import NamedTuple

import pyarrow as pa

from holdfast.errors import DataRefused
from holdfast.features.summary import FeaturesSummary
from holdfast.model.splits import Splits, split_rows
from holdfast.timeline.plan import Plan, divide
from holdfast.timeline.settings import TimelineSettings


class Labelled(NamedTuple):
    """The rows of a training.

    Attributes:
        rows: snapshots with a label, key (customer_id, as_of).
        plan: the split of the as-of dates.
        splits: the split of the rows.
    """

    rows: pa.Table
    plan: Plan
    splits: Splits

    def test_rows(self) -> pa.Table:
        """The rows of the test."""
        return self.rows.take(pa.array(self.splits.test.valid))


def take_labelled(
    features: pa.Table, summary: FeaturesSummary, timeline: TimelineSettings, churn: str
) -> Labelled:
    """The snapshots that have a label.

    Args:
        summary: the table in figures.
        churn: the kind of churn, for errors.

    Raises:
        DataRefused: nobody was eligible, or all churned, or all stayed.
    """
    rows = features.filter(features["churned"].is_valid())
    churned = sum(counts["churned"] for counts in summary.dates.values())
    if churned in (0, rows.num_rows):
        raise DataRefused(
            f"there is nothing to learn: {_what_all_did(rows.num_rows, churned)}",
            where=f"churn={churn}",
            found=f"{rows.num_rows:,} mature snapshots, {churned:,} of them churned",
            expected="some who left and some who stayed",
            next_step="look at churn.horizon_days and at who counts as eligible: holdfast train --help",
        )
    plan = divide(tuple(summary.dates), summary.outcome, test_dates=timeline.test_dates, folds=timeline.folds)
    return Labelled(rows, plan, split_rows(rows, plan))


def _what_all_did(rows: int, churned: int) -> str:
    if not rows:
        return "nobody was eligible"
    return "all customers left" if churned else "nobody left"

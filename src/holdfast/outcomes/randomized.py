"""Published lists as randomized experiments: a random part of the selected customers was held out."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pandas as pd

from holdfast.errors import DataRefused
from holdfast.outreach.holdout import round_start
from holdfast.timeline.outcome import Outcome

GROUPS = ("listed", "held_out")
LATE_DAYS = 2  # after its outcome window began: the night's list may be a day or two late


class RandomizedList(NamedTuple):
    """A published list, and what it decided about everyone.

    Attributes:
        settings: of `conf/outreach/`, as the list was made with.
        decisions: see `outreach.columns.DECISION_COLUMNS`.
        published_on: the day on which it was published; None: not known.
    """

    as_of: dt.date
    model_version: str
    outcome_window_end: dt.date
    settings: dict[str, Any]
    decisions: pd.DataFrame
    published_on: dt.date | None = None

    def made_afterwards(self, gap_days: int) -> bool:
        """Whether it was published when its outcome window had begun: nobody could work it in time."""
        begins = self.as_of + dt.timedelta(days=gap_days)
        return self.published_on is not None and (self.published_on - begins).days > LATE_DAYS

    @property
    def holdout_share(self) -> float:
        """The share that was to be held out of it."""
        return float(self.settings["holdout_share"])


class Selected(NamedTuple):
    """Who was selected on a published list, on it or held out of it.

    Attributes:
        holdout_days: the length of a hold-out round, as the list was made with.
    """

    as_of: dt.date
    holdout_days: int
    customers: set[str]


class FirstSelected(NamedTuple):
    """Who was selected on one list: for the first time in its hold-out round, or again."""

    first: set[str]
    again: set[str]


def find_first_selected(lists: Iterable[Selected]) -> dict[dt.date, FirstSelected]:
    """For each published list, who was selected on it for the first time in its hold-out round.

    Args:
        lists: all published lists, oldest first.
    """
    selected: dict[dt.date, set[str]] = {}
    rounds: dict[dt.date, set[str]] = {}  # by the first day of a round: who was selected in it so far
    by_date: dict[dt.date, FirstSelected] = {}
    for published in lists:
        start = round_start(published.as_of, published.holdout_days)
        if start not in rounds:
            rounds[start] = set().union(*(ids for day, ids in selected.items() if day >= start))
        selected[published.as_of] = published.customers
        by_date[published.as_of] = FirstSelected(
            published.customers - rounds[start], published.customers & rounds[start]
        )
        rounds[start] |= published.customers
    return by_date


def choose_mature(
    dates: Sequence[dt.date], outcome: Outcome, day: dt.date, list_date: str | None
) -> list[dt.date]:
    """The dates of the requested lists with a known outcome, oldest first.

    Args:
        day: the day until which outcomes are known.
        list_date: the request, for errors.

    Raises:
        DataRefused: no outcome window is over yet.
    """
    mature = [date for date in dates if outcome.mature_at(date) <= day]
    if not mature:
        first = outcome.mature_at(dates[0])
        raise DataRefused(
            "the outcome of the list is not known yet" if len(dates) == 1 else "no outcome is known yet",
            where=f"list_date={list_date}",
            found=f"data until {day}",
            expected=f"data until {first}: gap, outcome window, grace and the usual delay of the data",
            next_step=f"deliver newer data, and call again on {first} or later",
        )
    return mature


def describe_lists(chosen: Sequence[RandomizedList], asked: Sequence[dt.date]) -> dict[str, list[str]]:
    """As JSON: dates and ends of the outcome windows of the lists, and the requested dates left out."""
    dates = [each.as_of for each in chosen]
    return {
        "lists": [str(date) for date in dates],
        "outcome_window_ends": [str(each.outcome_window_end) for each in chosen],
        "left_out": [str(date) for date in asked if date not in dates],
    }


class Drawn(NamedTuple):
    """The customers of one list who were drawn on it, for the first time in their hold-out round.

    Attributes:
        rows: customer_id, as_of, decision (`listed` or `held_out`), held_since, accept_share (of would-be
            leavers, the share that a contact was assumed to keep), recommended_action (in the list's
            language).
        holdout_share: that was held out, above 0 and below 1.
    """

    as_of: dt.date
    rows: pd.DataFrame
    holdout_share: float


def drawn_on(randomized: RandomizedList, first: set[str]) -> Drawn:
    """The customers drawn on a list.

    Args:
        first: who was selected on it for the first time in the hold-out round.
    """
    decided = randomized.decisions
    wanted = ["customer_id", "decision", "held_since", "accept_share", "recommended_action"]
    rows = decided.loc[decided["decision"].isin(GROUPS), wanted].reset_index(drop=True)
    held_before = pd.to_datetime(rows["held_since"]) < pd.Timestamp(randomized.as_of)  # in an earlier round
    rows = rows[rows["customer_id"].isin(first) & ~held_before].assign(as_of=randomized.as_of)
    return Drawn(randomized.as_of, rows, randomized.holdout_share)

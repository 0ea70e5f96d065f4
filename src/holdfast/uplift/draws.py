"""The training data of the uplift estimate: earlier lists with a random control group."""

import datetime as dt
import logging
from typing import NamedTuple

import pandas as pd

from holdfast.contacts.log import contacted_in
from holdfast.outcomes.effect import LEAST_COMPLIANCE
from holdfast.outcomes.randomized import GROUPS, Drawn
from holdfast.timeline.outcome import Outcome

logger = logging.getLogger(__name__)


class Candidate(NamedTuple):
    """An earlier list that the uplift estimate may learn from.

    Attributes:
        trained: the as-of date of its model; None: the model no longer exists.
        selected: number of customers selected on it for the first time in their hold-out round.
    """

    as_of: dt.date
    holdout_share: float
    trained: dt.date | None
    selected: int
    mature: bool
    decisions_kept: bool

    def usable(self) -> bool:
        """Whether it has a random hold-out and a known outcome that its model had not seen."""
        fair = (self.trained or self.as_of) <= self.as_of
        return self.mature and 0 < self.holdout_share < 1 and self.decisions_kept and fair


def choose_lists(candidates: list[Candidate], most: int) -> list[dt.date]:
    """The usable lists with the most first selections, oldest first."""
    usable = sorted(
        (candidate for candidate in candidates if candidate.usable()),
        key=lambda candidate: (candidate.selected, candidate.as_of),
        reverse=True,
    )
    return sorted(candidate.as_of for candidate in usable[:most])


def count_groups(decisions: pd.Series) -> dict[str, int]:
    """The number of listed and of held-out customers."""
    return {name: int((decisions == name).sum()) for name in GROUPS}


def describe_too_few(decisions: pd.Series, min_customers: int) -> str | None:
    """A sentence about too small groups; None: both groups are large enough."""
    counts = count_groups(decisions)
    if min(counts.values()) >= min_customers:
        return None
    return (
        f"not used: {counts['listed']:,} listed and {counts['held_out']:,} held-out customers with a known "
        f"outcome, {min_customers:,} of each wanted"
    )


def keep_worked(drawn: list[Drawn], contacts: pd.DataFrame | None, outcome: Outcome) -> list[Drawn]:
    """The lists whose customers were contacted more than the control group; all if there is no log."""
    if contacts is None:
        return drawn
    worked = [draw for draw in drawn if was_worked(draw, contacts, outcome.window(draw.as_of)[1])]
    if len(worked) < len(drawn):
        logger.info("%d lists were hardly worked: nothing is learned from them", len(drawn) - len(worked))
    return worked


def was_worked(drawn: Drawn, contacts: pd.DataFrame, over: dt.date) -> bool:
    """Whether the listed were contacted more than the held out, by the end of the outcome window."""
    contacted = contacted_in(contacts, drawn.as_of, over)["customer_id"]
    reached = drawn.rows["customer_id"].isin(contacted).groupby(drawn.rows["decision"]).mean()
    return bool(reached.get("listed", 0.0) - reached.get("held_out", 0.0) >= LEAST_COMPLIANCE)

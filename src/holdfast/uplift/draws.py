"""The training data of the uplift estimate: earlier lists with a random control group."""

import datetime as dt
import logging
from collections.abc import Set
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from holdfast.contacts.log import contacted_in
from holdfast.outcomes.comparable import mark_compared
from holdfast.outcomes.effect import LEAST_COMPLIANCE
from holdfast.outcomes.randomized import GROUPS, Drawn
from holdfast.timeline.outcome import Outcome
from holdfast.uplift.evidence import by_third, in_words
from holdfast.uplift.learner import learn_uplift

SNAPSHOT = ["customer_id", "as_of"]

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


def compare_draws(drawn: list[Drawn], moderators: pa.Table) -> tuple[pd.DataFrame, pa.Table]:
    """The draws whose outcome is known, sorted by as_of and customer_id; and their moderators, row by row.

    Key (as_of, customer_id). Beside what was drawn: churned (0 or 1), weight, listed_share.

    Args:
        moderators: one row a snapshot that was drawn, sorted by as_of and customer_id: churned, and the
            columns that may make a difference.
    """
    rows = pd.concat([draw.rows for draw in drawn], ignore_index=True)
    labels = moderators.select([*SNAPSHOT, "churned"]).to_pandas()
    rows = rows.merge(labels, on=SNAPSHOT, how="left").sort_values(SNAPSHOT[::-1], ignore_index=True)
    nobody: Set[str] = set()
    marked = [
        mark_compared(
            rows[rows["as_of"] == draw.as_of], as_of=draw.as_of, seen_before=nobody, share=draw.holdout_share
        ).assign(listed_share=1 - draw.holdout_share)
        for draw in drawn
    ]
    compared = pd.concat(marked)
    compared = compared[compared["compared"]].reset_index(drop=True)
    places = pd.MultiIndex.from_frame(labels[SNAPSHOT]).get_indexer(
        pd.MultiIndex.from_frame(compared[SNAPSHOT])
    )
    return compared, moderators.take(pa.array(np.asarray(places)))


def learn_from(compared: pd.DataFrame, moderators: pa.Table, *, seed: int) -> dict[str, Any]:
    """The estimate from draws with a known outcome, and its evidence, for JSON."""
    learned = learn_uplift(moderators, compared, compared["listed_share"].to_numpy(), seed=seed)
    model = learned.uplift
    # of leavers kept, of stayers driven away, and of leavers by moderator
    names = ["all", "none", *model.moderators.names]
    return {
        "what": in_words(model.trust, learned.slope, learned.error),
        "trust": model.trust,
        "slope": learned.slope,
        "slope_error": learned.error,
        "thirds": by_third(compared, learned.unseen, seed=seed),
        "weights": dict(zip(names, model.weights.tolist(), strict=True)),
        "model": model.to_dict(),
    }

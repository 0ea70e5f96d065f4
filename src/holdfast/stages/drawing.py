"""Who was drawn on earlier lists: listed or held out by chance, the first time in their round of draws."""

import datetime as dt
from typing import NamedTuple

import pandas as pd

from holdfast.job import Job
from holdfast.publication import published_before
from holdfast.stages.extracting import log_before, outcome_by
from holdfast.stages.following import PastList, find_turns
from holdfast.stages.past import trained_as_of
from holdfast.storage import MANIFEST, read_json

GROUPS = ("listed", "held_out")


class Draws(NamedTuple):
    """The customers of one list whose turn first came on it in their round, as it was drawn.

    Attributes:
        rows: customer_id, as_of, decision (`listed` or `held_out`), held_since, churn_probability.
        share: that was held out, above 0 and below 1.
    """

    past: PastList
    rows: pd.DataFrame
    share: float


def usable_draws(job: Job, day: dt.date) -> list[Draws]:
    """The draws of the richest earlier lists whose outcome was known before `day`, oldest first."""
    dates = published_before(job.layout, day) if job.config.uplift.use else []
    if not dates:
        return []
    with job.engine() as engine:
        _, usual_delay = log_before(job, engine, day)
    reached = min(day, job.data_until(read_json(job.layout.validated / MANIFEST)))
    outcome, turns = outcome_by(job, usual_delay), find_turns(job.layout)
    mature = (past_list(job, date) for date in dates if outcome.mature_at(date) <= reached)
    usable = [one for one in mature if one is not None]
    usable.sort(key=lambda one: (len(turns[one.as_of].first), one.as_of), reverse=True)
    chosen = sorted(usable[: job.config.uplift.most_lists], key=lambda one: one.as_of)
    return [draws_of(one, turns[one.as_of].first) for one in chosen]


def past_list(job: Job, date: dt.date) -> PastList | None:
    """A list that some were held out of by chance; None: nobody was, or what it decided was not kept.

    Nor does a list teach anything whose model had already seen what became of its customers.
    """
    manifest = read_json((job.layout.lists / str(date)).resolve() / MANIFEST)
    decisions = job.layout.decisions_of_run(manifest["run_id"])
    trained = trained_as_of(job, manifest["model_version"])
    found = PastList(date, manifest, decisions)
    if not 0 < found.holdout_share < 1 or not decisions.is_file() or (trained or date) > date:
        return None
    return found


def draws_of(one: PastList, first: set[str]) -> Draws:
    """Those of one list; `first`: whose turn had not come before in the round."""
    rows = pd.read_parquet(
        one.decisions, columns=["customer_id", "decision", "held_since", "churn_probability"],
        filters=[("decision", "in", GROUPS)],
    )  # fmt: skip
    held_before = pd.to_datetime(rows["held_since"]) < pd.Timestamp(one.as_of)  # since an earlier round
    rows = rows[rows["customer_id"].isin(first) & ~held_before].assign(as_of=one.as_of)
    return Draws(one, rows, one.holdout_share)

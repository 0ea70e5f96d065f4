"""Everybody whom earlier lists decided about: what they did since, and who was really contacted."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table

from holdfast.engine.extract import Extraction
from holdfast.job import Job, Manifest, Result
from holdfast.layout import Layout
from holdfast.outcomes.comparable import mark_compared
from holdfast.outreach.holdout import round_start
from holdfast.publication import PARQUET, published_dates
from holdfast.scoring.profile import midnight
from holdfast.stages.contacted import contacted_in
from holdfast.stages.extracting import what_to_extract
from holdfast.stages.past import ids_of, labels_at
from holdfast.storage import MANIFEST, read_json


class PastList(NamedTuple):
    """A published list: its as-of date, its manifest, and the file of what was decided about everyone."""

    as_of: dt.date
    manifest: Manifest
    decisions: Path

    @property
    def holdout_share(self) -> float:
        """The share that was to be held out of it."""
        return float(self.manifest["settings"]["outreach"]["holdout_share"])


def follow(
    job: Job,
    validated: Result,
    sorted_facts: Result,
    lists: list[PastList],
    contacts: pd.DataFrame | None,
    day: dt.date,
) -> pd.DataFrame:
    """One row an eligible customer and list, key (as_of, customer_id): decisions, and what became of it.

    Beside the columns of the decisions: churned (0, 1, or null: no label), spend (money in the
    outcome window, refunds taken off; null without transactions), contacted (from the as-of date until the
    window's end; null: nothing says), cost, compared, why_not and weight.
    """
    with job.engine() as engine:
        wanted = what_to_extract(job, engine, validated.manifest, "score", day)
        labels = labels_at(job, wanted, sorted_facts, tuple(one.as_of for one in lists), day)
        tables, turns = job.tables(engine), find_turns(job.layout)
        parts = [
            mark_compared(
                follow_one(one, labels, tables, contacts, wanted, day),
                as_of=one.as_of,
                seen_before=turns[one.as_of].again,
                share=one.holdout_share,
            )
            for one in lists
        ]
    return pd.concat(parts, ignore_index=True)


def follow_one(
    one: PastList,
    labels: pa.Table,
    tables: Mapping[str, Table],
    contacts: pd.DataFrame | None,
    wanted: Extraction,
    day: dt.date,
) -> pd.DataFrame:
    """The customers of one list with their labels, spend and contacts."""
    rows = pd.read_parquet(one.decisions)
    start, over = wanted.outcome.window(one.as_of)
    here = labels.filter(pc.equal(labels["as_of"], pa.scalar(one.as_of, pa.date32())))
    rows = rows.merge(here.select(["customer_id", "churned"]).to_pandas(), on="customer_id", how="left")
    rows.insert(0, "as_of", one.as_of)
    if "transactions" in tables:
        spent = spend_in(tables["transactions"], start, over, day)
        rows = rows.merge(spent, on="customer_id", how="left")
        rows["spend"] = rows["spend"].fillna(0.0)
    else:
        rows["spend"] = float("nan")
    if contacts is None:
        return rows.assign(contacted=pd.array([None] * len(rows), "boolean"), cost=float("nan"))
    rows = rows.merge(contacted_in(contacts, one.as_of, over), on="customer_id", how="left")
    return rows.assign(contacted=rows["contacted"].astype("boolean").fillna(False))


def spend_in(transactions: Table, start: dt.date, over: dt.date, day: dt.date) -> pd.DataFrame:
    """customer_id, spend: paid in `[start, over)` less what was given back, as known before `day`."""
    rows = transactions.filter(
        transactions.occurred_at >= midnight(start),
        transactions.occurred_at < midnight(over),
        transactions.known_at < midnight(day),
    )
    found: pd.DataFrame = rows.group_by("customer_id").aggregate(spend=rows.amount.sum()).to_pandas()
    return found


class Turns(NamedTuple):
    """Whose turn came on one published list: for the first time in its round of draws, or again."""

    first: set[str]
    again: set[str]


def find_turns(layout: Layout) -> dict[dt.date, Turns]:
    """For each published list, oldest first."""
    here: dict[dt.date, set[str]] = {}
    rounds: dict[dt.date, set[str]] = {}  # by the first day of a round: whose turn has come in it
    found: dict[dt.date, Turns] = {}
    for date in published_dates(layout):
        folder = (layout.lists / str(date)).resolve()
        start = round_start(date, read_json(folder / MANIFEST)["settings"]["outreach"]["holdout_days"])
        if start not in rounds:
            rounds[start] = set().union(*(ids for day, ids in here.items() if day >= start))
        here[date] = ids_of(folder / PARQUET) | ids_of(layout.holdouts / f"{date}.parquet")
        found[date] = Turns(here[date] - rounds[start], here[date] & rounds[start])
        rounds[start] |= here[date]
    return found

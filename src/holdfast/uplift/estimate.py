"""Estimate the effect of a contact on each customer, and of each action, or state why it is unknown."""

import dataclasses
import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # publishes no types

from holdfast.contacts.log import source_contacts
from holdfast.contracts.arms import ARM, CONTROL
from holdfast.engine.parallel import Buckets
from holdfast.features.extraction import extract
from holdfast.features.request import request_at
from holdfast.features.settings import FeatureSettings
from holdfast.outcomes.randomized import Drawn
from holdfast.outreach.actions import Wording
from holdfast.snapshots.churn import Churn
from holdfast.snapshots.cohorts import Snapshots
from holdfast.streams.clock import DAY
from holdfast.timeline.outcome import Outcome
from holdfast.uplift.actions import arms_of_campaigns, measure_actions
from holdfast.uplift.campaigns import (
    SNAPSHOT,
    check_campaigns,
    describe_campaigns,
    largest,
    read_experiments,
)
from holdfast.uplift.draws import count_groups, describe_too_few, keep_worked
from holdfast.uplift.evidence import by_third, in_words
from holdfast.uplift.learner import learn_uplift
from holdfast.uplift.moderators import choose_moderators
from holdfast.uplift.settings import UpliftSettings

DRAWN = [*SNAPSHOT, "action", "draw", "decision", "share", "accept_share", "cost"]
NOBODY = pd.DataFrame(columns=DRAWN)

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Question:
    """What an estimate is made from, beside the lists.

    Attributes:
        attributes: the columns of customers that become features.
        known_until: the day until which outcomes are known.
        accept_share: the share of would-be churners that a contact is assumed to keep.
        wording: the actions in the lists' language.
    """

    tables: Mapping[str, Table]
    buckets: Buckets
    attributes: tuple[str, ...]
    day: dt.date
    known_until: dt.date
    churn: Churn
    features: FeatureSettings
    outcome: Outcome
    settings: UpliftSettings
    accept_share: float
    wording: Wording
    seed: int

    def extract(self, snapshots: pd.DataFrame) -> tuple[pa.Table, list[str]]:
        """The features and labels of snapshots, sorted by as_of and customer_id; and the features' names."""
        request = request_at(
            self.tables, self.attributes, tuple(sorted(snapshots["as_of"].unique())), churn=self.churn,
            outcome=self.outcome, features=self.features, known_before=self.day,
        )  # fmt: skip
        table = extract(request, self.buckets, Among(snapshots).choose)
        table = table.sort_by([("as_of", "ascending"), ("customer_id", "ascending")])
        return table, [column.name for column in request.plan.columns]


def not_used(what: str, decisions: pd.Series = NOBODY["decision"]) -> dict[str, Any]:
    """The content if nothing can be estimated, with the reason and the customers of each group."""
    return {
        "trust": 0.0, "thirds": [], "lists": [], "campaigns": [], "actions": [], "what": what,
        **count_groups(decisions),
    }  # fmt: skip


def estimate_uplift(drawn: list[Drawn], question: Question) -> dict[str, Any]:
    """The estimate from the company's own experiments and from earlier lists, as JSON.

    Args:
        drawn: the randomised customers of earlier lists with a known outcome, oldest first.
    """
    day, settings, seed = question.day, question.settings, question.seed
    assigned = read_experiments(question.tables, min(day, question.known_until), question.outcome)
    assigned = largest(assigned, settings.max_lists)
    if drawn:
        contacts = source_contacts(question.tables, drawn[0].as_of, day)
        drawn = keep_worked(drawn, contacts, question.outcome)
    lists = rows_of_lists(drawn, question.wording)
    too_few = describe_too_few(lists["decision"], settings.min_customers)
    if assigned.empty and too_few is not None:
        return not_used(too_few, lists["decision"])
    logger.info(
        "learning what contacts change from %d campaigns and %d lists",
        assigned["campaign"].nunique(), len(drawn),
    )  # fmt: skip
    snapshots = pd.concat([part[SNAPSHOT] for part in (assigned, lists) if len(part)]).drop_duplicates()
    features, names = question.extract(snapshots)
    moderators = choose_moderators(names, settings)
    with threadpool_limits(1, "blas"):  # the same to the last bit, however many processors there are
        rows, inputs = rows_with_features(assigned, features)
        campaigns, by_chance = check_campaigns(rows, inputs, moderators, settings.planned_share, seed=seed)
        rows = rows[by_chance].reset_index(drop=True)
        inputs = inputs.filter(pa.array(by_chance))
        lists, _ = rows_with_features(lists, features)
        arms = [arms_of_campaigns(rows, inputs, moderators), lists]
        actions = measure_actions(joined(arms), min_customers=settings.min_customers, seed=seed)
        rows, inputs = rows_with_features(joined([rows_of_campaigns(rows, question), lists]), features)
        result = not_used("", rows["decision"]) | {
            "campaigns": campaigns, "lists": [str(draw.as_of) for draw in drawn],
            "actions": [action._asdict() for action in actions],
        }  # fmt: skip
        too_few = describe_too_few(rows["decision"], settings.min_customers)
        if too_few is None:
            result |= learn(rows, inputs.select(names), moderators, seed=seed)
    return result | {"what": (too_few or result["what"]) + describe_campaigns(campaigns)}


def learn(rows: pd.DataFrame, features: pa.Table, moderators: list[str], *, seed: int) -> dict[str, Any]:
    """The estimate from rows with a known outcome, and its evidence, for JSON."""
    contacted = (rows["decision"] == "listed").to_numpy(np.float64)
    learned = learn_uplift(rows.assign(contacted=contacted), features, moderators, seed=seed)
    model = learned.uplift
    weighted = rows.assign(weight=np.where(contacted > 0, 1.0, rows["share"] / (1 - rows["share"])))
    return {
        "what": in_words(model.trust, learned.slope, learned.error),
        "trust": model.trust,
        "slope": learned.slope,
        "slope_error": learned.error,
        "thirds": by_third(weighted, learned.unseen, seed=seed),
        "mix": dict(zip(("same for all", "linear", "trees"), model.effects.mix.tolist(), strict=True)),
        "model": model.to_dict(),
    }


def joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all parts."""
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def rows_of_lists(drawn: list[Drawn], wording: Wording) -> pd.DataFrame:
    """The customers drawn on lists: DRAWN."""
    parts = [
        draw.rows.assign(
            action=draw.rows["recommended_action"].map(wording.code, na_action="ignore"),
            draw=f"list {draw.as_of}", share=1 - draw.holdout_share, cost=np.nan,
        )[DRAWN]
        for draw in drawn
    ]  # fmt: skip
    return joined([*parts, NOBODY])


def rows_of_campaigns(rows: pd.DataFrame, question: Question) -> pd.DataFrame:
    """The customers of campaigns whose draw looks random: DRAWN.

    Args:
        rows: as `campaigns.read_experiments` returns them.
    """
    contacted = rows[ARM] != CONTROL
    return rows.assign(
        draw=rows["campaign"], decision=np.where(contacted, "listed", "held_out"),
        share=contacted.astype("float64").groupby(rows["campaign"]).transform("mean"),
        accept_share=question.accept_share,
    )[DRAWN]  # fmt: skip


def rows_with_features(rows: pd.DataFrame, features: pa.Table) -> tuple[pd.DataFrame, pa.Table]:
    """The rows whose snapshot was eligible and has an outcome, with `churned`; and their features."""
    labelled = features.filter(pc.is_valid(features["churned"]))
    keys = pd.MultiIndex.from_frame(labelled.select(SNAPSHOT).to_pandas())
    places = keys.get_indexer(pd.MultiIndex.from_frame(rows[SNAPSHOT]))
    taken = labelled.take(pa.array(places[places >= 0]))
    churned = taken["churned"].to_numpy().astype(np.float64)
    return rows[places >= 0].reset_index(drop=True).assign(churned=churned), taken


class Among:
    """The given snapshots: customer_id and as_of."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.keys = pd.MultiIndex.from_frame(rows[SNAPSHOT])
        self.customers = pa.array(rows["customer_id"].unique(), pa.string())

    def choose(self, ids: pa.Array, snapshots: Snapshots) -> np.ndarray:
        """(rows,) whether each snapshot was drawn."""
        drawn = pc.is_in(ids, value_set=self.customers).to_numpy(zero_copy_only=False)[snapshots.customer]
        candidates = snapshots.take(np.flatnonzero(drawn))
        days = pd.to_datetime(candidates.as_of // DAY, unit="D").date
        names = ids.take(pa.array(candidates.customer)).to_pylist()
        drawn[drawn] = pd.MultiIndex.from_arrays([names, days]).isin(self.keys)
        return np.asarray(drawn)

"""Estimate the effect of a contact on each customer, or state why it is unknown."""

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
from holdfast.engine.parallel import Buckets
from holdfast.features.extraction import extract
from holdfast.features.request import plan_by, request_at
from holdfast.features.settings import FeatureSettings
from holdfast.outcomes.randomized import Drawn
from holdfast.snapshots.churn import Churn
from holdfast.snapshots.cohorts import Snapshots
from holdfast.streams.clock import DAY
from holdfast.streams.definitions import define
from holdfast.timeline.outcome import Outcome
from holdfast.uplift.campaigns import describe_campaigns, largest, read_experiments
from holdfast.uplift.draws import (
    SNAPSHOT,
    compare_draws,
    count_groups,
    describe_too_few,
    keep_worked,
    learn_from,
)
from holdfast.uplift.experiments import (
    check_campaigns,
    learn_from_experiments,
    pool,
    rows_with_features,
)
from holdfast.uplift.moderators import choose_moderators
from holdfast.uplift.settings import UpliftSettings

NOBODY = pd.Series(dtype="str")
ARMS = ("held_out", "listed")  # control and contacted, as the manifest counts them

logger = logging.getLogger(__name__)


def not_used(what: str, decisions: pd.Series = NOBODY) -> dict[str, Any]:
    """The content if nothing can be estimated, with the reason and the customers of each group."""
    return {"trust": 0.0, "thirds": [], "lists": [], "campaigns": [], "what": what, **count_groups(decisions)}


def estimate_uplift(
    drawn: list[Drawn], tables: Mapping[str, Table], buckets: Buckets, attributes: tuple[str, ...],
    day: dt.date, known_until: dt.date, *, churn: Churn, features: FeatureSettings, outcome: Outcome,
    settings: UpliftSettings, accept_share: float, seed: int,
) -> dict[str, Any]:  # fmt: skip
    """The estimate from the company's own experiments and earlier lists, or from lists alone, as JSON.

    Args:
        drawn: the randomised customers of earlier lists with a known outcome, oldest first.
        attributes: the columns of customers that become features.
        day: the as-of date.
        known_until: the day until which outcomes are known.
        accept_share: of would-be leavers, the share that a contact is assumed to keep.
    """
    assigned = read_experiments(tables, min(day, known_until), outcome)
    campaigns: list[dict[str, Any]] = []
    if assigned is not None and len(assigned):
        found = estimate_from_experiments(
            largest(assigned, settings.max_lists), drawn, tables, buckets, attributes, day, churn=churn,
            features=features, outcome=outcome, settings=settings, accept_share=accept_share, seed=seed,
        )  # fmt: skip
        if found["trust"] is not None:
            return found
        campaigns = found["campaigns"]
    from_lists = estimate_from_lists(
        drawn, tables, buckets, attributes, day, churn=churn, features=features, outcome=outcome,
        settings=settings, seed=seed,
    )  # fmt: skip
    return from_lists | {"campaigns": campaigns, "what": from_lists["what"] + describe_campaigns(campaigns)}


def estimate_from_experiments(
    assigned: pd.DataFrame, drawn: list[Drawn], tables: Mapping[str, Table], buckets: Buckets,
    attributes: tuple[str, ...], day: dt.date, *, churn: Churn, features: FeatureSettings, outcome: Outcome,
    settings: UpliftSettings, accept_share: float, seed: int,
) -> dict[str, Any]:  # fmt: skip
    """The estimate from campaigns whose draw looks random, and from lists; `trust` null: too few customers.

    Args:
        assigned: see `campaigns.read_experiments`.
    """
    logger.info("learning what contacts change from %d campaigns", assigned["campaign"].nunique())
    drawn = keep_worked(drawn, source_contacts(tables, drawn[0].as_of, day), outcome) if drawn else []
    listed = [draw.rows.assign(listed_share=1 - draw.holdout_share) for draw in drawn]
    lists = pd.concat(listed, ignore_index=True) if listed else pd.DataFrame()
    wanted = pd.concat([part[SNAPSHOT] for part in (assigned, lists) if len(part)]).drop_duplicates()
    request = request_at(
        tables, attributes, tuple(sorted(wanted["as_of"].unique())), churn=churn, outcome=outcome,
        features=features, known_before=day,
    )  # fmt: skip
    table = extract(request, buckets, Among(wanted).choose)
    table = table.sort_by([("as_of", "ascending"), ("customer_id", "ascending")])
    names = [column.name for column in request.plan.columns]
    rows, known = rows_with_features(assigned, table)
    with threadpool_limits(1, "blas"):
        moderators = choose_moderators(names, settings)
        campaigns, usable = check_campaigns(rows, known, moderators, settings.planned_share, seed=seed)
        pooled, known = rows_with_features(pool(rows[usable], lists), table)
        counts = {name: int((pooled["contacted"] == value).sum()) for value, name in enumerate(ARMS)}
        content = {"campaigns": campaigns, "lists": [str(draw.as_of) for draw in drawn], **counts}
        if not usable.any() or min(counts.values()) < settings.min_customers:
            return content | {"trust": None}
        learned = learn_from_experiments(pooled, known, moderators, accept_share, seed=seed)
    return content | learned | {"what": learned["what"] + describe_campaigns(campaigns)}


def estimate_from_lists(
    drawn: list[Drawn], tables: Mapping[str, Table], buckets: Buckets, attributes: tuple[str, ...],
    day: dt.date, *, churn: Churn, features: FeatureSettings, outcome: Outcome, settings: UpliftSettings,
    seed: int,
) -> dict[str, Any]:  # fmt: skip
    """The estimate from earlier lists alone, as JSON.

    Args:
        drawn: the randomised customers of earlier lists with a known outcome, oldest first.
        attributes: the columns of customers that become features.
        day: the as-of date.
    """
    decisions = pd.concat([draw.rows["decision"] for draw in drawn]) if drawn else NOBODY
    too_few = describe_too_few(decisions, settings.min_customers)
    if too_few is not None:
        return not_used(too_few, decisions)
    logger.info("learning what contacts change from %d lists", len(drawn))
    worked = keep_worked(drawn, source_contacts(tables, drawn[0].as_of, day), outcome)
    if not worked:
        return not_used(str(describe_too_few(NOBODY, settings.min_customers)))
    plan = plan_by(features, define(tables, attributes))
    request = request_at(
        tables, attributes, tuple(draw.as_of for draw in worked), churn=churn, outcome=outcome,
        features=features, known_before=day,
        only=choose_moderators((column.name for column in plan.columns), settings),
    )  # fmt: skip
    rows = extract(request, buckets, Among(pd.concat([draw.rows for draw in worked])).choose)
    moderators = rows.sort_by([("as_of", "ascending"), ("customer_id", "ascending")])
    compared, moderators = compare_draws(worked, moderators)
    too_few = describe_too_few(compared["decision"], settings.min_customers)  # some may have no outcome
    content = not_used(str(too_few), compared["decision"]) | {"lists": [str(draw.as_of) for draw in drawn]}
    if too_few is not None:
        return content
    with threadpool_limits(1, "blas"):  # the same to the last bit, however many processors there are
        return content | learn_from(compared, moderators, seed=seed)


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

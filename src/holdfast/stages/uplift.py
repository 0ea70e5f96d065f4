"""uplift: earlier lists with a random hold-out → the estimated effect of a contact on each customer.

It learns only from lists whose outcome was known by the as-of date, with features as of each list's date.
"""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # publishes no types

from holdfast.artifacts.lists import ListHistory
from holdfast.artifacts.models import find_model
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.uplift import write_uplift
from holdfast.artifacts.validated import ValidatedTables
from holdfast.contacts.log import source_contacts
from holdfast.engine.parallel import map_buckets
from holdfast.features.extraction import Extraction, extract_bucket
from holdfast.features.request import log_before, outcome_by, plan_by, request_at
from holdfast.outcomes.randomized import Drawn, drawn_on, find_first_selected
from holdfast.runtime.context import StageRun
from holdfast.snapshots.cohorts import Snapshots
from holdfast.stages.days import known_until
from holdfast.streams.clock import DAY
from holdfast.streams.definitions import define
from holdfast.timeline.outcome import Outcome
from holdfast.uplift.draws import (
    SNAPSHOT,
    Candidate,
    choose_lists,
    compare_draws,
    count_groups,
    describe_too_few,
    learn_from,
    was_worked,
)
from holdfast.uplift.moderators import choose_moderators

logger = logging.getLogger(__name__)


def learn_uplift(
    run: StageRun, lists: ListHistory, validated: ValidatedTables, streams: Streams
) -> dict[str, Any]:
    """Learn the effect of a contact, or state why it is unknown."""
    settings = run.settings
    nothing = {"trust": 0.0, "thirds": [], "lists": []}
    if not settings.uplift.use:
        return write_uplift(
            run.out, nothing | {"what": "not used: switched off (uplift.use)", **count_groups(NOBODY)}
        )
    with run.engine() as engine:
        tables = validated.tables(engine)
        drawn, outcome = find_draws(run, lists, validated, tables)
        decisions = pd.concat([draw.rows["decision"] for draw in drawn]) if drawn else NOBODY
        what = describe_too_few(decisions, settings.uplift.min_customers)
        if what is not None:
            return write_uplift(run.out, nothing | {"what": what, **count_groups(decisions)})
        logger.info("learning what contacts change from %d lists", len(drawn))
        worked = keep_worked(drawn, source_contacts(tables, drawn[0].as_of, run.day), outcome)
        if not worked:
            what = describe_too_few(NOBODY, settings.uplift.min_customers)
            return write_uplift(run.out, nothing | {"what": what, **count_groups(NOBODY)})
        request = moderators_request(run, tables, worked, outcome)
    compared, moderators = compare_draws(worked, drawn_snapshots(run, worked, request, streams))
    content = nothing | count_groups(compared["decision"]) | {
        # some may have no outcome
        "what": describe_too_few(compared["decision"], settings.uplift.min_customers),
        "lists": [str(draw.as_of) for draw in drawn],
    }  # fmt: skip
    if content["what"] is None:
        with threadpool_limits(1, "blas"):  # the same to the last bit, however many processors there are
            content |= learn_from(compared, moderators, seed=settings.seed)
    return write_uplift(run.out, content)


NOBODY = pd.Series(dtype="str")


def find_draws(
    run: StageRun, lists: ListHistory, validated: ValidatedTables, tables: Mapping[str, Table]
) -> tuple[list[Drawn], Outcome]:
    """The draws of the most informative earlier lists with a known outcome, oldest first."""
    churn, timeline = run.settings.churn, run.settings.timeline
    outcome = outcome_by(churn, timeline, log_before(tables, churn, run.day))
    reached = min(run.day, known_until(run.context, validated))
    selected = find_first_selected(lists.selected())
    candidates = []
    for date, published in lists.items():
        model = find_model(run.root, published.model_version)
        candidates.append(
            Candidate(
                as_of=date,
                holdout_share=published.outreach_settings["holdout_share"],
                trained=None if model is None else model.as_of,
                selected=len(selected[date].first),
                mature=outcome.mature_at(date) <= reached,
                decisions_kept=lists.keeps_decisions(date),
            )
        )
    chosen = [lists.randomized(date) for date in choose_lists(candidates, run.settings.uplift.max_lists)]
    return [drawn_on(draw, selected[draw.as_of].first) for draw in chosen if draw is not None], outcome


def keep_worked(drawn: list[Drawn], contacts: pd.DataFrame | None, outcome: Outcome) -> list[Drawn]:
    """The lists whose customers were contacted more than the control group."""
    if contacts is None:
        return drawn
    worked = [draw for draw in drawn if was_worked(draw, contacts, outcome.window(draw.as_of)[1])]
    if len(worked) < len(drawn):
        logger.info("%d lists were hardly worked: nothing is learned from them", len(drawn) - len(worked))
    return worked


def moderators_request(
    run: StageRun, tables: Mapping[str, Table], drawn: list[Drawn], outcome: Outcome
) -> Extraction:
    """The extraction of the moderators alone, at the lists' dates."""
    settings, attributes = run.settings, run.settings.source.attributes
    plan = plan_by(settings.features, define(tables, attributes))
    names = choose_moderators((column.name for column in plan.columns), settings.uplift)
    return request_at(
        tables, attributes, tuple(draw.as_of for draw in drawn), churn=settings.churn, outcome=outcome,
        features=settings.features, known_before=run.day, only=names,
    )  # fmt: skip


def drawn_snapshots(run: StageRun, drawn: list[Drawn], request: Extraction, streams: Streams) -> pa.Table:
    """Labels and moderators of the drawn snapshots, sorted by as_of and customer_id."""
    rows = pd.concat([draw.rows for draw in drawn], ignore_index=True)
    keys, customers = (
        pd.MultiIndex.from_frame(rows[SNAPSHOT]),
        pa.array(rows["customer_id"].unique(), pa.string()),
    )

    def is_drawn(ids: pa.Array, snapshots: Snapshots) -> Any:
        found = pc.is_in(ids, value_set=customers).to_numpy(zero_copy_only=False)[snapshots.customer]
        some = snapshots.take(np.flatnonzero(found))
        days = pd.to_datetime(some.as_of // DAY, unit="D").date
        names = ids.take(pa.array(some.customer)).to_pylist()
        found[found] = pd.MultiIndex.from_arrays([names, days]).isin(keys)
        return found

    def work(number: int) -> pa.Table:
        return extract_bucket(request, streams.bucket(number, request.streams), only=is_drawn)

    parts = map_buckets(work, streams.buckets, run.threads)
    return pa.concat_tables(parts).sort_by([("as_of", "ascending"), ("customer_id", "ascending")])

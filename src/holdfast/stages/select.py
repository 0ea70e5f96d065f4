"""select: scores → a decision and reasons for every eligible customer: listed, held out or excluded."""

import logging
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table
from numpy.typing import NDArray

from holdfast.artifacts.given import GivenFile
from holdfast.artifacts.lapsed import Lapsed
from holdfast.artifacts.lists import Holdouts, ListHistory, PublishedList
from holdfast.artifacts.models import Model
from holdfast.artifacts.reason_history import ReasonHistory
from holdfast.artifacts.scores import Scores, ScoringHistory, probabilities
from holdfast.artifacts.selections import SelectionContent, write_selection
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.uplift import UpliftEstimate
from holdfast.artifacts.validated import ValidatedTables
from holdfast.contracts.identifiers import refuse_reformatted_ids
from holdfast.errors import GuardRefused
from holdfast.outreach.banner import notices
from holdfast.outreach.leavers import give_reasons
from holdfast.outreach.lists import AtRiskList, build_list
from holdfast.outreach.page.history import History, choose_dates, recall
from holdfast.outreach.reason_provider import ReasonProvider
from holdfast.outreach.winback import build_win_back
from holdfast.runtime.context import StageRun
from holdfast.scoring.cases import find_cases
from holdfast.scoring.leavers import find_leavers
from holdfast.scoring.profile import describe
from holdfast.stages.moved import find_moved
from holdfast.uplift.learner import Uplift

logger = logging.getLogger(__name__)


def select_customers(
    run: StageRun, model: Model, scores: Scores, validated: ValidatedTables, streams: Streams,
    lapsed: Lapsed, uplift: UpliftEstimate, lists: ListHistory, holdouts: Holdouts, scored: ScoringHistory,
    reasons: ReasonHistory, do_not_contact: GivenFile,
) -> dict[str, Any]:  # fmt: skip
    """Decide about every eligible customer and every recently churned one."""
    settings, bundle, rows = run.settings, model.bundle(), scores.model_input()
    with run.engine() as engine:
        tables = validated.tables(engine)
        horizon = settings.churn.horizon_days
        customers = describe(scores.table(), rows, tables, run.day, least_days=horizon)
        customers = customers.merge(lapsed.customers(), on="customer_id", how="left")
        customers["lapsed"] = customers["lapsed_on"].notna()
        wanted = settings.outreach.win_back_days > 0
        leavers = leavers_with_reasons(run, tables, lapsed, reasons) if wanted else None
    if (estimate := uplift.model()) is not None:
        accept_share = settings.outreach.accept_share * customers["reach"].fillna(1.0)
        customers["saved_share"] = saved_by(estimate, customers, rows, accept_share.to_numpy())
    banned = frozenset(do_not_contact.lines("The do-not-contact list"))
    for people in (customers, leavers):
        if people is not None:
            refuse_reformatted_ids(banned, people["customer_id"], where="outreach.do_not_contact")
    held = read_holdouts(holdouts)
    shared: dict[str, Any] = {
        "as_of": run.day, "held": held, "do_not_contact": banned, "wording": settings.wording,
    }  # fmt: skip
    previous = lists.last
    provider = ReasonProvider(bundle, rows, settings.reason_texts, model.peer_groups(), settings.explain)
    at_risk, places = build_list(
        customers, settings.outreach, reasons=provider, model_version=model.version,
        outcome_window_end=settings.churn.outcome(0).window(run.day)[1],
        previous=None if previous is None else previous.listed(), **shared,
    )  # fmt: skip
    back = None if leavers is None else build_win_back(leavers, settings.outreach, places=places, **shared)
    waterfall = provider.waterfall()
    moved = None
    if waterfall is not None and previous is not None:
        moved = find_moved(
            run, bundle, provider.attribution, at_risk, waterfall, previous.as_of, validated, streams
        )
    with run.engine() as engine:
        cases = find_cases(validated.tables(engine), at_risk.listed["customer_id"], run.day)
    content = SelectionContent(at_risk, back, read_history(at_risk, scored), waterfall, moved, cases)
    guarded = {"do_not_contact": len(banned), "held_out": 0 if held is None else len(held)}
    losses = check_losses(run, guarded, previous)
    doubts = notices(
        model.card(), at_risk.listed["churn_probability"], customers["churn_probability"], scores.monitor,
        [*scores.deliveries, *losses],
    )  # fmt: skip
    return write_selection(run.out, content) | {
        "notices": [notice._asdict() for notice in doubts], "guarded": guarded,
        "previous_run_id": None if previous is None else previous.run_id,
        "rows": rows_of_every_step(validated, scores), "lapsed": lapsed.summary(),
        "uplift": uplift.summary(), "monitor": scores.monitor,
    }  # fmt: skip


def read_holdouts(holdouts: Holdouts) -> pd.DataFrame | None:
    """The hold-outs of earlier lists.

    Raises:
        GuardRefused: a file is unreadable, so that a held-out customer might be called.
    """
    try:
        return holdouts.table()
    except (OSError, pa.ArrowException) as error:
        raise GuardRefused(
            "who is held out of earlier lists cannot be read: no list is made",
            where="data/holdout",
            found=type(error).__name__,
            expected="the control group of every list that stands",
            next_step="restore the folder from a backup, or remove those lists from data/at_risk",
        ) from error


def check_losses(run: StageRun, guarded: dict[str, int], previous: PublishedList | None) -> list[str]:
    """Sentences about a do-not-contact list or hold-outs that lost more than half since the previous list.

    Raises:
        GuardRefused: there is such a loss, and `monitor.accept_changes` is off.
    """
    before = {} if previous is None else previous.manifest.get("guarded", {})
    lost = [
        f"{name.replace('_', ' ')}: {guarded[name]:,} customers, {had:,} for the list before"
        for name, had in before.items()
        if guarded[name] < had / 2
    ]
    if lost and not run.settings.monitor.accept_changes:
        raise GuardRefused(
            "who must not be contacted has been lost: no list is made",
            where="outreach.do_not_contact, data/holdout",
            found="; ".join(lost),
            expected="about as many as for the list before",
            next_step="restore the file; if it is meant to be so: monitor.accept_changes=true, once",
        )
    return lost


def leavers_with_reasons(
    run: StageRun, tables: dict[str, Table], lapsed: Lapsed, reasons: ReasonHistory
) -> pd.DataFrame:
    """The recently lapsed or churned customers, each with the best known reason."""
    settings, customers = run.settings, lapsed.customers()
    leavers = find_leavers(
        tables, settings.churn, run.day,
        within_days=settings.outreach.win_back_days, least_days=settings.churn.horizon_days,
        lapsed=customers[customers["lapsed_on"].notna()], limits=lapsed.limits(),
    )  # fmt: skip
    earlier = reasons.newest_first()
    return give_reasons(leavers, earlier, settings.reason_texts, settings.language, run.day)


def saved_by(
    estimate: Uplift, customers: pd.DataFrame, rows: pa.Table, accept_share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(customers,) the estimated share of customers that a contact keeps; negative: it drives them away."""
    ids = pa.array(customers["customer_id"], rows["customer_id"].type)
    places = pc.index_in(ids, value_set=rows["customer_id"])
    return estimate.saved(rows.take(places), customers["churn_probability"].to_numpy(), accept_share)


def read_history(at_risk: AtRiskList, scored: ScoringHistory) -> History:
    """The earlier churn probabilities of the listed customers."""
    listed = at_risk.listed["customer_id"]
    runs = scored.runs(choose_dates(scored.dates, at_risk.as_of))
    earlier = [
        (run.as_of, run.model_version, probabilities(run, listed.to_list() if len(listed) else None))
        for run in runs
    ]
    return recall(listed, earlier, at_risk.model_version)


def rows_of_every_step(validated: ValidatedTables, scores: Scores) -> dict[str, Any]:
    """The number of rows read, accepted, rejected and scored."""
    steps = ("read", "accepted", "rejected", "out_of_scope")
    tables = {name: {step: report[step] for step in steps} for name, report in validated.reports.items()}
    return {"tables": tables, "scores": scores.rows}

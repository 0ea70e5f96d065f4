"""select: scores → a decision and reasons for every eligible customer: listed, held out or excluded."""

from typing import Any

from holdfast.artifacts.given import GivenFile
from holdfast.artifacts.lapsed import Lapsed
from holdfast.artifacts.lists import Holdouts, ListHistory
from holdfast.artifacts.models import Model
from holdfast.artifacts.reason_history import ReasonHistory
from holdfast.artifacts.scores import Scores, ScoringHistory
from holdfast.artifacts.selections import SelectionContent, write_selection
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.uplift import UpliftEstimate
from holdfast.artifacts.validated import ValidatedTables
from holdfast.outreach.banner import Notice, notices
from holdfast.outreach.leavers import give_reasons
from holdfast.outreach.lists import build_list
from holdfast.outreach.overview import LOST_DAYS, summarise_base
from holdfast.outreach.page.history import choose_dates, recall
from holdfast.outreach.page.moved import find_moved
from holdfast.outreach.payment_recovery import build_payment_recovery
from holdfast.outreach.protected import Protected
from holdfast.outreach.reason_provider import ReasonProvider
from holdfast.outreach.winback import build_win_back, value_of_leavers
from holdfast.runtime.context import StageRun
from holdfast.scoring.cases import find_cases
from holdfast.scoring.leavers import find_leavers
from holdfast.scoring.model_input import request_input
from holdfast.scoring.payments import failed_payments
from holdfast.scoring.profile import describe


def select_customers(
    run: StageRun, model: Model, scores: Scores, validated: ValidatedTables, streams: Streams,
    lapsed: Lapsed, uplift: UpliftEstimate, lists: ListHistory, holdouts: Holdouts, scored: ScoringHistory,
    reasons: ReasonHistory, do_not_contact: GivenFile,
) -> dict[str, Any]:  # fmt: skip
    """Decide about every eligible customer and every recently churned one."""
    settings, day, churn, outreach = run.settings, run.day, run.settings.churn, run.settings.outreach
    bundle, rows, previous = model.bundle(), scores.model_input(), lists.last
    protected = Protected(frozenset(do_not_contact.lines("The do-not-contact list")), holdouts.table())
    provider = ReasonProvider(bundle, rows, settings.reason_texts, model.peer_groups(), settings.explain)
    back = moved = lost = None
    with run.engine() as engine:
        tables = validated.tables(engine)
        customers = describe(scores.table(), rows, tables, day, least_days=churn.horizon_days)
        customers = customers.merge(lapsed.customers(), on="customer_id", how="left")
        failures = failed_payments(tables, day, outreach.payment_recovery_days)
        if failures is not None:
            customers["payment_failed"] = customers["customer_id"].isin(failures["customer_id"])
        if (estimate := uplift.model()) is not None:
            customers["saved_share"] = estimate.saved_of(customers, rows, outreach.accept_share)
        protected.check_ids(customers["customer_id"])
        protected.check_known(tables.values(), settings.contracts.min_known_customers)
        at_risk, places = build_list(
            customers, outreach, reasons=provider, wording=settings.wording, as_of=day,
            outcome_window_end=churn.outcome(0).window(day)[1], model_version=model.version,
            previous=None if previous is None else previous.listed(), protected=protected,
            proven=uplift.proven_actions(),
        )  # fmt: skip
        listed = at_risk.listed["customer_id"]
        recovery = None if failures is None else build_payment_recovery(
            customers, at_risk.decisions, failures, outreach, wording=settings.wording,
            texts=settings.reason_texts, as_of=day,
        )  # fmt: skip
        if outreach.win_back_days:
            leavers = find_leavers(
                tables, churn, day, within_days=outreach.win_back_days, least_days=churn.horizon_days,
                lapsed=lapsed.lapsed(), limits=lapsed.limits(),
            )  # fmt: skip
            protected.check_ids(leavers["customer_id"])
            if outreach.win_back_days >= LOST_DAYS:
                lost = leavers.assign(value=value_of_leavers(leavers, outreach))
            leavers = give_reasons(
                leavers, reasons.latest_first(), settings.reason_texts, settings.language, day
            )
            back = build_win_back(
                leavers, outreach, places=places, wording=settings.wording, as_of=day, protected=protected
            )
        waterfall = provider.waterfall()
        if waterfall is not None and previous is not None:
            then = request_input(
                bundle, tables, settings.source.attributes, previous.as_of, churn=churn,
                features=settings.features,
            )  # fmt: skip
            moved = find_moved(at_risk.listed, waterfall, provider.attribution, then, run.buckets(streams))
        cases = find_cases(tables, listed, day)
    history = recall(listed, scored.probabilities(choose_dates(scored.dates, day), listed), model.version)
    before = {} if previous is None else previous.manifest.get("guarded", {})
    losses = protected.find_losses(before, accept=settings.monitor.accept_changes)
    warnings = notices(
        model.card(), at_risk.listed["churn_probability"], customers["churn_probability"], scores.monitor,
        [*(Notice(**notice) for notice in scores.deliveries), *losses],
    )  # fmt: skip
    content = SelectionContent(at_risk, back, recovery, history, waterfall, moved, cases)
    counts = validated.counts("read", "accepted", "rejected", "out_of_scope")
    return write_selection(run.out, content) | {
        "notices": [notice._asdict() for notice in warnings], "guarded": protected.counts(),
        "previous_run_id": None if previous is None else previous.run_id,
        "rows": {"tables": counts, "scores": scores.rows}, "lapsed": lapsed.summary(),
        "uplift": uplift.summary(), "monitor": scores.monitor,
        "base": summarise_base(at_risk.decisions, customers, lost, day),
    }  # fmt: skip

"""select: scores → a decision and reasons for every eligible customer: listed, held out or excluded."""

from typing import Any

from holdfast.artifacts.given import GivenFile
from holdfast.artifacts.lapsed import Lapsed
from holdfast.artifacts.leavers import Leavers
from holdfast.artifacts.lists import Holdouts, ListHistory
from holdfast.artifacts.models import Model
from holdfast.artifacts.scores import Scores, ScoringHistory
from holdfast.artifacts.selections import SelectionContent, write_selection
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.uplift import UpliftEstimate
from holdfast.artifacts.validated import ValidatedTables
from holdfast.outreach.banner import Notice, notices
from holdfast.outreach.lists import build_list
from holdfast.outreach.overview import most_at_risk, summarise_base
from holdfast.outreach.page.history import choose_dates, recall
from holdfast.outreach.page.moved import find_moved
from holdfast.outreach.payment_recovery import build_payment_recovery
from holdfast.outreach.protected import Protected
from holdfast.outreach.reason_provider import ReasonProvider
from holdfast.outreach.winback import build_win_back, value_lost
from holdfast.runtime.context import StageRun
from holdfast.scoring.cases import find_cases
from holdfast.scoring.model_input import request_input
from holdfast.scoring.payments import failed_payments
from holdfast.scoring.profile import describe


def select_customers(
    run: StageRun, model: Model, scores: Scores, validated: ValidatedTables, streams: Streams,
    lapsed: Lapsed, leavers: Leavers, uplift: UpliftEstimate, lists: ListHistory, holdouts: Holdouts,
    scored: ScoringHistory, do_not_contact: GivenFile,
) -> dict[str, Any]:  # fmt: skip
    """Decide about every eligible customer and every customer who left recently."""
    settings, day, churn, outreach = run.settings, run.day, run.settings.churn, run.settings.outreach
    bundle, rows, previous, left = model.bundle(), scores.model_input(), lists.last, leavers.customers()
    protected = Protected(frozenset(do_not_contact.lines("The do-not-contact list")), holdouts.table())
    provider = ReasonProvider(bundle, rows, settings.reason_texts, model.peer_groups(), settings.explain)
    with run.engine() as engine:
        tables = validated.tables(engine)
        failures = failed_payments(tables, day, outreach.payment_recovery_days)
        customers = describe(
            scores.table(), rows, tables, day, least_days=churn.horizon_days, lapsed=lapsed.customers(),
            failures=failures,
        )  # fmt: skip
        if (estimate := uplift.model()) is not None:
            customers["saved_share"] = estimate.saved_of(customers, rows, outreach.accept_share)
        protected.check_ids(customers["customer_id"], left["customer_id"])
        protected.check_known(tables.values(), settings.contracts.min_known_customers)
        at_risk, places = build_list(
            customers, outreach, reasons=provider, wording=settings.wording, as_of=day,
            outcome_window_end=churn.outcome(0).window(day)[1], model_version=model.version,
            previous=None if previous is None else previous.listed(), protected=protected,
            proven=uplift.proven_actions(),
        )  # fmt: skip
        listed, waterfall, moved = at_risk.listed["customer_id"], provider.waterfall(), None
        if waterfall is not None and previous is not None:
            then = request_input(
                bundle, tables, settings.source.attributes, previous.as_of, churn=churn,
                features=settings.features,
            )  # fmt: skip
            moved = find_moved(at_risk.listed, waterfall, provider.attribution, then, run.buckets(streams))
        cases = find_cases(tables, listed, day)
    drivers = provider(most_at_risk(at_risk.decisions))
    recovery = None if failures is None else build_payment_recovery(
        customers, at_risk.decisions, failures, outreach, wording=settings.wording,
        texts=settings.reason_texts, as_of=day,
    )  # fmt: skip
    back = None if not outreach.win_back_days else build_win_back(
        left, outreach, places=places, wording=settings.wording, as_of=day, protected=protected,
    )  # fmt: skip
    history = recall(listed, scored.probabilities(choose_dates(scored.dates, day), listed), model.version)
    losses = protected.find_losses(
        {} if previous is None else previous.manifest.get("guarded", {}),
        accept=settings.monitor.accept_changes,
    )  # fmt: skip
    raised = notices(
        model.card(), at_risk.listed["churn_probability"], customers["churn_probability"], scores.monitor,
        [*(Notice(**notice) for notice in scores.deliveries), *losses],
    )  # fmt: skip
    content = SelectionContent(at_risk, back, recovery, history, waterfall, moved, cases)
    return write_selection(run.out, content) | {
        "notices": [notice._asdict() for notice in raised], "guarded": protected.counts(),
        "previous_run_id": None if previous is None else previous.run_id,
        "rows": {"tables": validated.row_counts(), "scores": scores.rows}, "lapsed": lapsed.summary(),
        "uplift": uplift.summary(), "monitor": scores.monitor,
        "base": summarise_base(at_risk.decisions, customers, drivers, value_lost(left, outreach), day),
    }  # fmt: skip

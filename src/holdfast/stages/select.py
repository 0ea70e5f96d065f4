"""select: scores → a decision and reasons for every eligible customer: listed, held out or excluded."""

from typing import Any

from holdfast.artifacts.given import GivenFile
from holdfast.artifacts.lapsed import Lapsed
from holdfast.artifacts.leavers import Leavers
from holdfast.artifacts.lists import Holdouts, ListHistory
from holdfast.artifacts.models import Model
from holdfast.artifacts.scores import Scores, ScoringHistory
from holdfast.artifacts.selections import write_selection
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.uplift import UpliftEstimate
from holdfast.artifacts.validated import ValidatedTables
from holdfast.outreach.content import PreviousList, SelectionInputs, SelectionSettings, build_content
from holdfast.outreach.page.history import choose_dates
from holdfast.outreach.protected import Protected
from holdfast.runtime.context import StageRun


def select_customers(
    run: StageRun, model: Model, scores: Scores, validated: ValidatedTables, streams: Streams,
    lapsed: Lapsed, leavers: Leavers, uplift: UpliftEstimate, lists: ListHistory, holdouts: Holdouts,
    scored: ScoringHistory, do_not_contact: GivenFile,
) -> dict[str, Any]:  # fmt: skip
    """Decide about every eligible customer and every customer who left recently."""
    settings, last, estimate = run.settings, lists.last, uplift.model()
    dates = choose_dates(scored.dates, run.day)
    protected = Protected(frozenset(do_not_contact.lines("The do-not-contact list")), holdouts.table())
    inputs = SelectionInputs(
        model.version, model.bundle(), model.peer_groups(), model.card(),
        scores=scores.table(), rows=scores.model_input(), monitor=scores.monitor,
        deliveries=scores.deliveries, lapsed=lapsed.customers(), left=leavers.customers(),
        saved_of=None if estimate is None else estimate.saved_of, proven=uplift.proven_actions(),
        protected=protected,
        previous=None if last is None else PreviousList(last.as_of, last.listed(), last.manifest["guarded"]),
        earlier=lambda customers: scored.probabilities(dates, customers),
    )  # fmt: skip
    given = SelectionSettings(
        settings.churn, settings.source.attributes, settings.features, settings.explain, settings.outreach,
        settings.wording, settings.reason_texts, settings.contracts.min_known_customers,
        settings.monitor.accept_changes,
    )  # fmt: skip
    with run.engine() as engine:
        content, summary = build_content(
            validated.tables(engine), run.buckets(streams), inputs, given, run.day
        )  # fmt: skip
    return write_selection(run.out, content) | summary | {
        "guarded": protected.counts(), "previous_run_id": None if last is None else last.run_id,
        "rows": {"tables": validated.row_counts(), "scores": scores.rows}, "lapsed": lapsed.summary(),
        "uplift": uplift.summary(), "monitor": scores.monitor,
    }  # fmt: skip

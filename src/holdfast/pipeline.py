"""The declarations of all stages, in the order of the data, from raw tables to the at-risk list.

    raw tables → VALIDATE → validated tables → STREAMS → streams, all facts of a customer in one bucket
    streams    → FEATURES → labelled snapshots → TRAIN → a model, promoted or kept
    champion, streams → SCORE → scores of all → EXPLAIN → each customer's reasons
    streams    → LAPSED → customers whose silence is so long that hardly anybody comes back → LEAVERS
    scores, earlier lists → SELECT → whom to contact, whom to hold out → PUBLISH → the at-risk list
    earlier lists, streams → UPLIFT → the effect of a contact; OUTCOMES → the results of a list
    streams, outcomes → RETENTION → rates, cohorts, segments and goals
    scores, old and new → MONITOR → drift and past results; features → AUDIT → leaking columns

Dependencies between stages are declared only here. A stage first runs the stages that it reads from. It is
skipped if its artifact has the same inputs, settings and code (`runtime.caching`). A stage's function and its
libraries are imported when it runs, and not when its artifact is reused.
"""

from typing import Any

from holdfast.artifacts.audits import Audit
from holdfast.artifacts.explanations import Explanations
from holdfast.artifacts.features import Features
from holdfast.artifacts.lapsed import Lapsed
from holdfast.artifacts.leavers import Leavers
from holdfast.artifacts.lists import PublishedList
from holdfast.artifacts.models import Model
from holdfast.artifacts.monitor import MonitorFindings
from holdfast.artifacts.outcomes import Outcomes
from holdfast.artifacts.retention import Retention
from holdfast.artifacts.scores import Scores
from holdfast.artifacts.selections import Selection
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.uplift import UpliftEstimate
from holdfast.artifacts.validated import ValidatedTables
from holdfast.commands import COMMANDS
from holdfast.runtime import checks, days, lookups
from holdfast.runtime.caching import run_cached
from holdfast.runtime.context import RunContext
from holdfast.runtime.stage import Day, Lookup, Stage, deferred
from holdfast.stages import after

VALIDATE = Stage(
    "validate",
    COMMANDS["validate"],
    before=(checks.check_root,),
    reads={"raw": Lookup(lookups.raw_files)},
    settings=("source", "contracts"),
    run=deferred("stages.validate:validate_tables"),
    writes=ValidatedTables,
    pages=deferred("reports.validation:render_validation"),
)
STREAMS = Stage(
    "streams",
    "validated tables → all facts of a customer in one bucket",
    reads={"validated": VALIDATE},
    settings=("source.attributes", "engine.name", "engine.buckets"),
    run=deferred("stages.streams:sort_into_buckets"),
    writes=Streams,
)

# --- learning ---------------------------------------------------------------------------------------

TRAINING_DAY = Day(days.training_day, validated=VALIDATE)
QUESTION = ("churn", "source.attributes", "features")
LABELS = ("timeline.step_days", "timeline.snapshots", "timeline.label_delay_days", "timeline.max_rows")

FEATURES = Stage(
    "features",
    COMMANDS["features"],
    day=TRAINING_DAY,
    reads={"validated": VALIDATE, "streams": STREAMS},
    settings=(*QUESTION, *LABELS),
    run=deferred("stages.features:extract_features"),
    writes=Features,
)
TRAIN = Stage(
    "train",
    COMMANDS["train"],
    day=TRAINING_DAY,
    reads={
        "features": FEATURES,
        "contacts": Lookup(lookups.training_contacts, validated=VALIDATE, features=FEATURES),
        "stated": Lookup(lookups.stated_values, validated=VALIDATE),
    },
    compared_with={
        "champion": Lookup(lookups.champion_if_any),
        "validated": VALIDATE,
        "streams": STREAMS,
    },
    settings=(
        *QUESTION, "source.name", "source.currency", "source.mapping", "source.undated_attributes",
        "timeline", "model", "tuning", "text", "words", "gate", "audit", "seed",
        *(f"outreach.{name}" for name in (
            "margin", "value_days", "accept_share", "offer_cost", "offer_taken_share", "contact_cost",
            "capacity", "capacity_share", "lapsed",
        )),
    ),
    run=deferred("stages.train:train"),
    writes=Model,
    pages=deferred("reports.training:render_model"),
    after=(after.promote,),
)  # fmt: skip
AUDIT = Stage(
    "audit",
    COMMANDS["audit"],
    day=TRAINING_DAY,
    reads={"validated": VALIDATE, "features": FEATURES},
    settings=(*QUESTION, *LABELS, "audit", "seed"),
    run=deferred("stages.audit:audit"),
    writes=Audit,
    pages=deferred("reports.audit:render_audit"),
    after=(after.refuse_leaks,),
)

# --- acting -----------------------------------------------------------------------------------------

SCORING_DAY = Day(days.scoring_day, validated=VALIDATE)

SCORE = Stage(
    "scores",
    "champion, streams → scores of every eligible customer",
    day=SCORING_DAY,
    reads={"model": Lookup(lookups.champion), "validated": VALIDATE, "streams": STREAMS},
    compared_with={"history": Lookup(lookups.scores_before)},
    settings=(*QUESTION, "monitor"),
    run=deferred("stages.score:score"),
    writes=Scores,
)
EXPLAIN = Stage(
    "explain",
    COMMANDS["explain"],
    before=(checks.check_champion,),
    day=SCORING_DAY,
    reads={"model": Lookup(lookups.champion), "scores": SCORE},
    settings=("explain", "reason_texts", "language", "seed"),
    run=deferred("stages.explain:explain_customers"),
    writes=Explanations,
    pages=deferred("reports.explanations:render_explanations"),
)
LAPSED = Stage(
    "lapsed",
    "streams → from which silence on hardly any customer came back, and who had been silent for so long",
    day=SCORING_DAY,
    reads={"validated": VALIDATE, "streams": STREAMS},
    settings=(
        "churn", "timeline.step_days", "timeline.snapshots", "timeline.label_delay_days", "outreach.lapsed",
    ),
    run=deferred("stages.lapsed:find_lapsed"),
    writes=Lapsed,
)  # fmt: skip
LEAVERS = Stage(
    "leavers",
    "streams, earlier reasons → the customers who left recently, and why each left",
    day=SCORING_DAY,
    reads={"validated": VALIDATE, "lapsed": LAPSED, "reasons": Lookup(lookups.reasons_before)},
    settings=("churn", "outreach.win_back_days", "reason_texts", "language"),
    run=deferred("stages.leavers:find_recent_leavers"),
    writes=Leavers,
)
UPLIFT = Stage(
    "uplift",
    "experiments and earlier lists → what a contact changes, for whom, and what each action changes",
    day=SCORING_DAY,
    reads={"lists": Lookup(lookups.lists_before), "validated": VALIDATE, "streams": STREAMS},
    settings=(*QUESTION, "timeline.label_delay_days", "uplift", "outreach.accept_share", "wording", "seed"),
    run=deferred("stages.uplift:learn_uplift"),
    writes=UpliftEstimate,
)
SELECT = Stage(
    "select",
    "scores → whom to contact, whom to hold out, and why",
    day=SCORING_DAY,
    reads={
        "model": Lookup(lookups.champion),
        "scores": SCORE,
        "validated": VALIDATE,
        "streams": STREAMS,
        "lapsed": LAPSED,
        "leavers": LEAVERS,
        "uplift": UPLIFT,
        "lists": Lookup(lookups.lists_before),
        "holdouts": Lookup(lookups.holdouts_before),
        "scored": Lookup(lookups.scores_before),
        "do_not_contact": Lookup(lookups.do_not_contact),
    },
    settings=(
        *QUESTION, "explain", "outreach", "wording", "reason_texts", "language", "monitor.accept_changes",
        "contracts.min_known_customers",
    ),
    run=deferred("stages.select:select_customers"),
    writes=Selection,
)  # fmt: skip
PUBLISH = Stage(
    "score",
    COMMANDS["score"],
    before=(checks.check_day, checks.check_champion, checks.check_sink),
    day=SCORING_DAY,
    reads={"selection": SELECT, "validated": VALIDATE},
    settings=(
        "churn.kind", "source.name", "source.currency", "source.passthrough",
        "page_words", "wording", "language", "exports",
        "outreach.playbook", "outreach.export",
    ),
    run=deferred("stages.publish:publish"),
    writes=PublishedList,
    after=(after.make_current,),
)  # fmt: skip

# --- looking back -----------------------------------------------------------------------------------

OUTCOMES = Stage(
    "outcomes",
    COMMANDS["outcomes"],
    before=(checks.check_list_date,),
    day=Day(days.outcome_day, validated=VALIDATE),
    reads={
        "lists": Lookup(lookups.all_lists),
        "validated": VALIDATE,
        "streams": STREAMS,
        "contacts": Lookup(lookups.contacts_file),
        "uplift": Lookup(lookups.uplift_estimates),
    },
    settings=(
        "churn", "timeline.step_days", "timeline.snapshots", "timeline.label_delay_days", "list_date",
        "outcomes", "outreach.contact_cost", "outreach.lapsed",
        "source.currency", "source.time_zone", "source.historical", "seed",
    ),
    label="list_date",
    run=deferred("stages.outcomes:outcomes"),
    writes=Outcomes,
    pages=deferred("reports.outcomes:render_outcomes"),
)  # fmt: skip
RETENTION = Stage(
    "retention",
    COMMANDS["retention"],
    day=Day(days.outcome_day, validated=VALIDATE),
    reads={
        "validated": VALIDATE,
        "streams": STREAMS,
        "reasons": Lookup(lookups.reasons_before),
        "outcomes": Lookup(lookups.outcomes_before),
    },
    settings=(
        "churn", "timeline.label_delay_days", "retention", "outreach.margin", "outreach.value_days",
        "page_words", "source.name", "source.attributes", "source.currency",
    ),
    run=deferred("stages.retention:retention"),
    writes=Retention,
    pages=deferred("reports.retention:render_retention"),
)  # fmt: skip
MONITOR = Stage(
    "monitor",
    COMMANDS["monitor"],
    day=SCORING_DAY,
    reads={
        "model": Lookup(lookups.model_that_scored),
        "scores": Lookup(lookups.scores_that_stand, otherwise=SCORE),
        "history": Lookup(lookups.scores_before),
        "lists": Lookup(lookups.lists_before),
        "validated": VALIDATE,
        "streams": STREAMS,
    },
    settings=("churn", "timeline.label_delay_days", "monitor", "seed"),
    run=deferred("stages.monitor:monitor"),
    writes=MonitorFindings,
    pages=deferred("reports.monitor:render_monitor"),
    after=(after.refuse_unreliable,),
)


STAGES: tuple[Stage[Any], ...] = (
    VALIDATE, STREAMS, FEATURES, TRAIN, AUDIT, SCORE, EXPLAIN, LAPSED, LEAVERS, UPLIFT, SELECT, PUBLISH,
    OUTCOMES, RETENTION, MONITOR,
)  # fmt: skip


update_front_page = deferred("reports.front:update_front_page")


def run_command(name: str, context: RunContext) -> Any:
    """Run a command; returns the input of its summary: the stage's artifact, or a report."""
    if name == "simulate":
        from holdfast.stages import simulate

        return simulate.simulate(context)
    stages = {stage.name: stage for stage in STAGES}
    try:
        return run_cached(context, stages[name])
    finally:  # also when a step refuses: a list that was set aside is shown
        update_front_page(context.root, context.config.page_words, context.config.language)

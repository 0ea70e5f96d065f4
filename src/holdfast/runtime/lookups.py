"""Inputs of stages that no stage produces: the user's files and the history on disk.

Each function implements a `Lookup` of `pipeline.py`.
"""

import datetime as dt

from holdfast.artifacts.contacts import ContactLog
from holdfast.artifacts.features import Features
from holdfast.artifacts.given import GivenFile
from holdfast.artifacts.lists import Holdouts, ListHistory
from holdfast.artifacts.models import Model, find_champion, find_model, read_champion
from holdfast.artifacts.outcomes import OutcomesHistory
from holdfast.artifacts.reason_history import ReasonHistory
from holdfast.artifacts.scores import Scores, ScoringHistory, find_scores
from holdfast.artifacts.stated_values import StatedValues
from holdfast.artifacts.uplift import UpliftHistory
from holdfast.artifacts.validated import ValidatedTables
from holdfast.runtime.context import RunContext
from holdfast.sources.inputs import RawFiles, table_hashes


def raw_files(context: RunContext, _: dt.date | None) -> RawFiles:
    """The raw files of the source."""
    return RawFiles(table_hashes(context.config.source))


def champion(context: RunContext, _: dt.date | None) -> Model:
    """The model in use."""
    return read_champion(context.root)


def champion_if_any(context: RunContext, _: dt.date | None) -> Model | None:
    """The model in use; None: no model was promoted yet."""
    return find_champion(context.root)


def model_that_scored(context: RunContext, day: dt.date) -> Model:
    """The model of the existing scoring run of a day, or else the champion."""
    scores = scores_that_stand(context, day)
    model = None if scores is None else find_model(context.root, scores.model_version)
    return read_champion(context.root) if model is None else model


def scores_that_stand(context: RunContext, day: dt.date) -> Scores | None:
    """The existing scoring run of a day, if its model still exists."""
    scores = find_scores(context.root, day)
    gone = scores is None or find_model(context.root, scores.model_version) is None
    return None if gone else scores


def training_contacts(
    context: RunContext, day: dt.date, validated: ValidatedTables, features: Features
) -> ContactLog:
    """Contacts since the oldest training date, known before a day; without that table, from lists."""
    from holdfast.contacts.days import CONTACTS, days_of_contact, days_of_lists
    from holdfast.contracts.arms import ARM

    if CONTACTS in validated.reports:
        since = min(features.summary.dates, default=day)
        arm = [ARM] if ARM in validated.columns(CONTACTS) else []
        table = validated.table(CONTACTS, ["customer_id", "contacted_at", "known_at", *arm])
        return ContactLog(days_of_contact(table, since, day))
    lists = ListHistory(context.root, day)
    return ContactLog(days_of_lists((date, lists.customers(date)) for date in lists.dates))


def stated_values(context: RunContext, _: dt.date | None, validated: ValidatedTables) -> StatedValues | None:
    """The customer values that the company states; None: the source does not map `value`."""
    customers = context.config.source.tables.get("customers")
    return None if customers is None or "value" not in customers.columns else StatedValues(validated)


def lists_before(context: RunContext, day: dt.date) -> ListHistory:
    """The lists published before a day."""
    return ListHistory(context.root, day)


def all_lists(context: RunContext, _: dt.date | None) -> ListHistory:
    """All published lists."""
    return ListHistory(context.root)


def holdouts_before(context: RunContext, day: dt.date) -> Holdouts:
    """The hold-outs of the lists published before a day."""
    return ListHistory(context.root, day).holdouts()


def scores_before(context: RunContext, day: dt.date) -> ScoringHistory:
    """The scoring runs before a day."""
    return ScoringHistory(context.root, day)


def reasons_before(context: RunContext, day: dt.date) -> ReasonHistory:
    """The reasons that lists and explanations gave before a day."""
    return ReasonHistory(context.root, day)


def outcomes_before(context: RunContext, day: dt.date) -> OutcomesHistory:
    """The outcomes of lists that were known by a day."""
    return OutcomesHistory(context.root, day)


def uplift_estimates(context: RunContext, day: dt.date) -> UpliftHistory:
    """The uplift estimates with an as-of date on or before a day."""
    return UpliftHistory(context.root, day + dt.timedelta(days=1))


def do_not_contact(context: RunContext, _: dt.date | None) -> GivenFile:
    """The company's do-not-contact list."""
    return GivenFile(context.config.outreach.do_not_contact, "outreach.do_not_contact")


def contacts_file(context: RunContext, _: dt.date | None) -> GivenFile:
    """The user's file of contacts that took place."""
    return GivenFile(context.config.contacts_file, "contacts_file")

"""outcomes: published lists → the outcomes of their customers and the effect of contacting them."""

import datetime as dt
from typing import Any

from holdfast.artifacts.given import GivenFile
from holdfast.artifacts.lists import ListHistory
from holdfast.artifacts.outcomes import write_outcomes
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.uplift import UpliftHistory
from holdfast.artifacts.validated import ValidatedTables
from holdfast.config import ALL
from holdfast.features.request import outcome_at
from holdfast.outcomes.follow_up import find_contacts, follow_lists, lead_time_of_lists
from holdfast.outcomes.measure import measure_outcomes
from holdfast.outcomes.randomized import choose_mature, describe_lists, find_first_selected
from holdfast.outcomes.warnings import find_warnings
from holdfast.runtime.context import StageRun, logger


def outcomes(
    run: StageRun, lists: ListHistory, validated: ValidatedTables, streams: Streams, contacts: GivenFile,
    uplift: UpliftHistory,
) -> dict[str, Any]:  # fmt: skip
    """Follow the customers of one or all lists, and measure the effect of contacting them."""
    settings, churn, day, buckets = run.settings, run.settings.churn, run.day, run.buckets(streams)
    list_date = settings.list_date
    asked = lists.dates if list_date == ALL else [dt.date.fromisoformat(str(list_date))]
    with run.engine() as engine:
        tables = validated.tables(engine)
        outcome = outcome_at(tables, churn, settings.timeline, day)
        chosen = [lists.experiment(date) for date in choose_mature(asked, outcome, day, list_date)]
        log = find_contacts(contacts.path, chosen, tables, day, settings.source.time_zone)
        logger.info("following the customers of %d lists", len(chosen))
        followed = follow_lists(
            chosen, tables, buckets, log, find_first_selected(lists.selected()), churn=churn, outcome=outcome,
            day=day,
        )  # fmt: skip
        lead_time = lead_time_of_lists(
            lists.randomized_before(day), tables, buckets, day, churn=churn, timeline=settings.timeline,
            lapsed=settings.outreach.lapsed,
        )  # fmt: skip
    figures = measure_outcomes(
        followed, settings.outcomes, contact_cost=settings.outreach.contact_cost, seed=settings.seed,
        afterwards=not settings.source.historical and any(
            each.made_afterwards(outcome.gap_days) for each in chosen
        ),
    )  # fmt: skip
    content = {
        "list_date": list_date, "known_until": str(day), "question": churn.question,
        "churned_means": churn.churned_means, "currency": settings.source.currency,
        "contacts": None if log is None else "the source" if contacts.path is None else "a file",
        "lead_time": lead_time, "experiments": uplift.experiments(), **describe_lists(chosen, asked),
        **figures,
    }  # fmt: skip
    content["warnings"] = find_warnings(content, followed, chosen)
    return write_outcomes(run.out, content, followed)

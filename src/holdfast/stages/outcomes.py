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
from holdfast.contacts.given import read_contacts
from holdfast.contacts.log import source_contacts
from holdfast.contracts.identifiers import refuse_reformatted_ids
from holdfast.features.labels import labels_at
from holdfast.features.request import outcome_at
from holdfast.outcomes.follow_up import follow_lists
from holdfast.outcomes.lead_time import measure_lead_time, tabulate_decisions
from holdfast.outcomes.measure import measure_outcomes
from holdfast.outcomes.randomized import choose_mature, describe_lists, find_first_selected
from holdfast.outcomes.warnings import find_warnings
from holdfast.runtime.context import StageRun, logger
from holdfast.scoring.lost import find_lost


def outcomes(
    run: StageRun, lists: ListHistory, validated: ValidatedTables, streams: Streams, contacts: GivenFile,
    uplift: UpliftHistory,
) -> dict[str, Any]:  # fmt: skip
    """Follow the customers of one or all lists, and measure the effect of contacting them."""
    settings, churn, day, buckets = run.settings, run.settings.churn, run.day, run.buckets(streams)
    list_date, file = settings.list_date, f"contacts_file={contacts.path}"
    asked = lists.dates if list_date == ALL else [dt.date.fromisoformat(str(list_date))]
    with run.engine() as engine:
        tables = validated.tables(engine)
        outcome = outcome_at(tables, churn, settings.timeline, day)
        chosen = [lists.experiment(date) for date in choose_mature(asked, outcome, day, list_date)]
        dates = tuple(each.as_of for each in chosen)
        if contacts.path is None:
            log = source_contacts(tables, dates[0], day)
        else:
            log = read_contacts(contacts.path, settings.source.time_zone, file)
        logger.info("following the customers of %d lists", len(chosen))
        labels = labels_at(dates, tables, buckets, churn=churn, outcome=outcome, known_before=day)
        selected = find_first_selected(lists.selected())
        followed = follow_lists(chosen, labels, tables, log, outcome, selected, day)
        earlier = [each for date in lists.dates if date < day and (each := lists.randomized(date))]
        first = earlier[0].as_of
        lost = find_lost(
            tables, buckets, first, day, churn=churn, timeline=settings.timeline,
            settings=settings.outreach.lapsed,
        )  # fmt: skip
    if log is not None and contacts.path is not None:
        refuse_reformatted_ids(log["customer_id"], followed["customer_id"], where=file)
    figures = measure_outcomes(
        followed, settings.outcomes, contact_cost=settings.outreach.contact_cost, seed=settings.seed,
        afterwards=not settings.source.historical
        and any(each.made_afterwards(outcome.gap_days) for each in chosen),
    )  # fmt: skip
    content: dict[str, Any] = {
        "list_date": list_date, "known_until": str(day), "question": churn.question,
        "churned_means": churn.churned_means,
        "currency": settings.source.currency, "settings": settings.outcomes.model_dump(),
        "contacts": None if log is None else "the source" if contacts.path is None else "a file",
        "lead_time": measure_lead_time(lost, tabulate_decisions(earlier), first),
        "experiments": uplift.experiments(),
        **describe_lists(chosen, asked), **figures,
    }  # fmt: skip
    content["warnings"] = find_warnings(content, followed, chosen)
    return write_outcomes(run.out, content, followed)

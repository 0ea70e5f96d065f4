"""outcomes: published lists → the outcomes of their customers and the effect of contacting them."""

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

import pandas as pd
from ibis import Table

from holdfast.artifacts.given import GivenFile
from holdfast.artifacts.labels import labels_at, labels_of
from holdfast.artifacts.lists import ListHistory
from holdfast.artifacts.outcomes import write_outcomes
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.config import ALL
from holdfast.contacts.given import read_contacts
from holdfast.contacts.log import source_contacts
from holdfast.contracts.identifiers import refuse_reformatted_ids
from holdfast.errors import DataRefused
from holdfast.features.request import log_before, outcome_by
from holdfast.outcomes.follow_up import follow_up
from holdfast.outcomes.lead_time import measure_lead_time
from holdfast.outcomes.measure import measure_outcomes
from holdfast.outcomes.randomized import RandomizedList, find_first_selected
from holdfast.outcomes.warnings import find_warnings
from holdfast.outreach.selection import EXCLUSIONS
from holdfast.runtime.context import StageRun
from holdfast.scoring.leavers import find_leavers
from holdfast.stages.lapsed import measure_lapsed
from holdfast.timeline.outcome import Outcome

DECISIONS = ("listed", "held_out", *EXCLUSIONS)

logger = logging.getLogger(__name__)


def outcomes(
    run: StageRun, lists: ListHistory, validated: ValidatedTables, streams: Streams, contacts: GivenFile
) -> dict[str, Any]:
    """Follow the customers of one or all lists, and measure the effect of contacting them."""
    settings = run.settings
    with run.engine() as engine:
        tables = validated.tables(engine)
        outcome = outcome_by(settings.churn, settings.timeline, log_before(tables, settings.churn, run.day))
        chosen = mature_lists(settings.list_date, lists, outcome, run.day)
        log = known_contacts(run, tables, contacts, chosen[0].as_of)
        logger.info("following the customers of %d lists", len(chosen))
        followed = follow_all(run, chosen, lists, tables, streams, log, outcome)
    lead_time = follow_lost(run, lists, validated, streams)
    if log is not None and contacts.path is not None:
        refuse_reformatted_ids(
            log["customer_id"], followed["customer_id"], where=f"contacts_file={contacts.path}"
        )
    figures = measure_outcomes(
        followed, settings.outcomes, order=DECISIONS, contact_cost=settings.outreach.contact_cost,
        seed=settings.seed,
        afterwards=not settings.source.historical
        and any(one.made_afterwards(outcome.gap_days) for one in chosen),
    )  # fmt: skip
    used = {one.as_of for one in chosen}
    content: dict[str, Any] = {
        "list_date": settings.list_date,
        "lists": [str(one.as_of) for one in chosen],
        "outcome_window_ends": [str(one.outcome_window_end) for one in chosen],
        "known_until": str(run.day),
        "question": settings.churn.question,
        "currency": settings.source.currency,
        "contacts": None if log is None else "the source" if contacts.path is None else "a file",
        "settings": settings.outcomes.model_dump(),
        "left_out": [str(date) for date in lists.dates if date not in used]
        if settings.list_date == ALL
        else [],
        "lead_time": lead_time,
        **figures,
    }
    content["warnings"] = find_warnings(content, followed, chosen)
    return write_outcomes(run.out, content, followed)


def mature_lists(
    asked: str | None, lists: ListHistory, outcome: Outcome, day: dt.date
) -> list[RandomizedList]:
    """The requested lists with a known outcome, oldest first.

    Raises:
        DataRefused: no outcome window is over yet, or the decisions of a list are missing.
    """
    dates = lists.dates if asked == ALL else [dt.date.fromisoformat(str(asked))]
    over = [date for date in dates if outcome.mature_at(date) <= day]
    if not over:
        first = outcome.mature_at(dates[0])
        raise DataRefused(
            "the outcome of the list is not known yet" if len(dates) == 1 else "no outcome is known yet",
            where=f"list_date={asked}",
            found=f"data until {day}",
            expected=f"data until {first}: gap, outcome window, grace and the usual delay of the data",
            next_step=f"deliver newer data, and call again on {first} or later",
        )
    return [with_decisions(lists, date) for date in over]


def with_decisions(lists: ListHistory, date: dt.date) -> RandomizedList:
    """A published list with its decision about each customer.

    Raises:
        DataRefused: the decisions are missing.
    """
    found = lists.randomized(date)
    if found is None:
        raise DataRefused(
            "what the list decided about each customer was not kept",
            where=f"list_date={date}",
            found="a list published by an earlier Holdfast, or partly deleted",
            next_step="choose a later list",
        )
    return found


def known_contacts(
    run: StageRun, tables: Mapping[str, Table], contacts: GivenFile, since: dt.date
) -> pd.DataFrame | None:
    """All contacts, one row each, from the user's file or the source; None: there is neither.

    The source's contacts are limited to those from `since` on that were known before the as-of date.
    """
    if contacts.path is None:
        return source_contacts(tables, since, run.day)
    return read_contacts(contacts.path, run.settings.source.time_zone, f"contacts_file={contacts.path}")


def follow_all(
    run: StageRun, chosen: list[RandomizedList], lists: ListHistory, tables: Mapping[str, Table],
    streams: Streams, contacts: pd.DataFrame | None, outcome: Outcome,
) -> pd.DataFrame:  # fmt: skip
    """One row per eligible customer and list (see `outcomes.follow_up`)."""
    dates = tuple(one.as_of for one in chosen)
    labels = labels_at(streams, tables, run.settings.churn, outcome, dates, run.day, run.threads)
    selected = find_first_selected(lists.selected())
    parts = [
        follow_up(one, labels_of(labels, one.as_of), tables, contacts, outcome, selected[one.as_of], run.day)
        for one in chosen
    ]
    return pd.concat(parts, ignore_index=True)


def follow_lost(
    run: StageRun, lists: ListHistory, validated: ValidatedTables, streams: Streams
) -> dict[str, Any] | None:
    """How many lost customers earlier lists had named, and how long before (see `outcomes.lead_time`)."""
    earlier = [lists.randomized(date) for date in lists.dates if date < run.day]
    kept = [published for published in earlier if published is not None]
    first = kept[0].as_of
    _, limits, customers = measure_lapsed(run, validated, streams)
    with run.engine() as engine:
        lost = find_leavers(
            validated.tables(engine), run.settings.churn, run.day, within_days=(run.day - first).days,
            least_days=run.settings.churn.horizon_days,
            lapsed=customers[customers["lapsed_on"].notna()], limits=limits,
        )  # fmt: skip
    columns = ["customer_id", "decision", "value"]
    decided = pd.concat([one.decisions[columns].assign(as_of=one.as_of) for one in kept])
    return measure_lead_time(lost, decided, first)

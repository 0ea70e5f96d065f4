"""Build the extraction of labels and features at given as-of dates."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa
from ibis import Table

from holdfast.contracts.tables import CONTRACTS
from holdfast.errors import DataRefused
from holdfast.features.extraction import Extraction
from holdfast.features.families import FAMILIES
from holdfast.features.plan import Plan, plan_features
from holdfast.features.settings import FeatureSettings
from holdfast.snapshots.churn import Churn
from holdfast.snapshots.cohorts import PAYMENTS
from holdfast.snapshots.moments import micros
from holdfast.streams.assembly import StreamTable
from holdfast.streams.clock import DAY
from holdfast.streams.definitions import define
from holdfast.timeline.grid import default_step_days, mature_dates
from holdfast.timeline.outcome import Outcome
from holdfast.timeline.settings import TimelineSettings
from holdfast.timeline.span import LogSpan, measure_span


def request_at(
    tables: Mapping[str, Table], attributes: tuple[str, ...], dates: tuple[dt.date, ...], *,
    churn: Churn, outcome: Outcome, features: FeatureSettings, known_before: dt.date,
    only: Collection[str] | None = None,
) -> Extraction:  # fmt: skip
    """The extraction at given as-of dates.

    Args:
        tables: the validated tables.
        attributes: the columns of customers that become features.
        known_before: labels use only facts known before this day.
        only: names of the columns to compute; None: all columns of the settings.
    """
    defined = define(tables, attributes)
    plan = plan_by(features, defined, churn, only)
    return request_plan(
        defined, plan, dates, churn=churn, outcome=outcome, known_before=known_before
    )  # fmt: skip


def request_plan(
    defined: Mapping[str, StreamTable], plan: Plan, dates: tuple[dt.date, ...], *, churn: Churn,
    outcome: Outcome, known_before: dt.date,
) -> Extraction:  # fmt: skip
    """The extraction of a plan's columns; streams and text columns that it does not need are left out."""
    read = {
        name: table
        for name, table in defined.items()
        if plan.measures(name) or name in label_streams(churn, defined)
    }
    streams = {
        name: dataclasses.replace(table.stream, levels=plan.levels(table.stream))
        for name, table in read.items()
    }
    return Extraction(
        streams=streams, plan=plan, churn=churn, outcome=outcome, dates=dates, known_before=known_before,
        first_days=first_days(read, dates), max_rows=None,
    )  # fmt: skip


def label_streams(churn: Churn, available: Collection[str]) -> tuple[str, ...]:
    """The streams that labels are read from: the streams of the churn definition, and payments if present."""
    return (*churn.streams, *([PAYMENTS] if PAYMENTS in available else []))


def first_days(streams: Mapping[str, StreamTable], dates: tuple[dt.date, ...]) -> dict[str, dict[int, int]]:
    """For each stream and as-of date (microseconds), midnight of the first day known before it."""
    by_stream: dict[str, dict[int, int]] = {}
    for name, stream in streams.items():
        facts = stream.facts.filter(stream.facts.known_at.notnull())
        days = facts.group_by(day=facts.known_at.date()).aggregate(first=facts.occurred_at.min())
        known = days.filter(days["first"].notnull()).order_by("day").to_pyarrow()
        day = known["day"].to_numpy().astype("datetime64[us]").astype(np.int64)
        earliest = np.minimum.accumulate(known["first"].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy())
        before = np.searchsorted(day, [micros(date) for date in dates])
        by_stream[name] = {
            micros(date): int(earliest[count - 1]) // DAY * DAY
            for date, count in zip(dates, before, strict=True)
            if count
        }
    return by_stream


def plan_by(
    settings: FeatureSettings, tables: Mapping[str, StreamTable], churn: Churn,
    only: Collection[str] | None = None,
) -> Plan:  # fmt: skip
    """The plan of the features that the settings select; `only`: names of the columns, None: all."""
    families = tuple(family for family in FAMILIES if settings.families.get(family.name, True))
    streams = {name: table.stream for name, table in tables.items()}
    return plan_features(families, streams, settings.windows_days, only, horizon_days=churn.horizon_days)


def log_before(tables: Mapping[str, Table], churn: Churn, day: dt.date) -> LogSpan:
    """The span of the log that churn is read from, using facts known before a day.

    The span begins on the first day on which all tables of the churn definition have data. If churn compares
    spend with earlier spend, it begins later by the days that this comparison needs.

    Raises:
        DataRefused: nothing was known.
    """
    spans = [table_before(name, tables[name], day) for name in churn.streams]
    warm_up = dt.timedelta(days=max(0, churn.warm_up_days - churn.horizon_days))
    return LogSpan(
        max(first + warm_up for first, _ in spans if first), max(span.delay_days for span in spans)
    )  # fmt: skip


def table_before(name: str, table: Table, day: dt.date) -> LogSpan:
    """The span of one table, using facts known before a day.

    Raises:
        DataRefused: nothing was known.
    """
    event = CONTRACTS[name].event
    assert event is not None, f"the facts of {name} have a time"
    span = measure_span(table, event, day)
    if span.first_day is None:
        start = table[event].min().to_pyarrow().as_py()
        raise DataRefused(
            "there is no data before the as-of date",
            where=f"as_of={day}",
            found=f"{name} from {start.date()} on" if start else f"no {name}",
            next_step="choose a later as_of" if start else "holdfast validate shows where the rows went",
        )
    return span


def outcome_by(churn: Churn, timeline: TimelineSettings, span: LogSpan) -> Outcome:
    """The outcome window, with the label delay that is set, or else measured in the log."""
    delay = timeline.label_delay_days
    return churn.outcome(span.delay_days if delay is None else delay)


def training_dates(
    first_day: dt.date, day: dt.date, outcome: Outcome, timeline: TimelineSettings
) -> tuple[dt.date, ...]:
    """The mature as-of dates of a training, oldest first; may be empty."""
    step = timeline.step_days or default_step_days(outcome.horizon_days)
    return mature_dates(first_day, day, outcome, step_days=step, snapshots=timeline.snapshots)


def outcome_at(
    tables: Mapping[str, Table], churn: Churn, timeline: TimelineSettings, day: dt.date
) -> Outcome:  # fmt: skip
    """The outcome window, by what was known before a day.

    Raises:
        DataRefused: nothing was known.
    """
    return outcome_by(churn, timeline, log_before(tables, churn, day))


def training_request(
    tables: Mapping[str, Table], attributes: tuple[str, ...], day: dt.date, *, churn: Churn,
    features: FeatureSettings, timeline: TimelineSettings,
) -> tuple[dt.date, Extraction]:  # fmt: skip
    """The first day of the log, and the extraction of labels and features for a training.

    Raises:
        DataRefused: nothing was known before the as-of date, or no label is mature.
    """
    span = log_before(tables, churn, day)
    assert span.first_day is not None, "an empty log is refused"
    outcome = outcome_by(churn, timeline, span)
    dates = training_dates(span.first_day, day, outcome, timeline)
    if not dates:
        raise DataRefused(
            "no label is mature: the log is too short for this question",
            where=f"as_of={day}",
            found=f"{(day - span.first_day).days} days of {churn.stream}, from {span.first_day} on",
            expected=f"more than {outcome.maturity_days} days",
            next_step="load more history, choose a later as_of, or a shorter churn.horizon_days",
        )
    extraction = request_at(
        tables, attributes, dates, churn=churn, outcome=outcome, features=features, known_before=day
    )  # fmt: skip
    return span.first_day, dataclasses.replace(extraction, max_rows=timeline.max_rows)

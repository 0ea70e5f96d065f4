"""What is asked of the streams at some as-of dates: labels of which days, and which features."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping

from ibis import Table

from holdfast.contracts.tables import CONTRACTS
from holdfast.errors import DataRefused
from holdfast.features.extraction import Extraction, first_days
from holdfast.features.families import FAMILIES
from holdfast.features.plan import Plan, plan_features
from holdfast.features.settings import FeatureSettings
from holdfast.snapshots.churn import Churn
from holdfast.streams.definitions import define
from holdfast.streams.stream import Stream
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
        known_before: labels are made of what was known before this day.
        only: the columns wanted; None: all that the settings make.
    """
    streams = define(tables, attributes)
    plan = plan_by(features, streams, only)
    read = {
        name: dataclasses.replace(stream, levels=plan.levels(stream))
        for name, stream in streams.items()
        if plan.measures(name) or name == churn.stream
    }
    return Extraction(
        streams=read, plan=plan, churn=churn, outcome=outcome, dates=dates, known_before=known_before,
        first_days=first_days(read, dates), max_rows=None,
    )  # fmt: skip


def plan_by(
    settings: FeatureSettings, streams: Mapping[str, Stream], only: Collection[str] | None = None
) -> Plan:
    """The features that some settings make of the streams; `only`: the columns wanted, None: all."""
    families = tuple(family for family in FAMILIES if settings.families.get(family.name, True))
    return plan_features(families, streams, settings.windows_days, only)


def log_before(tables: Mapping[str, Table], churn: Churn, day: dt.date) -> LogSpan:
    """The span of the log that churn is read from, by what was known before a day.

    Raises:
        DataRefused: nothing was known.
    """
    table, event = tables[churn.stream], CONTRACTS[churn.stream].event
    assert event is not None, f"the facts of {churn.stream} have a time"
    span = measure_span(table, event, day)
    if span.first_day is None:
        start = table[event].min().to_pyarrow().as_py()
        raise DataRefused(
            "there is no data before the as-of date",
            where=f"as_of={day}",
            found=f"{churn.stream} from {start.date()} on" if start else f"no {churn.stream}",
            next_step="choose a later as_of" if start else "holdfast validate shows where the rows went",
        )
    return span


def outcome_by(churn: Churn, timeline: TimelineSettings, span: LogSpan) -> Outcome:
    """The days that a label is about; it is mature after the delay that is set, or else the usual one."""
    delay = timeline.label_delay_days
    return churn.outcome(span.delay_days if delay is None else delay)


def training_dates(
    first_day: dt.date, day: dt.date, outcome: Outcome, timeline: TimelineSettings
) -> tuple[dt.date, ...]:
    """The mature as-of dates of a training, oldest first; may be empty."""
    step = timeline.step_days or default_step_days(outcome.horizon_days)
    return mature_dates(first_day, day, outcome, step_days=step, snapshots=timeline.snapshots)


def refuse_short_log(stream: str, first_day: dt.date, day: dt.date, outcome: Outcome) -> DataRefused:
    """The error of a log on which no label is mature."""
    return DataRefused(
        "no label is mature: the log is too short for this question",
        where=f"as_of={day}",
        found=f"{(day - first_day).days} days of {stream}, from {first_day} on",
        expected=f"more than {outcome.maturity_days} days",
        next_step="load more history, choose a later as_of, or a shorter churn.horizon_days",
    )


def label_request(
    tables: Mapping[str, Table], dates: tuple[dt.date, ...], *, churn: Churn, outcome: Outcome,
    known_before: dt.date,
) -> Extraction:  # fmt: skip
    """The extraction of labels alone, from the stream that churn is read from."""
    streams = define({churn.stream: tables[churn.stream]}, ())
    return Extraction(
        streams=streams, plan=Plan((), {}, {}), churn=churn, outcome=outcome, dates=dates,
        known_before=known_before, first_days={}, max_rows=None,
    )  # fmt: skip

"""The as-of date of a command: the requested date, checked against the last day of the data."""

import datetime as dt
import logging
from zoneinfo import ZoneInfo

from holdfast.artifacts.validated import ValidatedTables
from holdfast.runtime.context import RunContext
from holdfast.scoring.freshness import guard_freshness

logger = logging.getLogger(__name__)


def training_day(context: RunContext, validated: ValidatedTables) -> dt.date:
    """The as-of date of a training: the requested date, but at most the day after the last known fact.

    If the table that churn is read from ends long before the other tables, its own last day counts.
    Otherwise every customer would seem to have churned.
    """
    config = context.config
    last, asked = validated.day_after_last_fact(), config.day()
    reached = labels_known_until(context, validated)
    if (last - reached).days > config.contracts.max_stale_days:
        logger.warning("%s end long before the other tables, on %s", config.churn.streams[-1], reached)
        last = reached
    if asked is not None and asked > last:
        logger.info("the data ends before %s: training as of %s", asked, last)
    return min(asked or last, last)


def scoring_day(context: RunContext, validated: ValidatedTables) -> dt.date:
    """The as-of date of a scoring: the requested day, or else the day after the last known fact.

    A requested day is a backfill, and the data must reach it. With `as_of=latest` the data must reach today,
    unless the source is historical.

    Raises:
        GuardRefused: the data ends too early.
    """
    config, reached = context.config, validated.known_until(context.config.churn.stream)
    asked = config.day()
    day = asked or validated.day_after_last_fact()
    today = context.started.astimezone(ZoneInfo(config.source.time_zone)).date()
    latest = asked is None and not config.source.historical
    guard_freshness(
        reached=reached, day=today if latest else day, max_stale_days=config.contracts.max_stale_days,
        latest=latest,
    )  # fmt: skip
    return day


def outcome_day(context: RunContext, validated: ValidatedTables) -> dt.date:
    """The day until which outcomes are known: the requested day, but not later than the data."""
    reached = labels_known_until(context, validated)
    return min(context.config.day() or reached, reached)


def labels_known_until(context: RunContext, validated: ValidatedTables) -> dt.date:
    """The day until which labels are known: the day after the last known fact that churn is read from.

    A table `churned` that ends more than `contracts.max_stale_days` before counts with its own last day:
    nobody would seem to leave.
    """
    churn = context.config.churn
    reached = validated.known_until(churn.stream)
    if "churned" not in churn.streams:
        return reached
    recorded = validated.day_after_last_fact("churned")
    stopped = (reached - recorded).days > context.config.contracts.max_stale_days
    return recorded if stopped else reached

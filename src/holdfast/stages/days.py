"""The as-of date of a command: the requested date, checked against the last day of the data."""

import datetime as dt
import logging
from zoneinfo import ZoneInfo

from holdfast.artifacts.lists import ListHistory
from holdfast.artifacts.models import read_champion
from holdfast.artifacts.question import check_question
from holdfast.artifacts.validated import ValidatedTables
from holdfast.config import ALL
from holdfast.errors import SettingError
from holdfast.runtime.context import RunContext
from holdfast.scoring.freshness import STRAY_DAYS, guard_freshness

logger = logging.getLogger(__name__)


def check_root(context: RunContext) -> None:
    """Refuse a command whose source or churn question differs from that of the root."""
    check_question(context.root, context.question)


def check_day(context: RunContext) -> None:
    """Refuse to score without an as-of date, so that nobody calls a list of a date that was not asked for."""
    if context.config.as_of is None:
        raise SettingError(
            "score needs a day",
            where="as_of",
            found="nothing",
            expected="as_of=YYYY-MM-DD, or as_of=latest for the day after the last known fact",
            next_step="holdfast score as_of=latest",
        )


def check_champion(context: RunContext) -> None:
    """Refuse, before any data is read, if no model was promoted yet."""
    read_champion(context.root)


def check_asked(context: RunContext) -> None:
    """Refuse a list that was never published.

    Raises:
        SettingError: no list was named, or there is none of that day.
    """
    asked, dates = context.config.list_date, ListHistory(context.root).dates
    known = ", ".join(str(date) for date in dates[-6:]) or "none"
    if asked is None or not dates:
        raise SettingError(
            "no list was named" if dates else "no list was ever published here",
            where="list_date" if dates else str(context.root.data / "at_risk"),
            expected=f"list_date=YYYY-MM-DD or list_date=all; published: {known}",
            next_step=f"holdfast outcomes list_date={dates[0]}" if dates else "holdfast score as_of=latest",
        )
    if asked != ALL and dt.date.fromisoformat(asked) not in dates:
        raise SettingError(
            "no list was published as of that day",
            where=f"list_date={asked}",
            found=f"published: {known}",
            next_step="choose one of them, or list_date=all",
        )


def training_day(context: RunContext, validated: ValidatedTables) -> dt.date:
    """The as-of date of a training: the requested date, but at most the day after the last known fact.

    If the table that churn is read from ends long before the other tables, its own last day counts.
    Otherwise every customer would seem to have churned.
    """
    config = context.config
    newest, asked, reached = (
        day_after_last_fact(validated),
        config.day(),
        known_until(context, validated),
    )
    if (newest - reached).days > config.contracts.max_stale_days:
        logger.warning("%s end long before the other tables, on %s", config.churn.stream, reached)
        newest = reached
    if asked is not None and asked > newest:
        logger.info("the data ends before %s: training as of %s", asked, newest)
    return min(asked or newest, newest)


def scoring_day(context: RunContext, validated: ValidatedTables) -> dt.date:
    """The as-of date of a scoring: the requested day, or else the day after the last known fact.

    A requested day is a backfill, and the data must reach it. With `as_of=latest` the data must reach today,
    unless the source is historical.

    Raises:
        GuardRefused: the data ends too early.
    """
    config, reached = context.config, known_until(context, validated)
    asked = config.day()
    day = asked or day_after_last_fact(validated)
    today = context.started.astimezone(ZoneInfo(config.source.time_zone)).date()
    latest = asked is None and not config.source.historical
    guard_freshness(
        reached=reached, day=today if latest else day, max_stale_days=config.contracts.max_stale_days,
        latest=latest,
    )  # fmt: skip
    return day


def outcome_day(context: RunContext, validated: ValidatedTables) -> dt.date:
    """The day until which outcomes are known: the requested day, but not later than the data."""
    reached = known_until(context, validated)
    return min(context.config.day() or reached, reached)


def known_until(context: RunContext, validated: ValidatedTables) -> dt.date:
    """The day after the last known purchase; for subscriptions, which may pause for weeks, after any fact."""
    stream = context.config.churn.stream
    return day_after_last_fact(validated, stream if stream == "transactions" else None)


def day_after_last_fact(validated: ValidatedTables, only: str | None = None) -> dt.date:
    """The day after the last fact of all tables, or of one; ignores a few rows far beyond all others."""
    reported, ends = validated.day_after_last_fact(only), validated.ends
    counted = max((end for name, end in ends.items() if only in (None, name)), default=reported)
    if (reported - counted).days <= STRAY_DAYS:  # later facts of a row, such as an answer, follow
        return reported
    logger.warning("a few rows dated up to %s lie far beyond all others: set aside", reported)
    return counted

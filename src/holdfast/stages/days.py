"""The as-of date of a command: as asked for, and held against what the data reaches."""

import datetime as dt
import logging

from holdfast.artifacts.models import read_champion
from holdfast.artifacts.question import check_question
from holdfast.artifacts.validated import ValidatedTables
from holdfast.runtime.context import RunContext
from holdfast.scoring.scores import guard_freshness

logger = logging.getLogger(__name__)


def check_root(context: RunContext) -> None:
    """Refuse another source or churn question than the one that the root serves."""
    check_question(context.root, context.question)


def check_champion(context: RunContext) -> None:
    """Refuse at once, before any data is read, where no model was promoted yet."""
    read_champion(context.root)


def training_day(context: RunContext, validated: ValidatedTables) -> dt.date:
    """The as-of date of a training: as asked, but never later than the day after the last known fact.

    Where the table that churn is read from ends long before the others, it is the one that counts:
    everybody would seem to have left.
    """
    config = context.config
    newest, asked, reached = validated.day_after_last_fact(), config.day(), known_until(context, validated)
    if (newest - reached).days > config.contracts.max_stale_days:
        logger.warning("%s end long before the other tables, on %s", config.churn.stream, reached)
        newest = reached
    if asked is not None and asked > newest:
        logger.info("the data ends before %s: training as of %s", asked, newest)
    return min(asked or newest, newest)


def scoring_day(context: RunContext, validated: ValidatedTables) -> dt.date:
    """The as-of date of a scoring: as asked, else the day after the last known fact.

    Raises:
        GuardRefused: the data ends too long before.
    """
    day = context.config.day() or validated.day_after_last_fact()
    stale = (day - known_until(context, validated)).days
    guard_freshness(stale_days=stale, max_stale_days=context.config.contracts.max_stale_days)
    return day


def outcome_day(context: RunContext, validated: ValidatedTables) -> dt.date:
    """The day before which facts are known: as asked, but never later than the data."""
    reached = known_until(context, validated)
    return min(context.config.day() or reached, reached)


def known_until(context: RunContext, validated: ValidatedTables) -> dt.date:
    """The day after the last known fact of the table that churn is read from."""
    return validated.known_until(context.config.churn.stream)

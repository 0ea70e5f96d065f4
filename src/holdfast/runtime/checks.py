"""Checks at the start of a command, before any data is read."""

import datetime as dt

from holdfast.artifacts.large import is_owner, make_owner
from holdfast.artifacts.lists import ListHistory
from holdfast.artifacts.models import read_champion
from holdfast.artifacts.question import check_question
from holdfast.config import ALL
from holdfast.errors import SettingError
from holdfast.runtime.context import RunContext


def check_root(context: RunContext) -> None:
    """Refuse a source or churn question that differs from the root's, and an address that cannot be used."""
    check_question(context.root, context.question)
    remote = context.root.remote
    if remote is not None and not is_owner(context.root, remote):
        from holdfast.engine.spark_session import check_file_system

        check_file_system(context.config.engine, remote)
        make_owner(context.root, remote)


def check_day(context: RunContext) -> None:
    """Refuse to score without an as-of date, so that nobody works with a list of another date."""
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


def check_sink(context: RunContext) -> None:
    """Refuse a database address that no list can be delivered to, before anything is published."""
    url = context.config.outreach.database.url
    if url is not None:
        from holdfast.outreach.database import address

        address(url.get_secret_value())


def check_list_date(context: RunContext) -> None:
    """Refuse a list that was never published.

    Raises:
        SettingError: no list was named, or there is none of that day.
    """
    asked, dates = context.config.list_date, ListHistory(context.root).dates
    published = ", ".join(str(date) for date in dates[-6:]) or "none"
    if asked is None or not dates:
        raise SettingError(
            "no list was named" if dates else "no list was ever published here",
            where="list_date" if dates else str(context.root.data / "at_risk"),
            expected=f"list_date=YYYY-MM-DD or list_date=all; published: {published}",
            next_step=f"holdfast outcomes list_date={dates[0]}" if dates else "holdfast score as_of=latest",
        )
    if asked != ALL and dt.date.fromisoformat(asked) not in dates:
        raise SettingError(
            "no list was published as of that day",
            where=f"list_date={asked}",
            found=f"published: {published}",
            next_step="choose one of them, or list_date=all",
        )

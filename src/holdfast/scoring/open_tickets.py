"""Which tickets are open at an as-of date: as the features count them (`tickets__open_now`)."""

import datetime as dt

import ibis
from ibis import Table

from holdfast.timeline.span import midnight


def open_tickets(table: Table, as_of: dt.date) -> Table:
    """The tickets that were open at `as_of`, by what was known before it, with `open_since`.

    A ticket is open until its resolution. A reopening at or after the resolution opens it again, and
    `open_since` is then the time of the reopening.
    """
    table, moment = with_columns(table, resolved_at="timestamp", reopened_at="timestamp"), midnight(as_of)
    visible = table.filter(table.known_at < moment, table.opened_at < moment)
    resolved = (visible.resolved_at < moment).fill_null(False)
    again = ((visible.reopened_at < moment) & (visible.reopened_at >= visible.resolved_at)).fill_null(False)
    since = ibis.cases((resolved, visible.reopened_at), else_=visible.opened_at)
    return visible.mutate(open_since=since).filter(~resolved | again)


def with_columns(table: Table, **kinds: str) -> Table:
    """The table with nulls for the columns that the source does not map."""
    absent = {name: ibis.null(kind) for name, kind in kinds.items() if name not in table.columns}
    return table.mutate(**absent) if absent else table

"""Customers' texts from the validated tables."""

import datetime as dt
from collections.abc import Mapping

import ibis
from ibis import Table

from holdfast.contracts.tables import CONTRACTS
from holdfast.text.log import TextLog
from holdfast.timeline.span import midnight

SOURCES = {"tickets": "text", "surveys": "comment"}  # table → column of free text
MAX_CHARACTERS = 4000  # longer texts are cut


def collect_texts(tables: Mapping[str, Table], before: dt.date) -> Table | None:
    """All texts known before a day: customer_id, occurred_at, known_at, language, text.

    None: no table has a text column.
    """
    parts = []
    for name, column in SOURCES.items():
        if name not in tables or column not in tables[name].columns:
            continue
        table = tables[name]
        occurred = table[CONTRACTS[name].event]
        part = table.select(
            customer_id=table.customer_id,
            occurred_at=occurred,
            known_at=ibis.greatest(table.known_at, occurred),
            language=table.language if "language" in table.columns else ibis.null("string"),
            text=table[column].strip().substr(0, MAX_CHARACTERS),
        )
        parts.append(part.filter((part.text != "") & (part.known_at < midnight(before))))
    if not parts:
        return None
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def read_texts(
    tables: Mapping[str, Table], before: dt.date, dates: tuple[dt.date, ...], customers: Table | None = None
) -> TextLog | None:
    """The log of the texts known before a day; None: no table has a text column.

    Args:
        dates: the as-of dates of the snapshots that will see them.
        customers: whose texts to read (customer_id); None: everybody's.
    """
    texts = collect_texts(tables, before)
    if texts is None:
        return None
    kept = texts if customers is None else texts.semi_join(customers, "customer_id")
    return TextLog(kept.order_by(*texts.columns).to_pyarrow(), first_days(texts, dates))


def first_days(texts: Table, dates: tuple[dt.date, ...]) -> dict[dt.date, dt.date]:
    """For each as-of date the first day of which any text was known then."""
    columns = {
        f"at_{number}": texts.occurred_at.min(where=texts.known_at < midnight(date))
        for number, date in enumerate(dates)
    }
    firsts = texts.aggregate(**columns).to_pyarrow().to_pylist()[0]
    days = {date: firsts[f"at_{number}"] for number, date in enumerate(dates)}
    return {date: first.date() for date, first in days.items() if first is not None}

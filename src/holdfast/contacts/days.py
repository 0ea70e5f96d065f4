"""The days on which customers were contacted: a row a customer and day."""

import datetime as dt
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.contracts.arms import ARM, CONTROL

CONTACTS = "contacts"  # the table
# contacted_at is midnight; the key is (customer_id, contacted_at)
DAYS = pa.schema([("customer_id", pa.string()), ("contacted_at", pa.timestamp("us"))])


def days_of_contact(contacts: pa.Table, since: dt.date, day: dt.date) -> pa.Table:
    """The days from `since` on of the contacts that were known before `day`.

    Args:
        contacts: customer_id, contacted_at, known_at of the source's contacts, and arm if it is mapped.
    """
    if ARM in contacts.column_names:  # control groups were not contacted
        contacts = contacts.filter(pc.fill_null(pc.not_equal(contacts[ARM], CONTROL), fill_value=True))
    recent = pc.greater_equal(contacts["contacted_at"], _midnight(since))
    rows = contacts.filter(pc.and_(recent, pc.less(contacts["known_at"], _midnight(day))))
    days = pc.floor_temporal(rows["contacted_at"], unit="day")
    return _distinct(pa.table({"customer_id": rows["customer_id"], "contacted_at": days}).cast(DAYS))


def days_of_lists(lists: Iterable[tuple[dt.date, set[str]]]) -> pa.Table | None:
    """Assume that every listed customer was contacted on the list's as-of date; None: there are no lists.

    Args:
        lists: as-of date and customers of each list.
    """
    parts = [
        pa.table([sorted(customers), [_midnight(date)] * len(customers)], schema=DAYS)
        for date, customers in lists
    ]
    return _distinct(pa.concat_tables(parts)) if parts else None


def _distinct(days: pa.Table) -> pa.Table:
    return days.group_by(DAYS.names).aggregate([]).select(DAYS.names)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min)

"""Experiments of the company: chance assigns customers to be contacted, or to a control group."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a command with nothing to do imports this module, but no engine
    from ibis import Table

ARM, CONTROL = "arm", "control"


def contacts_made(contacts: "Table") -> "Table":
    """The contacts that took place: all rows except those of control groups."""
    if ARM not in contacts.columns:
        return contacts
    return contacts.filter(contacts[ARM].isnull() | (contacts[ARM] != CONTROL))

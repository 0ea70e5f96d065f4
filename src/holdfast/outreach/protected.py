"""Customers who must not be contacted: the do-not-contact list and earlier control groups."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import ibis
import pandas as pd
from ibis import Table

from holdfast.contracts.identifiers import refuse_reformatted_ids, refuse_strangers
from holdfast.errors import GuardRefused
from holdfast.outreach.banner import Notice
from holdfast.outreach.deliveries import describe_delivery


class Protected(NamedTuple):
    """Customers who must not be contacted.

    Attributes:
        do_not_contact: ids that must never be listed.
        held: the hold-outs of *all* earlier lists (customer_id, held_since); None: there are none.
    """

    do_not_contact: frozenset[str] = frozenset()
    held: pd.DataFrame | None = None

    def counts(self) -> dict[str, int]:
        """The number of ids and of hold-outs."""
        held = 0 if self.held is None else len(self.held)
        return {"do_not_contact": len(self.do_not_contact), "held_out": held}

    def check_ids(self, *customers: pd.Series) -> None:
        """Refuse a do-not-contact list whose ids were reformatted and so match no customer."""
        for ids in customers:
            refuse_reformatted_ids(self.do_not_contact, ids, where="outreach.do_not_contact")

    def check_known(self, tables: Iterable[Table], least: float) -> None:
        """Refuse a do-not-contact list of which all tables of the source know less than the share `least`."""
        if not self.do_not_contact:
            return
        given = ibis.memtable({"customer_id": sorted(self.do_not_contact)})
        matches = (table.semi_join(given, "customer_id").customer_id.to_pyarrow() for table in tables)
        matched = {customer for column in matches for customer in column.unique().to_pylist()}
        refuse_strangers(self.do_not_contact, matched, least, "outreach.do_not_contact")

    def find_losses(self, before: Mapping[str, int], *, accept: bool) -> list[Notice]:
        """Notices of a do-not-contact list or hold-outs that lost more than half since the last list.

        Args:
            before: the `counts` of the previous list; empty: there is none.
            accept: make the list all the same (`monitor.accept_changes`).

        Raises:
            GuardRefused: there is such a loss, and it is not accepted.
        """
        counts = self.counts()
        lost = [
            {"what": name.replace("_", " "), "rows": counts[name], "before": had, "limit": -(-had // 2)}
            for name, had in before.items()
            if counts[name] < had / 2
        ]
        if lost and not accept:
            raise GuardRefused(
                "who must not be contacted has been lost: no list is made",
                where="outreach.do_not_contact, data/holdout",
                found="; ".join(describe_delivery("guard_lost", figures) for figures in lost),
                expected="about as many as for the list before",
                next_step="restore the file; if it is meant to be so: monitor.accept_changes=true, once",
            )
        return [Notice("guard_lost", figures) for figures in lost]


NOBODY = Protected()

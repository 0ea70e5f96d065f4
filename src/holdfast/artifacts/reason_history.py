"""The reasons given by earlier lists and explanations, latest first."""

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.explanations import ExplanationHistory
from holdfast.artifacts.lists import ListHistory

if TYPE_CHECKING:
    from holdfast.outreach.leavers import EarlierReasons


REMEMBERED_DAYS = 365  # older reasons say little about why a customer left


class ReasonHistory:
    """The reasons given to customers in the REMEMBERED_DAYS before a day."""

    def __init__(self, root: Root, day: dt.date) -> None:
        since = day - dt.timedelta(days=REMEMBERED_DAYS)
        self.lists, self.explanations = ListHistory(root, day), ExplanationHistory(root, day)
        self.listed = [date for date in self.lists.dates if date >= since]
        self.explained = [date for date in self.explanations.dates if date >= since]

    def digest(self) -> Any:
        """The run ids of the lists and the hashes of the explanations."""
        explained = {date: self.explanations.find(date) for date in self.explained}
        return {
            "lists": {str(date): self.lists.at(date).run_id for date in self.listed},
            "explanations": {str(date): found and found.hashes() for date, found in explained.items()},
        }

    def latest_first(self) -> "Iterator[EarlierReasons]":
        """The reasons of each list and explanation; at the same date the list comes first."""
        from holdfast.outreach.leavers import EarlierReasons, reasons_of_list
        from holdfast.outreach.selection import REASONS

        for date in sorted({*self.listed, *self.explained}, reverse=True):
            if date in self.listed:
                published = self.lists.at(date)
                reasons = reasons_of_list(published.listed(["customer_id", *REASONS]))
                yield EarlierReasons(date, "list", published.language, reasons)
            explanations = self.explanations.find(date) if date in self.explained else None
            if explanations is not None:
                language = explanations.manifest.get("language")
                yield EarlierReasons(date, "explanation", language, explanations.reasons())

"""Contacts as a training knows them: in the validated tables, else taken from earlier lists."""

from typing import Any, NamedTuple

import pandas as pd
from pandas.util import hash_pandas_object


class ContactLog(NamedTuple):
    """Who was contacted on which day.

    Attributes:
        contacts: customer_id, contacted_at (a day), cost; one row a customer and day of contact.
            None: nothing says who was contacted.
    """

    contacts: pd.DataFrame | None

    def digest(self) -> Any:
        """A sum over the rows: their order says nothing."""
        if self.contacts is None:
            return "nothing says who was contacted"
        return int(hash_pandas_object(self.contacts, index=False).sum())

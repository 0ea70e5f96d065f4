"""The contact log of a training: from the validated tables, else derived from earlier lists."""

from typing import Any, NamedTuple

import pandas as pd
from pandas.util import hash_pandas_object


class ContactLog(NamedTuple):
    """Who was contacted on which day.

    Attributes:
        contacts: customer_id, contacted_at (a day), cost; one row a customer and day of contact.
            None: there is no record of contacts.
    """

    contacts: pd.DataFrame | None

    def digest(self) -> Any:
        """A sum of row hashes, which does not depend on the order of the rows."""
        if self.contacts is None:
            return "nothing says who was contacted"
        return int(hash_pandas_object(self.contacts, index=False).sum())

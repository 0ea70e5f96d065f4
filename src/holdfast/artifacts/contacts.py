"""The contact log of a training: from the validated tables, else derived from earlier lists."""

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class ContactLog(NamedTuple):
    """Who was contacted on which day.

    Attributes:
        days: see `contacts.days`; None: there is no record of contacts.
    """

    days: "pa.Table | None"

    def digest(self) -> Any:
        """A hash of the rows in a fixed order."""
        import pyarrow as pa

        if self.days is None:
            return "no record of contacts"
        rows = self.days.sort_by([("customer_id", "ascending"), ("contacted_at", "ascending")])
        rows, sink = rows.combine_chunks(), pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as stream:
            stream.write_table(rows)
        return hashlib.sha256(sink.getvalue()).hexdigest()

    @property
    def contacts(self) -> "pd.DataFrame | None":
        """customer_id, contacted_at (a day), cost (null: unknown); one row a customer and day of contact."""
        frame: pd.DataFrame | None = None if self.days is None else self.days.to_pandas()
        return None if frame is None else frame.assign(cost=float("nan"))

"""Customer values given by the company: a column of the validated customers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from holdfast.artifacts.validated import ValidatedTables

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from ibis import Table


class StatedValues(NamedTuple):
    """Customer values given by the company."""

    validated: ValidatedTables

    def digest(self) -> Any:
        """The hashes of the customers table."""
        return sorted(self.validated.parts("customers").values())

    def of(self, snapshots: "pa.Table", tables: "Mapping[str, Table]") -> "pd.Series":
        """(rows,) the value known before each snapshot's as-of date (see `outreach.customer_value`)."""
        from holdfast.outreach.customer_value import stated_values

        return stated_values(snapshots, tables)

"""What the company itself says that its customers are worth: a column of the validated customers."""

from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from holdfast.artifacts.validated import ValidatedTables
from holdfast.engine.duckdb import DuckDB
from holdfast.outreach.customer_value import stated_values


class StatedValues(NamedTuple):
    """The company's own values of its customers."""

    validated: ValidatedTables

    def digest(self) -> Any:
        """The bytes of the customers."""
        return sorted(self.validated.parts("customers").values())

    def of(self, snapshots: pa.Table, engine: DuckDB) -> pd.Series:
        """(rows,) what was known before each snapshot's as-of date (see `outreach.customer_value`)."""
        return stated_values(snapshots, self.validated.tables(engine))

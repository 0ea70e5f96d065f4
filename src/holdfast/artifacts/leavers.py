"""Customers who left recently, with the reason of each: whom a win-back list may name.

data/leavers/<as_of>/leavers.parquet   one row per customer who left; no rows if there is no win-back list
"""

from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.artifacts.artifact import Artifact
from holdfast.artifacts.tables import read_frame

if TYPE_CHECKING:
    import pandas as pd

LEAVERS = "leavers.parquet"


class Leavers(Artifact):
    """The recent leavers at one as-of date; the manifest holds as_of, within_days and left, their number."""

    kind = "leavers"

    def customers(self) -> "pd.DataFrame":
        """One row per customer, key customer_id (see `outreach.leavers.give_reasons`)."""
        return read_frame(self.folder / LEAVERS)


def write_leavers(folder: Path, leavers: "pd.DataFrame") -> None:
    """Write the customers who left."""
    leavers.to_parquet(folder / LEAVERS, index=False)

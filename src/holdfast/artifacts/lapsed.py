"""Lapsed customers at one as-of date, and the days of silence after which customers count as lapsed.

data/lapsed/<as_of>/rhythm.parquet   one row an eligible customer
data/lapsed/<as_of>/limits.json      counts and limits; no customer ids
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import Artifact
from holdfast.artifacts.tables import read_frame
from holdfast.files import read_json, write_json

if TYPE_CHECKING:
    import pandas as pd

    from holdfast.scoring.lapsed import LapseLimits


RHYTHM, LIMITS = "rhythm.parquet", "limits.json"


class Lapsed(Artifact):
    """The limits and the lapsed at one as-of date.

    The manifest holds `what` (a sentence), `lapsed` (a count) and `groups` (see `describe_limits`).
    """

    kind = "lapsed"

    def limits(self) -> "LapseLimits":
        """The silence after which customers count as lapsed."""
        from holdfast.scoring.lapsed import LapseLimits

        return LapseLimits.from_dict(read_json(self.folder / LIMITS))

    def customers(self) -> "pd.DataFrame":
        """One row an eligible customer, key customer_id: lapsed, lapsed_on (null: not lapsed), reach."""
        customers = read_frame(self.folder / RHYTHM)
        return customers.assign(lapsed=customers["lapsed_on"].notna())

    def lapsed(self) -> "pd.DataFrame":
        """The lapsed customers alone."""
        customers = self.customers()
        return customers[customers["lapsed"]]

    def summary(self) -> dict[str, Any]:
        """The entries for the manifest of a list."""
        return {name: self.manifest[name] for name in ("what", "lapsed", "groups")}


def write_lapsed(folder: Path, customers: "pd.DataFrame", limits: "LapseLimits") -> None:
    """Write the lapsed customers and the limits."""
    customers.to_parquet(folder / RHYTHM, index=False)
    write_json(folder / LIMITS, limits.to_dict())

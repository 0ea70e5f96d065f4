"""Who had lapsed at one as-of date, and from which silence on customers count as lapsed.

data/lapsed/<as_of>/rhythm.parquet   one row an eligible customer
data/lapsed/<as_of>/limits.json      no customers, only counts and limits
"""

from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.files import read_json, write_json
from holdfast.scoring.lapsed import LapseLimits

RHYTHM, LIMITS = "rhythm.parquet", "limits.json"


class Lapsed(Artifact):
    """The manifest holds `what` (in words), `lapsed` (how many), and `groups` (see `describe_limits`)."""

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        return root.data / "lapsed" / str(key.day)

    def limits(self) -> LapseLimits:
        """From which silence on customers count as lapsed."""
        return LapseLimits.from_dict(read_json(self.folder / LIMITS))

    def customers(self) -> pd.DataFrame:
        """One row an eligible customer, key customer_id: lapsed_on (null: not lapsed), reach."""
        return pd.read_parquet(self.folder / RHYTHM)

    def summary(self) -> dict[str, Any]:
        """What a list's manifest says of it."""
        return {name: self.manifest[name] for name in ("what", "lapsed", "groups")}


def write_lapsed(folder: Path, customers: pd.DataFrame, limits: LapseLimits) -> None:
    """Write who had lapsed, and the limits."""
    customers.to_parquet(folder / RHYTHM, index=False)
    write_json(folder / LIMITS, limits.to_dict())

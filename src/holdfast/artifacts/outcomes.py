"""What became of the customers of a published list, or of all lists.

data/outcomes/<as_of or all>/outcomes.json      the figures; no customers
data/outcomes/<as_of or all>/outcomes.parquet   one row an eligible customer and list: stays here
data/outcomes/<as_of or all>/report.html        made from the files above
"""

from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.files import read_json, write_json

CONTENT, CUSTOMERS = "outcomes.json", "outcomes.parquet"


class Outcomes(Artifact):
    """The outcome of a list; the manifest holds list_date, lists, known_until and verdict."""

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        return root.data / "outcomes" / key.label

    def content(self) -> dict[str, Any]:
        """The figures (see `outcomes.measure`)."""
        found: dict[str, Any] = read_json(self.folder / CONTENT)
        return found

    def customers(self) -> pd.DataFrame:
        """One row an eligible customer and list (see `outcomes.follow_up`)."""
        return pd.read_parquet(self.folder / CUSTOMERS)


def write_outcomes(folder: Path, content: dict[str, Any], customers: pd.DataFrame) -> dict[str, Any]:
    """Write the figures and the customers; gives the part of the manifest."""
    write_json(folder / CONTENT, content)
    customers.to_parquet(folder / CUSTOMERS, index=False)
    return {name: content[name] for name in ("list_date", "lists", "known_until", "verdict")}

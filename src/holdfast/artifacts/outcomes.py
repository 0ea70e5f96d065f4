"""The outcomes of one published list, or of all lists.

data/outcomes/<as_of or all>/outcomes.json      the figures (see `outcomes.measure`); no customer ids
data/outcomes/<as_of or all>/outcomes.parquet   one row an eligible customer and list; never sent elsewhere
data/outcomes/<as_of or all>/report.html        rendered from the files above
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import JsonArtifact, Key, Root
from holdfast.files import write_json

if TYPE_CHECKING:
    import pandas as pd


CONTENT, CUSTOMERS = "outcomes.json", "outcomes.parquet"


class Outcomes(JsonArtifact):
    """The outcomes of a list; the manifest holds list_date, lists, known_until and verdict."""

    kind = "outcomes"
    content_file = CONTENT

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        return cls.parent(root) / key.label

    def customers(self) -> "pd.DataFrame":
        """One row an eligible customer and list (see `outcomes.follow_up`)."""
        import pandas as pd

        return pd.read_parquet(self.folder / CUSTOMERS)


def write_outcomes(folder: Path, content: dict[str, Any], customers: "pd.DataFrame") -> dict[str, Any]:
    """Write the figures and the customers, and return the manifest entries."""
    write_json(folder / CONTENT, content)
    customers.to_parquet(folder / CUSTOMERS, index=False)
    return {name: content[name] for name in ("list_date", "lists", "known_until", "verdict")}

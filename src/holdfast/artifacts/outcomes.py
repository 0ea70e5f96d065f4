"""The outcomes of one published list, or of all lists.

data/outcomes/<as_of or all>/outcomes.json      the figures (see `outcomes.measure`); no customer ids
data/outcomes/<as_of or all>/outcomes.parquet   one row an eligible customer and list; never sent elsewhere
data/outcomes/<as_of or all>/report.html        rendered from the files above
"""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import JsonArtifact, Key, Root
from holdfast.artifacts.tables import read_frame
from holdfast.files import write_json

if TYPE_CHECKING:
    import pandas as pd


VERDICT = ("lists", "known_until", "verdict", "effect", "groups", "currency")
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
        return read_frame(self.folder / CUSTOMERS)


class OutcomesHistory:
    """The outcomes measured by what was known on or before a day, by the date of the list.

    Outcomes of all lists together replace those of each single list in them, and come first.
    """

    def __init__(self, root: Root, day: dt.date | None = None) -> None:
        """Args: day: None: all that were measured."""
        folder = Outcomes.parent(root)
        folders = sorted(folder.iterdir()) if folder.is_dir() else []
        artifacts = (Outcomes.open(path) for path in folders if path.name[:1] != ".")
        measured = [
            artifact
            for artifact in artifacts
            if artifact is not None and (day is None or artifact.manifest["known_until"] <= str(day))
        ]
        together = [artifact for artifact in measured if artifact.manifest["list_date"] == "all"]
        covered = {date for artifact in together for date in artifact.manifest["lists"]}
        self.measured = together + [
            artifact for artifact in measured if artifact.manifest["list_date"] not in {"all", *covered}
        ]

    def digest(self) -> Any:
        """The hashes of their figures."""
        return [artifact.hashes(CONTENT) for artifact in self.measured]

    def verdicts(self) -> list[dict[str, Any]]:
        """What each says about the effect of contacting: VERDICT of its figures."""
        contents = (artifact.content() for artifact in self.measured)
        return [{name: content[name] for name in VERDICT} for content in contents]


def write_outcomes(folder: Path, content: dict[str, Any], customers: "pd.DataFrame") -> dict[str, Any]:
    """Write the figures and the customers, and return the manifest entries."""
    write_json(folder / CONTENT, content)
    customers.to_parquet(folder / CUSTOMERS, index=False)
    return {name: content[name] for name in ("list_date", "lists", "known_until", "verdict")}

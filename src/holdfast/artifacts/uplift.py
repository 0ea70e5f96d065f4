"""What a contact changes, and for whom, as learned for the list of one as-of date.

data/uplift/<as_of>/uplift.json   no customers, only what was learned
"""

from pathlib import Path
from typing import Any

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.files import read_json, write_json
from holdfast.uplift.learner import Uplift

CONTENT = "uplift.json"
SUMMARY = ("what", "trust", "thirds", "listed", "held_out")  # in manifests


class UpliftEstimate(Artifact):
    """One estimate; the manifest holds SUMMARY: whether it is used, and how well it predicts."""

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        return root.data / "uplift" / str(key.day)

    def content(self) -> dict[str, Any]:
        """Everything that was learned."""
        found: dict[str, Any] = read_json(self.folder / CONTENT)
        return found

    def summary(self) -> dict[str, Any]:
        """Whether an estimate orders a list, and how well it predicts."""
        return {name: self.manifest[name] for name in SUMMARY}

    def model(self) -> Uplift | None:
        """The estimate; None: it is not trusted at all."""
        return Uplift.from_dict(self.content()["model"]) if self.manifest["trust"] else None


def write_uplift(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Write what was learned; gives the part of the manifest."""
    write_json(folder / CONTENT, content)
    return {name: content[name] for name in SUMMARY}

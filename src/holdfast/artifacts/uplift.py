"""The uplift estimate for the list of one as-of date: how much a contact changes churn, and for whom.

data/uplift/<as_of>/uplift.json   the fitted estimate; no customer ids
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import JsonArtifact
from holdfast.files import write_json

if TYPE_CHECKING:
    from holdfast.uplift.learner import Uplift


CONTENT = "uplift.json"
SUMMARY = ("what", "trust", "thirds", "listed", "held_out")  # in manifests


class UpliftEstimate(JsonArtifact):
    """One estimate; the manifest holds SUMMARY: whether it is used, and how well it predicts."""

    kind = "uplift"
    content_file = CONTENT

    def summary(self) -> dict[str, Any]:
        """Whether an estimate orders a list, and how well it predicts."""
        return {name: self.manifest[name] for name in SUMMARY}

    def model(self) -> "Uplift | None":
        """The estimate; None: it is not trusted at all."""
        from holdfast.uplift.learner import Uplift

        return Uplift.from_dict(self.content()["model"]) if self.manifest["trust"] else None


def write_uplift(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Write the estimate and return the manifest entries."""
    write_json(folder / CONTENT, content)
    return {name: content[name] for name in SUMMARY}

"""The audit of a training's features: what sees the future, and what looks too good to be true.

data/audit/<as_of>/audit.json    no customers
data/audit/<as_of>/report.html   made from it
"""

from pathlib import Path
from typing import Any

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.files import read_json, write_json

CONTENT, REPORT = "audit.json", "report.html"


class Audit(Artifact):
    """One audit; the manifest holds as_of and counts."""

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        return root.data / "audit" / str(key.day)

    def content(self) -> dict[str, Any]:
        """Everything that was found (see `stages.audit`)."""
        found: dict[str, Any] = read_json(self.folder / CONTENT)
        return found


def write_audit(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Write what was found; gives the part of the manifest."""
    write_json(folder / CONTENT, content)
    return {name: content[name] for name in ("as_of", "counts")}

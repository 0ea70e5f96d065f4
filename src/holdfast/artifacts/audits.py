"""The audit of the training features: columns that see the future or rank too well.

data/audit/<as_of>/audit.json    the findings (see `audit.examine`); no customer ids
data/audit/<as_of>/report.html   rendered from audit.json
"""

from pathlib import Path
from typing import Any

from holdfast.artifacts.artifact import JsonArtifact
from holdfast.files import write_json

CONTENT, REPORT = "audit.json", "report.html"


class Audit(JsonArtifact):
    """One audit; the manifest holds as_of and counts."""

    kind = "audit"
    content_file = CONTENT


def write_audit(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Write the findings and return the manifest entries."""
    write_json(folder / CONTENT, content)
    return {name: content[name] for name in ("as_of", "counts")}

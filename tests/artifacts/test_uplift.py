"""What earlier uplift estimates measured."""

import json
from pathlib import Path
from typing import Any

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.uplift import UpliftEstimate, UpliftHistory


def estimate(root: Root, day: str, content: dict[str, Any]) -> None:
    folder = UpliftEstimate.parent(root) / day
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"day": day, "fingerprint": day}), encoding="utf-8")
    (folder / "uplift.json").write_text(json.dumps(content), encoding="utf-8")


def test_the_newest_estimate_that_measured_anything_counts(tmp_path: Path) -> None:
    root = Root(tmp_path, "shop")
    assert UpliftHistory(root).experiments() is None
    estimate(root, "2026-01-05", {"what": "from a version without campaigns"})
    assert UpliftHistory(root).experiments() is None
    spring = {"campaign": "spring"}
    estimate(root, "2026-01-12", {"campaigns": [spring], "actions": []})
    before = UpliftHistory(root).digest()
    estimate(root, "2026-01-19", {"campaigns": [], "actions": []})  # switched off
    wanted = {"as_of": "2026-01-12", "campaigns": [spring], "actions": []}
    assert UpliftHistory(root).experiments() == wanted
    assert UpliftHistory(root).digest() == before

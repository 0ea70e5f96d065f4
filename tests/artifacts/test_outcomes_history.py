"""Which outcomes a later stage is given: known by its day, each list once."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.outcomes import OutcomesHistory, write_outcomes
from holdfast.files import MANIFEST, write_json
from holdfast.reports.retention_words import contribution_in_words

NONE = {"value": None, "low": None, "high": None}


def measured(root: Root, list_date: str, lists: list[str], known_until: str, **changes: Any) -> None:
    folder = root.data / "outcomes" / list_date
    folder.mkdir(parents=True)
    effect = {"saved": {"value": 0.1, "low": 0.04, "high": 0.16}, "value_kept": NONE, "spend": NONE}
    content = {
        "list_date": list_date, "lists": lists, "known_until": known_until, "verdict": "helped",
        "effect": effect, "groups": [], "currency": "EUR", **changes,
    }  # fmt: skip
    manifest = write_outcomes(folder, content, pd.DataFrame({"customer_id": ["a"]}))
    write_json(folder / MANIFEST, {**manifest, "fingerprint": "x", "files": {"outcomes.json": list_date}})


def test_lists_measured_together_stand_for_each_of_them(tmp_path: Path) -> None:
    root = Root(tmp_path, "demo")
    assert OutcomesHistory(root, dt.date(2026, 7, 1)).verdicts() == []
    measured(root, "2026-01-05", ["2026-01-05"], "2026-04-01")
    measured(root, "2026-04-06", ["2026-04-06"], "2026-07-01")
    measured(root, "2026-05-04", ["2026-05-04"], "2026-07-02")
    found = OutcomesHistory(root, dt.date(2026, 7, 1))
    assert [each["lists"] for each in found.verdicts()] == [["2026-01-05"], ["2026-04-06"]]
    measured(root, "all", ["2026-01-05", "2026-03-02"], "2026-06-01", verdict="no hold-out")
    found = OutcomesHistory(root, dt.date(2026, 7, 1))
    assert [each["lists"] for each in found.verdicts()] == [["2026-01-05", "2026-03-02"], ["2026-04-06"]]
    assert len(found.digest()) == 2
    together, one = map(contribution_in_words, found.verdicts())
    assert together.startswith("2 lists, 2026-01-05 to 2026-03-02: No conclusion about contacting")
    assert one == ("List of 2026-04-06: Contacting saved between 4.0% and 16% of the customers on the list.")

"""The reasons that earlier lists and explanations gave: which of them count, and in which order."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.explanations import Explanations
from holdfast.artifacts.lists import lists_folder
from holdfast.artifacts.reason_history import ReasonHistory
from holdfast.outreach.leavers import newest_reasons

AS_OF = dt.date(2026, 8, 1)


def keep(path: Path, manifest: dict[str, Any], frame: pd.DataFrame, name: str) -> None:
    path.mkdir(parents=True)
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    frame.to_parquet(path / name, index=False)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """Two lists and an explanation before AS_OF, a list of that very day, and one that is too long ago."""
    root = Root(tmp_path, "shop")
    lists = {"2024-01-01": "old", "2026-05-01": "may", "2026-07-01": "july", "2026-08-01": "today"}
    for day, name in lists.items():
        frame = pd.DataFrame(
            {
                "customer_id": ["a", name],
                "reason_1_code": ["LONG_SILENCE", None],
                "reason_1": ["silent", None],
                "reason_2_code": [f"CODE_{name}", None],
                "reason_2": [f"told in {name}", None],
                "reason_3_code": ["WEAKER", None],
                "reason_3": ["weaker", None],
            }
        )
        manifest = {"run_id": f"run-{name}", "settings": {"language": "lt" if name == "may" else "en"}}
        run = lists_folder(root) / ".runs" / f"run-{name}"
        keep(run, manifest, frame, "at_risk.parquet")
        (lists_folder(root) / day).symlink_to(run)
    told = pd.DataFrame(
        [
            ("a", 1, "X", 0.5, "explained"),
            ("c", 1, "LONG_SILENCE", 0.5, "silent"),
            ("b", 1, "Y", 0.5, "explained"),
            ("b", 2, "Z", 0.1, "second"),
        ],
        columns=["customer_id", "position", "code", "contribution", "text"],
    )
    place = Explanations.parent(root) / "2026-06-01"
    keep(place, {"files": {"reasons.parquet": "sha"}, "language": "en"}, told, "reasons.parquet")
    return root


def newest(root: Root, day: dt.date) -> pd.DataFrame:
    return newest_reasons(ReasonHistory(root, day).latest_first(), "en")


def test_the_newest_strongest_reason_before_the_day(root):
    told = newest(root, AS_OF)
    assert told["text"].to_dict() == {"a": "told in july", "b": "explained", "c": "silent"}
    assert told["from"].to_dict() == {"a": "list", "b": "explanation", "c": "explanation"}
    assert told.loc["a", "as_of"] == dt.date(2026, 7, 1)
    before = newest(root, dt.date(2026, 7, 1))
    assert before["text"].to_dict() == {"a": "explained", "b": "explained", "c": "silent"}
    may = newest(root, dt.date(2026, 6, 1)).loc["a"]
    assert (may["text"], may["same_language"]) == ("told in may", False)


def test_what_is_looked_at_is_named_latest_first(root):
    history = ReasonHistory(root, AS_OF)
    assert [(str(given.as_of), given.origin, given.language) for given in history.latest_first()] == [
        ("2026-07-01", "list", "en"), ("2026-06-01", "explanation", "en"), ("2026-05-01", "list", "lt"),
    ]  # fmt: skip
    assert history.digest() == {
        "lists": {"2026-05-01": "run-may", "2026-07-01": "run-july"},
        "explanations": {"2026-06-01": {"reasons.parquet": "sha"}},
    }

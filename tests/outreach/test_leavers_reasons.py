"""Why somebody left, the best that is known: recorded, told earlier, or the last facts."""

import datetime as dt
import json
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from holdfast.layout import Layout
from holdfast.stages.leavers import REASON, earlier, facts, newest_reasons, recorded, remembered

AS_OF = dt.date(2026, 8, 1)
TEXTS = {
    "OPEN_TICKET": ["Open: {open_tickets}, for {open_days} days", "Tickets are open"],
    "PRICE_UP": ["Pays {price_rise}% more", "Dearer"],
    "LONG_SILENCE": ["Silent for {silence}, usually {usual_gap}", "Silent for {silence}", "Silent"],
}
NOTHING = {
    "recorded_reason": None, "recorded_on": None, "open_tickets": float("nan"), "open_days": float("nan"),
    "price_change": float("nan"), "days_since_last_purchase": float("nan"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("known", "reason", "code"),
    [
        (
            {"open_tickets": 2.0, "open_days": 30.4, "price_change": 1.5},
            "Open: 2, for 30 days",
            "OPEN_TICKET",
        ),
        ({"open_tickets": 1.0, "open_days": 0.3}, "Open: 1, for 0.3 days", "OPEN_TICKET"),
        ({"price_change": 1.2, "days_since_last_purchase": 200.0}, "Pays 20% more", "PRICE_UP"),
        ({"price_change": 1.02, "days_since_last_purchase": 200.0}, "Silent for 200", "LONG_SILENCE"),
    ],
)
def test_the_gravest_of_the_last_facts(known, reason, code):
    assert facts(NOTHING | known, TEXTS, AS_OF) == dict(
        zip(REASON, (reason, code, "facts", AS_OF), strict=True)
    )


def test_nothing_is_known():
    assert facts(NOTHING, TEXTS, AS_OF) == {}
    assert recorded(NOTHING) is None
    assert remembered({"code": float("nan")}, TEXTS) is None


def test_what_was_recorded_is_told_as_it_was():
    person = NOTHING | {"recorded_reason": "moved away", "recorded_on": dt.date(2026, 7, 1)}
    cells = ("moved away", "RECORDED", "recorded", dt.date(2026, 7, 1))
    assert recorded(person) == dict(zip(REASON, cells, strict=True))


def test_what_was_told_in_another_language_is_told_in_general_words():
    kept = {
        "code": "PRICE_UP",
        "text": "Ακριβότερα 9%",
        "from": "list",
        "as_of": AS_OF,
        "same_language": False,
    }
    told, same = remembered(kept, TEXTS), remembered(kept | {"same_language": True}, TEXTS)
    assert told is not None
    assert same is not None
    assert (told["reason"], same["reason"]) == ("Dearer", "Ακριβότερα 9%")


class Job(NamedTuple):
    """What is read of a job."""

    layout: Layout
    config: Any


class Config(NamedTuple):
    """What is read of the settings."""

    language: str = "en"


def keep(path: Path, manifest: dict[str, Any], frame: pd.DataFrame, name: str) -> None:
    path.mkdir(parents=True)
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    frame.to_parquet(path / name, index=False)


@pytest.fixture
def job(tmp_path: Path) -> Any:
    """Two lists and an explanation before AS_OF, a list of that very day, and one that is too long ago."""
    layout = Layout(tmp_path, "shop")
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
        keep(layout.run(f"run-{name}"), manifest, frame, "at_risk.parquet")
        (layout.lists / day).symlink_to(layout.run(f"run-{name}"))
    told = pd.DataFrame(
        [
            ("a", 1, "X", 0.5, "explained"),
            ("c", 1, "LONG_SILENCE", 0.5, "silent"),
            ("b", 1, "Y", 0.5, "explained"),
            ("b", 2, "Z", 0.1, "second"),
        ],
        columns=["customer_id", "position", "code", "contribution", "text"],
    )
    place = layout.explanations(dt.date(2026, 6, 1))
    keep(place, {"files": {"reasons.parquet": "sha"}, "language": "en"}, told, "reasons.parquet")
    return Job(layout, Config())


def test_the_newest_strongest_reason_before_the_day(job):
    told = newest_reasons(job, AS_OF)
    assert told["text"].to_dict() == {"a": "told in july", "b": "explained", "c": "silent"}
    assert told["from"].to_dict() == {"a": "list", "b": "explanation", "c": "explanation"}
    assert told.loc["a", "as_of"] == dt.date(2026, 7, 1)
    before = newest_reasons(job, dt.date(2026, 7, 1))
    assert before["text"].to_dict() == {"a": "explained", "b": "explained", "c": "silent"}
    may = newest_reasons(job, dt.date(2026, 6, 1)).loc["a"]
    assert (may["text"], may["same_language"]) == ("told in may", False)


def test_what_is_looked_at_is_named_newest_first(job):
    assert [(str(day), mark) for _, day, mark, _ in earlier(job, AS_OF)] == [
        ("2026-07-01", "run-july"), ("2026-06-01", "sha"), ("2026-05-01", "run-may"),
    ]  # fmt: skip

"""The gate by training specification: the champion's on newer data, what must challenge it, what may not."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.conftest import Shop

Orders = list[tuple[str, str, dt.datetime, float]]
QUESTION = (
    "churn.horizon_days=30",
    "churn.active_within_days=90",
    "model.n_bags=1",
    "model.num_boost_round=40",
)
USUAL = ("timeline.snapshots=8", "features.windows_days=[30,90]")
NEWER = "the champion's specification on newer data"


class Trainings:
    """Trainings of one shop, the first of which is the champion."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.models = shop, shop.root / "models"
        self.first = self.card() if self.models.exists() else self.train(*USUAL, "as_of=2024-05-25")
        assert self.first["gate"]["reasons"][-1] == "there was no champion"

    def train(self, *settings: str) -> dict[str, Any]:
        """The card of a training."""
        called = self.shop.call("train", *QUESTION, *settings)
        assert called.code == 0, called.err
        return self.card()

    def card(self) -> dict[str, Any]:
        """The card of the newest model."""
        newest = max(self.models.glob("20*/card.json"), key=lambda path: path.stat().st_mtime)
        card: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
        return card

    def champion(self) -> Path:
        """The folder of the champion."""
        return (self.models / "champion").resolve()


@pytest.fixture
def trainings(
    built_once: Callable[[str, Callable[[Path], object]], Path],
    rhythmic: Callable[..., Orders],
    tmp_path: Path,
) -> Trainings:
    """The trainings in a copy of the shop, after the first one."""

    def build(folder: Path) -> None:
        shop = Shop(folder)
        shop.write(rhythmic())
        Trainings(shop)

    return Trainings(Shop(built_once("specified", build)).copy(tmp_path))


def test_newer_data_alone_is_the_champions_specification(trainings: Trainings) -> None:
    card = trainings.train(*USUAL)
    assert card["gate"]["reasons"][-1] == NEWER
    assert card["champion"] is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            ("timeline.snapshots=1", "features.windows_days=[30,90]"),
            "1 as-of dates instead of 8 (timeline.*)",
        ),
        (
            ("timeline.snapshots=8", "timeline.step_days=7", "features.windows_days=[30,90]"),
            "as-of dates from",
        ),
        ((*USUAL, "features.families.spend=false", "features.families.gaps=false"), "columns of gaps, spend"),
        ((*USUAL, "features.windows_days=[30]"), "columns of"),
        ((*USUAL, "timeline.max_rows=1000"), None),  # there are fewer rows: nobody is left out
    ],
)
def test_less_to_learn_from_replaces_nobody(
    trainings: Trainings, settings: tuple[str, ...], said: str | None
) -> None:
    card, before = trainings.train(*settings), trainings.first["version"]
    if said is None:
        assert card["champion"] is not None
        return
    assert card["gate"]["decision"] == "kept"
    (reason,) = [one for one in card["gate"]["reasons"] if one.startswith("it has less to learn from")]
    assert said in reason
    assert "gate.allow_less_data=true" in reason
    assert trainings.champion().name == before


def test_less_may_challenge_what_is_left_where_it_is_asked_for(trainings: Trainings) -> None:
    card = trainings.train(*USUAL, "features.families.spend=false", "gate.allow_less_data=true")
    assert card["champion"] is not None
    assert card["differences"]["champion"]["auc"]["value"] == 0.0  # the same columns, model and rows


def test_more_to_learn_from_is_a_challenger(trainings: Trainings) -> None:
    more = trainings.train("timeline.snapshots=10", "features.windows_days=[15,30,90]")
    assert NEWER not in more["gate"]["reasons"]
    assert more["differences"]["champion"]["auc"]["value"] != 0.0  # fewer dates and columns


def test_a_champion_with_its_own_mapping_is_held_against_what_the_source_still_gives(
    trainings: Trainings,
) -> None:
    trainings.shop.write_source(channel='"Beleg#"[1:1]')
    card = trainings.train(*USUAL)
    assert NEWER not in card["gate"]["reasons"]
    assert card["champion"] is not None
    assert not any("less to learn" in one for one in card["gate"]["reasons"])


def test_a_champion_of_another_version_does_not_stop_a_training(trainings: Trainings) -> None:
    path = trainings.champion() / "bundle" / "bundle.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"format": 1}), encoding="utf-8")
    assert trainings.train(*USUAL, "model.num_leaves=3")["champion"] is not None  # its settings, fitted anew
    assert trainings.train(*USUAL)["gate"]["decision"] == "promoted"

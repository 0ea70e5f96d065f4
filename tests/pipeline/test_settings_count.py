"""Every setting that decides a result makes it anew; nothing else does."""

import json

import pytest
from tests.pipeline.conftest import Shop

QUESTION = ("churn.horizon_days=30", "churn.active_within_days=90", "timeline.snapshots=6",
            "model.n_bags=1", "model.num_boost_round=40")  # fmt: skip


@pytest.fixture
def scored(built_once, rhythmic, tmp_path):
    """A copy of a shop with a list."""

    def build(folder):
        shop = Shop(folder)
        shop.write(rhythmic())
        for stage in ("train", "score"):
            called = shop.call(stage, *QUESTION, "as_of=2024-06-01", "tracking=off")
            assert called.code == 0, called.err

    return Shop(built_once("scored-shop", build)).copy(tmp_path)


def manifest_of(shop, path):
    return json.loads((shop.root / path / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("setting", "changes"),
    [
        ("outreach.margin=0.5", True),
        ("outreach.capacity=3", True),
        ("source.currency=GBP", True),
        ("outreach.accept_share=0.2", True),
        ("threads=1", False),
        ("engine.memory=1GB", False),
    ],
)
def test_a_list_is_made_anew_for_what_decides_it(scored, setting, changes):
    before = manifest_of(scored, "data/at_risk/latest")["run_id"]
    question = [word for word in QUESTION if "windows" not in word]
    stage = scored.call("train", *question, "as_of=2024-06-01", "tracking=off", setting)
    assert stage.code == 0, stage.err
    called = scored.call("score", *question, "as_of=2024-06-01", "tracking=off", setting)
    assert called.code == 0, called.err
    assert (manifest_of(scored, "data/at_risk/latest")["run_id"] != before) == changes


@pytest.mark.parametrize(
    "setting",
    ["timeline.test_dates=1", "timeline.folds=1", "seed=5", "model.n_bags=2", "gate.grade_a_min_auc=0.6"],
)
def test_a_model_is_made_anew_for_what_decides_it(scored, setting):
    before = {folder.name for folder in (scored.root / "models").iterdir()}
    called = scored.call("train", *QUESTION, "as_of=2024-06-01", "tracking=off", setting)
    assert called.code == 0, called.err
    assert {folder.name for folder in (scored.root / "models").iterdir()} > before

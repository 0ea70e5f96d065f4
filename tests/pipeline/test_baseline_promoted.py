"""Where a simple baseline ranks better than the trained model, the baseline is the model."""

import json

import pytest

from holdfast.files import read_json

pytestmark = pytest.mark.slow
HOBBLED = (
    "churn.horizon_days=30", "churn.active_within_days=90", "timeline.snapshots=6", "model.n_bags=1",
    "model.num_boost_round=1", "model.learning_rate=0.01", "model.num_leaves=2",
    "model.max_bin=2", "model.bagging_fraction=0.1",
    "model.logistic_weight=0", "features.windows_days=[30,90]",
)  # fmt: skip


def test_it_is_promoted_scored_and_explained_and_the_card_says_so(shop, rhythmic):
    shop.write(rhythmic(customers=400))
    called = shop.call("train", *HOBBLED)
    assert called.code == 0, called.err
    model = (shop.root / "models" / "champion").resolve()
    card = read_json(model / "card.json")
    name = card["baseline_in_use"]["name"]
    assert name in ("logistic", "rfm_logistic", "recency")
    assert card["gate"]["decision"] == "promoted"
    assert card["metrics"]["test"]["auc"] == pytest.approx(card["baselines"][name]["auc"], abs=1e-6)
    words = f"the simple baseline {name.replace('_', ' ')} ranks better than the trained model"
    assert words in called.out
    assert words in (model / "report.html").read_text(encoding="utf-8")
    assert json.loads((model / "bundle" / "bundle.json").read_text(encoding="utf-8"))["n_bags"] == 0
    assert not list((model / "bundle").glob("booster_*"))
    scored = shop.call("score", "as_of=latest", *HOBBLED)
    assert scored.code == 0, scored.err
    listed = (shop.root / "data" / "at_risk" / "latest" / "at_risk.csv").read_text(encoding="utf-8-sig")
    assert len(listed.splitlines()) > 1
    explained = shop.call("explain", "as_of=latest", *HOBBLED)
    assert explained.code == 0, explained.err
    monitored = shop.call("monitor", "as_of=latest", *HOBBLED)
    assert monitored.code == 0, monitored.err

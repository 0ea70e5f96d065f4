"""A training that searches for better settings: killed, gone on with, written down, fitted anew without."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import holdfast.model.training as fitting
from holdfast.model.cross_validation import FoldResult

Orders = list[tuple[str, str, dt.datetime, float]]
SEARCH = ("tuning=quick", "tuning.n_trials=6", "tuning.n_startup_trials=2", "model.n_bags=2",
          "model.num_boost_round=40", "timeline.snapshots=8", "churn.horizon_days=30",
          "churn.active_within_days=90")  # fmt: skip


def model_of(root: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The card of the only model, and the bytes of its bundle."""
    (folder,) = (path for path in (root / "models").glob("20*"))
    card: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return card, {path.name: path.read_bytes() for path in sorted((folder / "bundle").iterdir())}


@pytest.mark.slow
def test_a_killed_search_goes_on_and_comes_to_the_same_model(
    shop: Any, rhythmic: Callable[..., Orders], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shop.write(rhythmic())
    fits: list[str] = []
    real: Callable[..., FoldResult] = vars(fitting)["fit_fold"]

    def counted(*given: Any) -> FoldResult:
        if len(fits) == 7:
            raise KeyboardInterrupt
        fits.append("fit")
        return real(*given)

    monkeypatch.setattr(fitting, "fit_fold", counted)
    assert shop.call("train", *SEARCH, "threads=1").code == 130
    kept = list((shop.root / "models" / ".tuning").glob("*/*.npz"))
    assert len(kept) == 7
    fits.clear()
    fits += ["killed"] * 8  # not again
    called = shop.call("train", *SEARCH, "threads=1")
    assert called.code == 0, called.err
    assert "resuming the search" in called.err
    card, bundle = model_of(shop.root)
    assert card["tuning"]["chosen"] in ("given", "best")
    assert len(card["tuning"]["given"]["by_fold"]) >= 2
    assert sum(card["tuning"]["trials"].values()) == 6
    assert not (shop.root / "models" / ".tuning").exists()
    assert card["settings"]["tuning"]["n_trials"] == 6
    afresh = len(fits) - 8

    shop.root = tmp_path / "other"
    fits[:] = ["not killed"] * 8
    assert shop.call("train", *SEARCH, "threads=2").code == 0
    other, other_bundle = model_of(shop.root)
    assert other_bundle == bundle
    assert {**other["tuning"], "seconds": 0} == {**card["tuning"], "seconds": 0}
    assert len(fits) - 8 == afresh + 7  # those of before the kill were read, not fitted

    chosen = [f"model.{name}={json.dumps(value)}" for name, value in card["settings"]["model"].items()]
    shop.root = tmp_path / "plain"
    assert shop.call("train", *SEARCH[3:], *chosen).code == 0
    assert model_of(shop.root)[1] == bundle

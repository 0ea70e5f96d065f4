"""The page made of a card that was really judged: nothing of it is lost on the way."""

import json
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from holdfast.evaluation.changes import compare_cards
from holdfast.evaluation.evaluate import TestSet, evaluate
from holdfast.evaluation.profit import Campaign
from holdfast.evaluation.segments import Predictions
from holdfast.reports.findings import FIGURES
from holdfast.reports.model import render_model_page
from holdfast.reports.words import number

ROWS = 3000


class Text(HTMLParser):
    """What a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(html)
        self.all = " ".join(" ".join(self.words).split())

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    random = np.random.default_rng(0)
    margin = random.normal(-1, 1.5, ROWS)
    probability = 1 / (1 + np.exp(-margin))
    churned = (random.random(ROWS) < probability).astype(float)
    country = random.choice(["GR", "LT"], ROWS).astype(object)
    told = probability.copy()
    told[country == "LT"] = random.permutation(probability[country == "LT"])
    as_of = np.where(np.arange(ROWS) % 2, "2024-03-01", "2024-02-01")
    customers = np.arange(ROWS) // 2
    judged = evaluate(
        TestSet(
            churned, told, customers, {"recency": random.random(ROWS)}, probability * 0.9, True, "time",
            as_of=as_of, days_after_training=np.full(ROWS, 61), segments={"country": country},
            folds=Predictions(churned, probability, customers, as_of, np.full(ROWS, 60)),
            campaign=Campaign(
                30 * churned - 1, 30 * told - 1, np.full(ROWS, 8.0), 100.0, 0.3, 0.0, 1.0, assumed=False
            ),
        ),
        seed=1,
    )  # fmt: skip
    judged |= {
        "version": "new", "as_of": "2024-06-01", "settings": {"model": {"n_bags": 5}},
        "churned_means": "bought nothing in the outcome window",
        "rows": {"train": 9000},
        "data": {"tickets": {"read": 9, "accepted": 7, "rejected": 2, "by_rule": {"no_id": 2}}},
        "drivers": [{"feature": "recency__days__all", "importance": 0.21, "reason": "LONG_SILENCE"}],
        "interaction": {"features": ["recency__days__all", "spend__sum__90d"], "size": 0.034},
        "calibration": {
            "slope": 1.0, "test": {"after": 0.33, "happened": 0.3, "log_loss_after": 0.5},
            "folds": {"before": 0.4, "after": 0.31, "happened": 0.31,
                      "log_loss_before": 0.52, "log_loss_after": 0.49},
        },
    }  # fmt: skip
    champion = {
        **judged,
        "version": "old",
        "settings": {"model": {"n_bags": 3}},
        "drivers": [{"feature": "gone"}],
    }
    judged["since_champion"] = compare_cards(judged, champion)
    content: dict[str, Any] = json.loads(json.dumps(judged))
    return content


@pytest.fixture(scope="module")
def text(card: dict[str, Any]) -> str:
    plots = dict.fromkeys(("calibration", "season", "importance", "interaction"), b"\x89PNG picture")
    return Text(render_model_page(card, plots).decode()).all


def test_every_figure_stands_with_its_interval(card: dict[str, Any], text: str) -> None:
    for name in FIGURES:
        span = card["intervals"]["test"][name]
        assert f"{number(span['value'])} {number(span['low'])} to {number(span['high'])}" in text


def test_everybody_that_it_was_held_against_is_there(card: dict[str, Any], text: str) -> None:
    for name, found in card["differences"].items():
        span = found["auc"]
        assert f"{name} {span['value']:+.3f} {span['low']:+.3f} to {span['high']:+.3f}" in text


def test_the_weak_segment_is_named_and_the_others_are_not(text: str) -> None:
    assert "country: LT ranks worse" in text
    assert "country: GR ranks worse" not in text
    assert "No kind of customer is served worse" not in text


def test_lists_and_money_are_told_in_sentences(card: dict[str, Any], text: str) -> None:
    test = card["metrics"]["test"]
    assert f"{test['list_precision']:.0%} churned (precision)" in text
    assert f"{test['list_profit']:,.2f} ({card['intervals']['test']['list_profit']['low']:,.2f} to" in text
    assert f"{test['empc']:,.2f}" in text


def test_seasons_and_dates_are_told(text: str) -> None:
    assert "31% churned. The model predicted 40% before calibration and 31% after it" in text
    assert "On the test it predicted 33%, and 30% churned." in text
    assert "2024-02-01 fold" in text
    assert "2024-03-01 test" in text


def test_what_changed_since_the_champion_is_told(text: str) -> None:
    assert "model.n_bags 3 → 5" in text
    assert "New among the strongest drivers: recency · days · all." in text
    assert "No longer among them: gone." in text


def test_the_interaction_and_broken_rules_are_told(text: str) -> None:
    assert "recency · days · all and spend · sum · 90d work together most" in text
    assert "0.034" in text
    assert "tickets no id 2" in text

"""What texts add, in the card and on the model's page."""

import json

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from holdfast.evaluation.evaluate import TestSet, evaluate
from holdfast.reports.model import render_model_page


def a_test(worth: tuple[np.ndarray, np.ndarray] | None) -> TestSet:
    random = np.random.default_rng(0)
    margin = random.normal(0, 2, 800)
    probability = 1 / (1 + np.exp(-margin))
    churned = (random.random(800) < probability).astype(float)
    customers = np.array([f"c{row // 2}" for row in range(800)])
    return TestSet(churned, probability, customers, {"recency": probability}, None, False, "time", worth)


def test_the_card_says_what_texts_add() -> None:
    known = a_test(None).probability
    flat = np.full(len(known), 0.5)
    test = a_test((known, flat))
    text = evaluate(test, seed=1)["text"]
    assert text["with"]["auc"] == pytest.approx(roc_auc_score(test.churned, known))
    added = text["adds"]["auc"]
    assert added["value"] == pytest.approx(text["with"]["auc"] - 0.5)
    assert 0.2 < added["low"] < added["value"] < added["high"]
    expected = log_loss(test.churned, known) - np.log(2)
    assert text["adds"]["log_loss"]["value"] == pytest.approx(expected)
    assert evaluate(a_test(None), seed=1)["text"] is None


def test_the_page_shows_what_texts_add_and_their_topics() -> None:
    known = a_test(None).probability
    card = json.loads(json.dumps(evaluate(a_test((known, known)), seed=1)))
    card |= {"version": "v1", "as_of": "2024-01-01", "churned_means": "bought nothing in 60 days"}
    silent = {**card, "text": None}
    card["text"]["topics"] = {"el": [["παραγγελία", "δέμα"]]}
    page = render_model_page(card, {}).decode()
    assert "What texts add" in page
    assert "0.0000 to 0.0000" in page
    assert "παραγγελία, δέμα" in page
    assert "What texts add" not in render_model_page(silent, {}).decode()

"""What is different since the champion, card against card."""

from typing import Any

from holdfast.evaluation.changes import compare_cards, differences

CARD: dict[str, Any] = {
    "version": "new",
    "as_of": "2024-06-01",
    "settings": {"model": {"n_bags": 5, "num_leaves": 7}, "churn": {"horizon_days": 60}},
    "rows": {"train": 200, "test": 50},
    "data": {"transactions": {"accepted": 900, "read": 1000}, "tickets": {"accepted": 5, "read": 5}},
    "metrics": {"test": {"auc": 0.8, "log_loss": 0.4}},
    "drivers": [{"feature": f"f{place}"} for place in range(20)],
}


def test_what_differs_is_told_and_nothing_else() -> None:
    champion = {
        **CARD,
        "version": "old",
        "as_of": "2024-05-01",
        "settings": {"model": {"n_bags": 3, "num_leaves": 7}, "churn": {"horizon_days": 60}},
        "data": {"transactions": {"accepted": 800, "read": 900}},
        "drivers": [{"feature": "gone"}, *CARD["drivers"]],
    }
    found = compare_cards(CARD, champion)
    assert (found["version"], found["as_of"]) == ("old", "2024-05-01")
    assert found["settings"] == [["model.n_bags", 3, 5]]
    assert found["data"] == {"transactions": [800, 900], "tickets": [None, 5]}
    assert found["metrics"]["auc"] == [0.8, 0.8]
    assert found["drivers"] == {"gained": ["f14"], "lost": ["gone"]}  # the fifteenth was sixteenth


def test_settings_that_came_or_went_differ() -> None:
    assert list(differences({"a": 1, "b": {"c": 2}}, {"b": {"c": 2, "d": 3}, "new": {"e": 4}})) == [
        ("a", 1, None),
        ("b.d", None, 3),
    ]

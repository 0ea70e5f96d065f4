"""The benchmark of quality: everybody answers the same question, and its verdicts can turn out either way."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from benchmarks.quality.predictors import lightgbm, logistic, simple_rules
from benchmarks.quality.questions import Case, questions
from benchmarks.quality.shuffled import shuffle
from benchmarks.quality.simple_features import simple_features
from benchmarks.quality.verdicts import (
    HOLDFAST,
    Answer,
    answer,
    mean_ahead,
    promises,
    summary,
    with_known_level,
)
from sklearn.metrics import log_loss

ROWS = 900


def make_case(seed: int = 1) -> Case:
    """Customers who leave the likelier, the longer they were silent."""

    def table(day: dt.date, rows: int) -> pa.Table:
        silence = random.exponential(30, rows).astype(np.float32)
        chance = 1 / (1 + np.exp(-(np.log1p(silence) - 3)))
        return pa.table(
            {
                "customer_id": [f"{place:05}" for place in range(rows)],
                "as_of": pa.array([day] * rows, pa.date32()),
                "churned": (random.random(rows) < chance).astype(float),
                "recency__days__all": pa.array(silence, mask=silence > 200),
                "orders__count__all": random.integers(1, 9, rows).astype(np.float32),
                "recency__tenure__all": silence + 200,
                "spend__sum__all": random.gamma(2, 50, rows).astype(np.float32),
                "profile__country__all": random.choice(["GR", "LT"], rows),
            }
        )

    random = np.random.default_rng(seed)
    train, judge = table(dt.date(2024, 1, 1), ROWS), table(dt.date(2024, 4, 1), ROWS // 2)
    silence = judge["recency__days__all"].to_numpy()
    probability = 1 / (1 + np.exp(-(np.log1p(np.nan_to_num(silence, nan=200.0)) - 3)))
    return Case(train, judge, probability, 60, 0.8)


def test_questions_are_told_apart() -> None:
    titles = [question.title for question in questions()]
    assert len(set(titles)) == len(titles) == 23
    folders = {question.root: (question.source, question.settings) for question in questions()}
    assert len(set(folders.values())) == 6  # two real logs, and the demo company in four forms


@pytest.mark.parametrize("predict", [logistic, lightgbm])
def test_everybody_finds_what_is_there(predict) -> None:
    case = make_case()
    said = predict(case)
    assert said.shape == (ROWS // 2,)
    assert np.corrcoef(said, case.probability)[0, 1] > 0.6


def test_the_simple_rules_are_holdfasts_own() -> None:
    found = simple_rules(make_case())
    assert {"recency", "rfm_logistic", "expected_purchases"} <= set(found)
    assert all(((said > 0) & (said < 1)).all() for said in found.values())


def test_verdicts_turn_out_either_way() -> None:
    case = make_case()
    chance = np.random.default_rng(2).random(ROWS // 2)
    good = answer("one", case, {HOLDFAST: case.probability, "chance": chance})
    bad = answer("one", case, {HOLDFAST: chance, "oracle": case.probability})
    assert all(line.startswith("met") for line in promises([good], ["chance"])[:7])
    assert all(line.startswith("**missed**") for line in promises([bad], ["oracle"])[:7])
    assert promises([bad], ["oracle"])[7].startswith("**missed**: 95% of the achievable Gini")


def test_a_wrong_level_costs_nothing_once_the_level_is_known() -> None:
    case = make_case()
    churned, right = case.judge["churned"].to_numpy(), case.probability
    odds = right / (1 - right)
    too_low = odds / (odds + 3)
    assert log_loss(churned, too_low) > log_loss(churned, right) + 0.05
    known = with_known_level(churned, right)
    assert with_known_level(churned, too_low) == pytest.approx(known, abs=1e-6)
    assert known.mean() == pytest.approx(churned.mean())
    found = answer("one", case, {HOLDFAST: too_low}).figures[HOLDFAST]
    assert found["log_loss_level_known"].value == pytest.approx(log_loss(churned, known))
    assert (found["ece_level_known"].value or 1) < (found["ece"].value or 0) - 0.1


def test_answers_are_stored_and_summarised() -> None:
    case = make_case()
    chance = np.random.default_rng(2).random(ROWS // 2)
    first = answer("first", case, {HOLDFAST: case.probability, "chance": chance})
    second = answer("second", make_case(2), {HOLDFAST: make_case(2).probability, "chance": chance})
    assert Answer.from_json(first.to_json()) == first
    value, error = mean_ahead([first, second], "chance", "log_loss")
    gains = [
        (one.figures["chance"]["log_loss"].value or 0) - (one.figures[HOLDFAST]["log_loss"].value or 0)
        for one in (first, second)
    ]
    assert value == pytest.approx(np.mean(gains))
    assert error == pytest.approx(abs(gains[0] - gains[1]) / 2)
    text = summary([first])
    assert "| **Holdfast** |" in text
    assert "**0." in text.split("of each question")[1]


def test_simple_features_see_only_what_was_known(tmp_path) -> None:
    day = dt.datetime(2024, 3, 1)  # noqa: DTZ001 — tables hold naive UTC
    lines = [  # customer, order, days before the day, amount, days until it was known
        ("a", "1", 100, 10.0, 0), ("a", "2", 40, 20.0, 0), ("a", "2", 40, 5.0, 0), ("a", "3", 10, 7.0, 11),
        ("a", "4", -1, 9.0, 0), ("b", "5", 20, 30.0, 0), ("b", "6", 5, -4.0, 0),
    ]  # fmt: skip
    table = pa.table({
        "customer_id": [line[0] for line in lines], "transaction_id": [line[1] for line in lines],
        "occurred_at": [day - dt.timedelta(line[2]) for line in lines], "amount": [line[3] for line in lines],
        "known_at": [day - dt.timedelta(line[2] - line[4]) for line in lines],
    })  # fmt: skip
    (tmp_path / "transactions.parquet").mkdir()
    pa.parquet.write_table(table, tmp_path / "transactions.parquet" / "part-0.parquet")
    rows = pa.table({"customer_id": ["b", "a"], "as_of": pa.array([day.date()] * 2)})
    found = simple_features(tmp_path, rows)
    assert 50 <= len(found.columns) <= 70
    assert found["recency"].tolist() == [20, 40]  # the order of ten days ago was not known yet
    assert found["orders"].tolist() == [1, 2]
    assert found["spent_60"].tolist() == [30, 25]
    assert found["gap_mean"].iloc[1] == 60
    assert found["returned"].iloc[0] == 4


def test_shuffled_labels_keep_each_dates_rate() -> None:
    case = make_case()
    both = pa.concat_tables([case.train, case.judge])
    dealt = shuffle(both, seed=3)
    assert dealt.schema == both.schema
    for day in both["as_of"].unique().to_pylist():
        rows = pa.compute.equal(both["as_of"], day)
        assert dealt.filter(rows)["churned"].to_numpy().sum() == both.filter(rows)["churned"].to_numpy().sum()
    assert not dealt["churned"].equals(both["churned"])

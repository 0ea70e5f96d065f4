"""The benchmark of quality: everybody answers the same question, and its verdicts can turn out either way."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from benchmarks.quality.outcome import what_happened
from benchmarks.quality.predictors import lightgbm, logistic, simple_rules
from benchmarks.quality.questions import Case, Question, open_context, questions
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
from tests.snapshots.tables import CUSTOMERS, FIRST, Row, bought, facts, labels, tabulate, take, term

from holdfast.snapshots.churn import Cancellation, Inactivity

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
    assert len(set(titles)) == len(titles) == 26
    folders = {question.root: (question.source, question.settings) for question in questions()}
    # two real logs with two horizons, the demo company in four forms, and its variant in two
    assert len(set(folders.values())) == len(folders) == 10
    assert sum(title.startswith("Subscriptions") for title in titles) == 3


@pytest.mark.parametrize("question", {one.root: one for one in questions()}.values(), ids=lambda one: one.log)
def test_questions_are_asked_as_they_are_titled(question: Question) -> None:
    churn = open_context(question, question.as_of).config.churn
    assert (churn.horizon_days, churn.gap_days) == (question.horizon_days, 0)
    assert churn.kind == ("cancellation" if question.log.startswith("Subscriptions") else "inactivity")


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


def test_subscription_features_see_only_what_was_known(tmp_path) -> None:
    tables = {
        "subscriptions": [
            term(-100.0, monthly_value=20.0, renews_at=12.0), term(-40.0, monthly_value=30.0, renews_at=20.0),
            term(-10.0, monthly_value=90.0, known_at=1.0), term(-50.0, customer="b", monthly_value=15.0),
            term(-90.0, -70.0, -80.0, customer="b", subscription="t", monthly_value=15.0),
            term(-5.0, 3.0, 1.0, customer="b", subscription="u", monthly_value=10.0),
        ],
        "payments": [
            charge(-70, "succeeded"), charge(-40, "succeeded"), charge(-10, "failed", next_attempt_at=4.0),
            charge(-3, "succeeded", known_at=2), charge(-20, "failed", "b"), charge(-18, "succeeded", "b"),
            charge(-2, "refunded", "b"),
        ],
        "usage": [use(-60), use(-20), use(-5), use(-1, known_at=1), use(2)],
        "tickets": [
            ticket(-50, resolved_at=-49.0), ticket(-8, resolved_at=5.0), ticket(-2, known_at=3.0),
        ],
    }  # fmt: skip
    for name, rows in tables.items():
        store(tmp_path, name, rows)
    rows = pa.table({"customer_id": ["b", "a"], "as_of": pa.array([FIRST] * 2)})
    found = simple_features(tmp_path, rows).set_index(pa.array(["b", "a"]).to_pandas())
    assert 40 <= len(found.columns) <= 60
    a, b = found.loc["a"], found.loc["b"]
    assert (a["tenure"], a["price"], a["price_change"], a["versions"]) == (100, 30, 1.5, 2)
    assert (a["days_to_renewal"], b["notices"], b["ends"]) == (20, 1, 1)
    assert (b["tenure"], b["version_days"], b["price"]) == (90, 5, 10)
    assert (a["since_paid"], a["payment_gap"], a["until_due"], a["payments_60"]) == (40, 30, -10, 1)
    assert (a["failing"], a["since_failure"], a["next_attempt"], a["failures_30"]) == (1, 10, 4, 1)
    assert (b["failing"], b["since_failure"], b["attempts"], b["failures_30"]) == (0, 20, 2, 1)
    assert (a["uses"], a["since_use"], a["uses_7"], a["uses_7_of_30"]) == (3, 5, 1, 1 / 3)
    assert (a["tickets"], a["open_tickets"], a["resolution_hours"]) == (2, 1, 24)


def charge(on: float, status: str, customer: str = "a", **more: float) -> Row:
    return {
        "customer_id": customer, "attempted_at": on, "known_at": on, "status": status, "amount": 20.0, **more,
    }  # fmt: skip


def use(on: float, **more: float) -> Row:
    return {"customer_id": "a", "occurred_at": on, "known_at": on, **more}


def ticket(on: float, **more: float) -> Row:
    return {"customer_id": "a", "opened_at": on, "known_at": on, **more}


def store(folder: Path, name: str, rows: Sequence[Row]) -> None:
    """A validated table; times in days from FIRST."""
    (folder / f"{name}.parquet").mkdir(exist_ok=True)
    pa.parquet.write_table(tabulate(rows), folder / f"{name}.parquet" / "part-0.parquet")


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("grace", [0, 7])
def test_who_cancelled_is_looked_up_as_holdfast_labels_it(tmp_path, seed: int, grace: int) -> None:
    random = np.random.default_rng(seed)
    rows = [random_term(random, customer) for customer in CUSTOMERS for _ in range(random.integers(1, 6))]
    churn = Cancellation(
        kind="cancellation", horizon_days=30, gap_days=0, grace_days=grace, min_history_days=0
    )
    store(tmp_path, "subscriptions", rows)
    dates = range(20, 120, 4)
    labelled = labels(take({"subscriptions": facts("subscriptions", rows)}, churn, *dates))
    for at in dates:
        eligible = [customer for customer in CUSTOMERS if (customer, at) in labelled]
        found = what_happened(tmp_path, eligible, FIRST + dt.timedelta(at), churn)
        assert found.tolist() == [labelled[customer, at] for customer in eligible]


def random_term(random: np.random.Generator, customer: str) -> Row:
    """A version with whole days, so that ends, starts and the limits of grace and horizon often coincide."""
    started = int(random.integers(0, 110))
    ended = started + int(random.integers(1, 60)) if random.random() < 0.8 else None
    noticed = started + int(random.integers(0, 20)) if ended and random.random() < 0.3 else None
    return term(started, ended, noticed, customer, f"{customer}{random.integers(2)}")


def test_who_cancelled_by_hand(tmp_path) -> None:
    rows = [
        term(0.0, 40.0, customer="ends"),
        term(0.0, 40.0, customer="back in time"), term(46.0, customer="back in time", subscription="t"),
        term(0.0, 40.0, customer="back too late"), term(47.0, customer="back too late", subscription="t"),
        term(0.0, 50.0, customer="ends later"), term(0.0, customer="stays"),
        term(0.0, 35.0, customer="changes plan"), term(30.0, customer="changes plan"),
        term(0.0, 30.0, customer="another runs"), term(5.0, customer="another runs", subscription="t"),
    ]  # fmt: skip
    store(tmp_path, "subscriptions", rows)
    names = list(dict.fromkeys(row["customer_id"] for row in rows))
    churn = Cancellation(kind="cancellation", horizon_days=30, gap_days=0, grace_days=7, min_history_days=0)
    found = what_happened(tmp_path, names, FIRST + dt.timedelta(20), churn)
    assert {name for name, left in zip(names, found, strict=True) if left} == {"ends", "back too late"}


def test_who_bought_nothing_is_looked_up_as_holdfast_labels_it(tmp_path) -> None:
    rows = [bought(1.0), bought(50.0), bought(8.0, customer="b"), bought(39.9, customer="b")]
    rows.append(bought(30.0, amount=-5.0))  # a refund is no purchase
    churn = Inactivity(
        kind="inactivity", horizon_days=30, gap_days=0, active_within_days=90, min_history_days=0
    )
    store(tmp_path, "transactions", rows)
    labelled = labels(take({"transactions": facts("transactions", rows)}, churn, 10, 20, 21))
    assert labelled == {("a", 10): 1, ("b", 10): 0, ("a", 20): 1, ("b", 20): 0, ("a", 21): 0, ("b", 21): 0}
    for at in (10, 20, 21):
        found = what_happened(tmp_path, CUSTOMERS, FIRST + dt.timedelta(at), churn)
        assert found.tolist() == [labelled[customer, at] for customer in CUSTOMERS]


def test_a_way_without_an_answer_keeps_its_row_and_its_promise() -> None:
    case, other = make_case(), make_case(2)
    chance = np.random.default_rng(2).random(ROWS // 2)
    both = [
        answer("shop", case, {HOLDFAST: case.probability, "chance": chance, "purchases": chance}),
        answer("subscriptions", other, {HOLDFAST: other.probability, "chance": chance}),
    ]
    text = summary(both)
    assert "| purchases (1 of 2 questions) |" in text
    assert "| chance |" in text
    asked = text.split("of each question")[1].splitlines()
    row = next(line for line in asked if line.startswith("| subscriptions |"))
    assert row.split("|")[-2].strip() == ""
    oracle = [
        answer("shop", case, {HOLDFAST: chance, "chance": chance, "purchases": case.probability}), both[1]
    ]  # fmt: skip
    assert promises(oracle, ["chance", "purchases"])[0].startswith("**missed**: the best mean AUC")


def test_shuffled_labels_keep_each_dates_rate() -> None:
    case = make_case()
    both = pa.concat_tables([case.train, case.judge])
    dealt = shuffle(both, seed=3)
    assert dealt.schema == both.schema
    for day in both["as_of"].unique().to_pylist():
        rows = pa.compute.equal(both["as_of"], day)
        assert dealt.filter(rows)["churned"].to_numpy().sum() == both.filter(rows)["churned"].to_numpy().sum()
    assert not dealt["churned"].equals(both["churned"])

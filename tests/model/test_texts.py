"""Training with texts: they tell who leaves where nothing else does; a bundle with them; none at all."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from holdfast.model.bundle import Bundle
from holdfast.model.settings import ModelSettings
from holdfast.model.splits import split_rows
from holdfast.model.training import TrainingResult, predict_with_settings, train_model
from holdfast.text.log import TextLog
from holdfast.text.model import parse_corpus
from holdfast.text.settings import TextSettings, Words
from holdfast.timeline.outcome import Outcome
from holdfast.timeline.plan import divide

DATES = tuple(dt.date(2024, 1, 1) + dt.timedelta(days=28 * place) for place in range(8))
SETTINGS = TextSettings(window_days=28, n_topics=0, competitors=())
WORDS = {"en": Words(leaving=("leav",), price=("pric",), competitor=("rival",))}


def company(customers: int = 400, *, shuffled: bool = False) -> tuple[pa.Table, TextLog]:
    """A useless number, and texts whose words tell who leaves; `shuffled`: somebody else's words."""
    random = np.random.default_rng(3)
    mood = random.normal(size=(customers, len(DATES)))
    churned = random.random(mood.shape) < 1 / (1 + np.exp(-3 * mood))
    told = random.permutation(mood.ravel()).reshape(mood.shape) if shuffled else mood
    keys = [(f"c{who:04}", date) for who in range(customers) for date in DATES]
    ids = [who for who, _ in keys]
    texts = [
        " ".join("angry" if random.random() < 1 / (1 + np.exp(-2 * one)) else "happy" for _ in range(6))
        for one in told.ravel()
    ]
    at = pa.array([pd.Timestamp(date) - pd.Timedelta(days=5) for _, date in keys], pa.timestamp("us"))
    english = pa.array(["en"] * len(keys))
    log = pa.table(
        {"customer_id": ids, "occurred_at": at, "known_at": at, "language": english, "text": texts}
    )
    features = pa.table(
        {
            "customer_id": ids,
            "as_of": pa.array([date for _, date in keys], pa.date32()),
            "churned": churned.ravel().astype(np.float64),
            "noise__0__all": random.normal(size=len(keys)).astype(np.float32),
        }
    )
    return features, TextLog(log, dict.fromkeys(DATES, dt.date(2020, 1, 1)))


def train(
    features: pa.Table, log: TextLog | None, settings: ModelSettings, said: list[str] | None = None
) -> tuple[TrainingResult, float]:
    """The training and its AUC on the test."""
    splits = split_rows(features, divide(DATES, Outcome(28), test_dates=None, folds=3))
    corpus = parse_corpus(log, WORDS, SETTINGS)
    progress = (lambda _: None) if said is None else said.append
    reasons = dict.fromkeys(features.column_names, "HABIT")
    found = train_model(
        features, splits, settings, reasons, seed=1, threads=1, progress=progress, corpus=corpus
    )
    churned = features["churned"].to_numpy()[splits.test.valid]
    return found, float(roc_auc_score(churned, found.test_probability))


@pytest.fixture
def reading(settings: ModelSettings) -> ModelSettings:
    return settings.model_copy(update={"text": True})


@pytest.fixture(scope="module")
def talkative() -> tuple[pa.Table, TextLog]:
    return company()


def test_texts_tell_who_leaves_where_nothing_else_does(
    talkative: tuple[pa.Table, TextLog], reading: ModelSettings
) -> None:
    with_text, auc = train(*talkative, reading)
    assert auc > 0.8
    assert with_text.text_ablation is not None
    splits = split_rows(talkative[0], divide(DATES, Outcome(28), test_dates=None, folds=3))
    churned = talkative[0]["churned"].to_numpy()[splits.test.valid]
    told, bare = (roc_auc_score(churned, one) for one in with_text.text_ablation)
    assert told > 0.8
    assert bare == pytest.approx(0.5, abs=0.07)
    assert with_text.bundle.reasons[with_text.bundle.columns.names.index("text__tone__28d")] == "TONE"


def test_shuffled_texts_are_worth_nothing(reading: ModelSettings) -> None:
    found, auc = train(*company(shuffled=True), reading)
    assert auc == pytest.approx(0.5, abs=0.07)
    assert np.abs(found.test_probability - 0.5).mean() < 0.1


def test_texts_that_are_switched_off_or_absent_change_nothing(
    talkative: tuple[pa.Table, TextLog], reading: ModelSettings, settings: ModelSettings
) -> None:
    off, none = train(*talkative, settings)[0], train(talkative[0], None, reading)[0]
    assert off.test_probability.tobytes() == none.test_probability.tobytes()
    assert (off.bundle.text, none.bundle.text) == (None, None)
    assert (off.text_ablation, none.text_ablation) == (None, None)


def test_what_the_test_wrote_and_did_does_not_reach_the_fit(
    talkative: tuple[pa.Table, TextLog], reading: ModelSettings
) -> None:
    features, log = talkative
    late = features["as_of"].to_numpy() >= np.datetime64(DATES[-1])
    churned = np.where(late, 1 - features["churned"].to_numpy(), features["churned"].to_numpy())
    flipped = features.set_column(2, "churned", pa.array(churned))
    after = pd.Timestamp(DATES[-1])
    times = pa.array([after] * 50, pa.timestamp("us"))
    more = pa.table(
        {
            "customer_id": [f"c{who:04}" for who in range(50)],
            "occurred_at": times,
            "known_at": times,
            "language": ["en"] * 50,
            "text": ["happy angry furious"] * 50,
        }
    )
    grown = pa.concat_tables([log.table, more]).sort_by(
        [("customer_id", "ascending"), ("occurred_at", "ascending")]
    )
    one, other = train(features, log, reading)[0], train(flipped, TextLog(grown, log.since), reading)[0]
    assert one.test_probability.tobytes() == other.test_probability.tobytes()
    assert one.text_ablation is not None
    assert other.text_ablation is not None
    assert one.text_ablation[1].tobytes() == other.text_ablation[1].tobytes()


def test_a_loaded_bundle_reads_texts_bit_for_bit(
    talkative: tuple[pa.Table, TextLog], reading: ModelSettings
) -> None:
    features, log = talkative
    bundle = train(features, log, reading)[0].bundle
    again = Bundle.from_files(bundle.to_files())
    rows = features.slice(0, 200)
    assert again.predict(rows, log).tobytes() == bundle.predict(rows, log).tobytes()
    assert again.predict(rows.to_pandas(), log).tobytes() == bundle.predict(rows, log).tobytes()
    extended = bundle.with_texts(rows, log)
    assert bundle.with_texts(extended, None) is extended  # what is there stays
    some = extended.select([*rows.column_names, "text__tone__28d"])
    partly = bundle.with_texts(some, None)  # and only what is not counts as unknown
    assert partly["text__tone__28d"].equals(extended["text__tone__28d"])
    assert partly["text__texts__28d"].null_count == partly.num_rows
    assert partly.column_names == extended.column_names
    assert again.predict(extended).tobytes() == bundle.predict(rows, log).tobytes()
    silent = bundle.predict(rows.drop_columns(["customer_id", "as_of"]))
    assert np.isfinite(silent).all()
    assert (silent != bundle.predict(rows, log)).any()
    matrix = again.matrix(rows, log)
    np.testing.assert_allclose(again.contributions(matrix).sum(axis=1), again.logits(matrix), atol=1e-5)


def test_the_same_texts_twice_are_the_same_model(
    talkative: tuple[pa.Table, TextLog], reading: ModelSettings
) -> None:
    features, log = talkative
    splits = split_rows(features, divide(DATES, Outcome(28), test_dates=None, folds=3))
    said: list[str] = []
    found, _ = train(features, log, reading, said)
    assert sum(text.startswith("a bag without texts") for text in said) == 1
    corpus = parse_corpus(log, WORDS, SETTINGS)
    again = predict_with_settings(features, splits, reading, seed=1, threads=2, corpus=corpus)
    assert again.tobytes() == found.test_probability.tobytes()
    assert found.bundle.text is not None

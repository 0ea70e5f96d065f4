"""What is learned: nothing of later, nothing of one's own label, no rare word; bit for bit in files."""

import dataclasses
import datetime as dt
import json
import unicodedata
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics import roc_auc_score

from holdfast.text import tone
from holdfast.text.files import read_text_model, text_model_files
from holdfast.text.log import TextLog
from holdfast.text.model import Corpus, TextModel
from holdfast.text.parsing import TextParser
from holdfast.text.settings import Words
from holdfast.text.tone import GROUPS, MIN_CUSTOMERS, customer_groups, fit_shares, tfidf_of
from holdfast.text.topics import TOP_WORDS, topic_amounts

LogOf = Callable[..., TextLog]
CorpusOf = Callable[..., Corpus]
WithTexts = Callable[[TextLog, list[str]], TextLog]
Company = tuple[pa.Table, TextLog]

SPLIT = dt.date(2024, 5, 1)


def before(table: pa.Table) -> pa.Table:
    return table.filter(pc.less(table["as_of"], pa.scalar(SPLIT)))


def after(table: pa.Table) -> pa.Table:
    return table.filter(pc.greater(table["as_of"], pa.scalar(SPLIT)))


def columns(table: pa.Table) -> dict[str, list[object]]:
    return {name: table[name].to_pylist() for name in table.column_names if name.startswith("text__")}


# --- columns ---------------------------------------------------------------------------------------------


def test_columns_of_a_few_texts(words: dict[str, Words], log_of: LogOf) -> None:
    log = log_of(
        [
            ("a", "2024-01-10T00:00", "2024-01-10T00:00", "en", "Closing my account, you are too expensive!"),
            ("a", "2024-01-20T00:00", "2024-01-20T00:00", "lt", "Ačiū, ieškosiu kitur"),
            ("a", "2024-01-25T00:00", "2024-02-05T00:00", "en", "late " * 50),  # not yet known
            ("b", "2023-12-31T23:00", "2023-12-31T23:00", "en", "hello"),  # before the window
        ],
        since="2023-12-30",
    )
    rows = pa.table({"customer_id": ["a", "b", "c"], "as_of": pa.array([dt.date(2024, 1, 31)] * 3)})
    model = TextModel(TextParser(words), 30, None, ())
    found = columns(model.add_features(rows, log))
    assert tuple(found) == model.names == tuple(model.reasons)
    assert found["text__texts__30d"] == [2, 0, 0]
    assert found["text__talks_of_leaving__30d"] == [1, 0, 0]
    assert found["text__talks_of_price__30d"] == [1, 0, 0]
    assert found["text__talks_of_competitor__30d"] == [1, 0, 0]
    assert found["text__length_mean__30d"] == [31, None, None]
    assert found["text__language__all"] == ["lt", "en", None]
    assert found["text__tone__30d"] == found["text__tone_last__all"] == [None] * 3


def test_a_window_is_measured_over_the_part_in_which_texts_were_known(
    words: dict[str, Words], log_of: LogOf
) -> None:
    log = log_of([("a", "2024-01-21T00:00", "2024-01-21T00:00", "en", "hello")], since="2024-01-20")
    rows = pa.table({"customer_id": ["a"], "as_of": pa.array([dt.date(2024, 1, 31)])})
    model = TextModel(TextParser(words), 30, None, ())
    found = columns(model.add_features(rows, log))
    assert (found["text__texts__30d"], found["text__talks_of_price__30d"]) == ([1], [0])
    unknown = columns(model.add_features(rows, dataclasses.replace(log, since={})))
    assert (unknown["text__texts__30d"], unknown["text__talks_of_price__30d"]) == ([None], [None])


def test_without_texts_the_columns_are_null(talkative: Company, corpus_of: CorpusOf) -> None:
    table, log = talkative
    model = corpus_of(log).fit(before(table)).model
    nothing = columns(model.add_features(after(table), None))
    assert set(nothing) == set(model.names)
    assert all(value is None for column in nothing.values() for value in column)


# --- tone ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def learned(talkative: Company, corpus_of: CorpusOf) -> TextModel:
    table, log = talkative
    return corpus_of(log, topics=2).fit(before(table)).model


def test_the_tone_tells_who_leaves_and_a_sharp_text_is_above_a_calm_one(
    talkative: Company, learned: TextModel, log_of: LogOf
) -> None:
    table, log = talkative
    later = learned.add_features(after(table), log)
    churned = later["churned"].to_numpy()
    assert roc_auc_score(churned, later["text__tone__28d"].to_numpy()) > 0.7
    assert learned.tone is not None
    at = ("2024-01-01T00:00", "2024-01-01T00:00", "en")
    odd = ["furious, shame on you", "kind regards", "ΤΙ ΝΑ ΠΩ", "🙁", "worst " * 10_000]
    margins = learned.tone.logits(
        learned.parser.parse(log_of([(str(at_), *at, text) for at_, text in enumerate(odd)]))
    )
    assert margins[0] > 0.2 > -0.2 > margins[1]
    assert np.isfinite(margins).all()


def test_labels_and_texts_of_later_do_not_change_what_was_learned(
    talkative: Company, corpus_of: CorpusOf, with_other_texts: WithTexts
) -> None:
    table, log = talkative
    midnight = pa.scalar(
        dt.datetime.combine(before(table)["as_of"].to_pylist()[-1], dt.time()), pa.timestamp("us")
    )
    later = pc.greater_equal(log.table["known_at"], midnight).to_pylist()
    assert 0 < sum(later) < len(later)
    text = [
        "furious nonsense " * 3 if new else old
        for new, old in zip(later, log.table["text"].to_pylist(), strict=True)
    ]
    files, changed = (
        text_model_files(corpus_of(one, topics=2).fit(before(table)).model)
        for one in (log, with_other_texts(log, text))
    )
    assert files == changed


def test_nobodys_own_label_reaches_their_tone(talkative: Company, corpus_of: CorpusOf) -> None:
    table, log = talkative
    train = before(table)
    group = customer_groups(train["customer_id"])
    assert set(group) == set(range(GROUPS))
    churned = train["churned"].to_numpy().copy()
    churned[group == 1] = 1 - churned[group == 1]
    flipped = train.set_column(2, "churned", pa.array(churned))
    one, other = (
        corpus_of(log).fit(rows).add_features(train)["text__tone__28d"].to_numpy()
        for rows in (train, flipped)
    )
    assert one[group == 1].tobytes() == other[group == 1].tobytes()
    assert (one[group != 1] != other[group != 1]).any()


def test_the_same_is_learned_twice(talkative: Company, corpus_of: CorpusOf, learned: TextModel) -> None:
    table, log = talkative
    again = corpus_of(log, topics=2).fit(before(table)).model
    one, other = learned.add_features(table, log), again.add_features(table, log)
    assert one.equals(other)


@pytest.mark.parametrize("churned", [0.0, 1.0])
def test_nothing_is_learned_where_all_did_the_same_or_few_wrote(
    churned: float, talkative: Company, corpus_of: CorpusOf
) -> None:
    table, log = talkative
    alike = table.set_column(2, "churned", pa.array(np.full(table.num_rows, churned)))
    assert corpus_of(log).fit(alike).model.tone is None
    few = table.filter(pc.less(table["customer_id"], f"c{tone.MIN_WRITERS - 1:04}"))
    assert corpus_of(log).fit(few).model.tone is None
    assert corpus_of(log, topics=2).fit(table.slice(0, 0)).model.topics == ()


def test_rare_words_are_not_kept(
    talkative: Company, corpus_of: CorpusOf, with_other_texts: WithTexts
) -> None:
    table, log = talkative
    who = log.table["customer_id"].to_pylist()
    known = {name: place for place, name in enumerate(sorted(set(who)))}
    rare, usual = (f"{{}} {word} anna.k@qqqq.lt 861234567" for word in ("ωμέγα", "ψιψι"))
    marked = [
        (
            rare if known[name] < MIN_CUSTOMERS - 1 else usual if known[name] < 2 * MIN_CUSTOMERS else "{}"
        ).format(text)
        for name, text in zip(who, log.table["text"].to_pylist(), strict=True)
    ]
    model = corpus_of(with_other_texts(log, marked), topics=2).fit(table).model
    assert model.tone is not None
    files = text_model_files(model)
    words = set(pq.read_table(pa.BufferReader(files["text_words.parquet"]))["word"].to_pylist())
    assert "ψιψι" in words  # used by 21 customers
    assert unicodedata.normalize("NFD", "ωμέγα") not in words  # by 19
    assert not {word for word in words if "qqqq" in word or any(letter.isdigit() for letter in word)}
    assert set(pq.read_schema(pa.BufferReader(files["text_ngrams.parquet"])).names) == {
        "ngram", "idf", *(f"coef_{group}" for group in range(GROUPS))
    }  # fmt: skip  # hashes and numbers: no letters of anybody
    assert json.loads(files["text.json"])["topics"].keys() == {"en"}


def test_an_ngram_of_few_customers_weighs_nothing(
    talkative: Company, corpus_of: CorpusOf, with_other_texts: WithTexts
) -> None:
    table, log = talkative
    who, text = log.table["customer_id"].to_pylist(), log.table["text"].to_pylist()
    secret = [f"{one} ヲヰヱ" if name < "c0019" else one for name, one in zip(who, text, strict=True)]
    told = corpus_of(with_other_texts(log, secret)).fit(table).model
    silent = corpus_of(log).fit(table).model
    assert told.tone is not None
    assert silent.tone is not None
    assert told.tone.ngrams.tolist() == silent.tone.ngrams.tolist()


# --- files, topics, arithmetic ----------------------------------------------------------------------------


def test_files_give_the_same_bit_for_bit(learned: TextModel, talkative: Company) -> None:
    table, log = talkative
    files = text_model_files(learned)
    again = read_text_model(files)
    assert again is not None
    assert again.add_features(table, log).equals(learned.add_features(table, log))
    assert (again.names, again.reasons, again.parser) == (learned.names, learned.reasons, learned.parser)
    assert text_model_files(again) == files
    assert read_text_model({}) is None


def test_topics_have_words_and_their_shares_add_up(learned: TextModel, talkative: Company) -> None:
    table, log = talkative
    (topics,) = learned.topics
    assert topics.language == "en"
    assert [len(words) for words in topics.top_words()] == [TOP_WORDS] * 2
    found = learned.add_features(table, log)
    shares = np.stack([found[f"text__topic_en_{place}__28d"].to_numpy() for place in (1, 2)])
    total = shares.sum(axis=0)[~np.isnan(shares[0])]
    np.testing.assert_allclose(total, 1, atol=1e-6)
    assert len(total) > 0


def test_a_text_of_two_topics_is_taken_apart() -> None:
    from scipy.sparse import csr_array

    weights = np.array([[2, 1, 0, 0], [0, 0, 1, 3]], np.float32)
    texts = csr_array(np.array([[2, 1, 0, 0], [2, 1, 2, 6], [0, 0, 0, 0]], np.float32))
    np.testing.assert_allclose(topic_amounts(texts, weights), [[1, 0], [1, 2], [0, 0]], atol=1e-6)


def test_stored_idf_gives_the_tf_idf_of_the_fit() -> None:
    from scipy.sparse import csr_array

    counts = csr_array(np.array([[1, 0, 3], [0, 0, 0], [0, 2, 0]], np.float32))
    found = tfidf_of(np.array([2.0, 1.0, 1.0], np.float32)).transform(counts).toarray()
    expected = np.array([2, 0, 1 + np.log(3)])
    np.testing.assert_allclose(found, [expected / np.linalg.norm(expected), [0, 0, 0], [0, 1, 0]], rtol=1e-6)
    fitted = TfidfTransformer(sublinear_tf=True).fit(counts)
    assert abs(fitted.transform(counts) - tfidf_of(fitted.idf_).transform(counts)).max() == 0


def test_the_regression_is_the_penalised_optimum() -> None:
    from scipy.sparse import csr_array

    matrix = csr_array(np.array([[1, 0], [0, 1], [1, 0], [0, 1]], np.float32))
    share = np.array([1.0, 0.0, 0.5, 0.25])
    weights, base = fit_shares(matrix, share)
    probability = 1 / (1 + np.exp(-(matrix @ weights + base)))
    gradient = matrix.T @ (probability - share) + weights / tone.C
    np.testing.assert_allclose(gradient, 0, atol=0.001)
    assert probability.mean() == pytest.approx(share.mean(), abs=0.001)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_texts_of_one_class_have_no_tone_but_their_base_rate(share: float) -> None:
    from scipy.sparse import csr_array

    coef, intercept = fit_shares(csr_array(np.eye(3, 2, dtype=np.float32)), np.full(3, share))
    assert coef.tolist() == [0, 0]
    assert 1 / (1 + np.exp(-intercept)) == pytest.approx(share, abs=1e-5)

"""The reason TOPIC names the words of the topic that a customer mostly wrote about."""

import numpy as np
import pytest
from tests.features.sentences import LANGUAGES, TEXTS, peers_like

from holdfast.explain.figures import Statements
from holdfast.explain.reasons import true_text
from holdfast.explain.texts import Figures
from holdfast.explain.topics import SHOWN_WORDS, describe_topics
from holdfast.text.model import TextModel
from holdfast.text.parsing import TextParser
from holdfast.text.topics import TopicModel

WORDS = ("box", "broken", "delay", "invoice", "late", "lost", "parcel", "price")
LATE = [0, 0, 6, 0, 9, 5, 8, 1]
DEAR = [0, 0, 0, 8, 0, 0, 0, 9]
NAMES = ("text__topic_en_1__180d", "recency__days__all", "text__topic_en_2__180d")
MODEL = TextModel(
    TextParser({}), 180, None,
    (TopicModel("en", WORDS, np.ones(8, np.float32), np.array([LATE, DEAR], np.float32)),),
)  # fmt: skip


def described(share: float, contribution: float) -> Figures:
    """The figures of a customer who wrote so much about the first topic, and the rest about the second."""
    matrix = np.array([[share, 5.0, 1 - share]], np.float32)
    (figures,) = describe_topics(MODEL, NAMES, matrix, np.array([[contribution, 0.1, -0.1, -1.0]]))
    return figures


def test_the_main_topic_is_named_by_its_strongest_words() -> None:
    figures = described(0.8, 0.2)
    assert figures == {"topic_words": "late, parcel, delay, lost, price", "topic_days": "180"}
    assert len(str(figures["topic_words"]).split(", ")) == SHOWN_WORDS
    text = true_text("TOPIC", {}, peers_like({}), TEXTS["en"], Statements([]), figures)
    assert text == (
        "Main topic of their messages in the last 180 days, which raises the risk: "
        "late, parcel, delay, lost, price"
    )


@pytest.mark.parametrize(
    ("share", "contribution"),
    [(0.8, -0.2), (0.4, 0.2), (np.nan, 0.2)],
    ids=["lowers", "aside", "wrote nothing"],
)
def test_no_other_topic_is_named(share: float, contribution: float) -> None:
    assert described(share, contribution) == {}


def test_who_writes_in_two_languages_has_no_known_main_topic() -> None:
    (english,) = MODEL.topics
    german = TopicModel("de", WORDS, english.idf, english.components)
    both = TextModel(TextParser({}), 180, None, (english, german))
    names = tuple(f"text__topic_{topic}__180d" for topic in both.topic_names)
    matrix = np.array([[0.9, 0.1, 0.2, 0.8], [0.9, 0.1, np.nan, np.nan]], np.float32)
    found = describe_topics(both, names, matrix, np.full((2, 5), 0.1))
    assert [figures.get("topic_words") for figures in found] == [None, "late, parcel, delay, lost, price"]


def test_a_model_without_texts_names_nothing() -> None:
    assert describe_topics(None, NAMES, np.zeros((2, 3), np.float32), np.zeros((2, 4))) == [{}, {}]


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_words_nothing_is_said_of_a_topic(language: str) -> None:
    statements = Statements(["text__texts__180d"])
    assert true_text("TOPIC", {"text__texts__180d": 1.0}, peers_like({}), TEXTS[language], statements) is None

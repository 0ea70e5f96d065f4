"""A text model as files: JSON and Parquet, to the last bit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.text.model import TextModel
from holdfast.text.parsing import TextParser
from holdfast.text.settings import Words
from holdfast.text.tone import GROUPS, ToneModel
from holdfast.text.topics import TopicModel

CONTENT, NGRAMS, WORDS = "text.json", "text_ngrams.parquet", "text_words.parquet"
COEFFICIENTS = [f"coef_{group}" for group in range(GROUPS)]


def save_text_model(model: TextModel, folder: Path) -> None:
    """Write a text model into a bundle's folder.

    `text_ngrams.parquet`: one row an n-gram, key ngram (its hash): idf, and its coefficient for each group of
    customers. `text_words.parquet`: one row a word, key (language, word): idf, and its weight in each topic.
    `text.json`: everything else.
    """
    content: dict[str, Any] = {
        "window_days": model.window_days,
        "words": {language: words.model_dump(mode="json") for language, words in model.parser.words.items()},
        "competitors": list(model.parser.competitors),
        "tone_intercept": None if model.tone is None else model.tone.intercept.tolist(),
        "topics": {topics.language: topics.top_words() for topics in model.topics},
    }
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / CONTENT).write_text(text, encoding="utf-8")
    if (tone := model.tone) is not None:
        coefficients = dict(zip(COEFFICIENTS, tone.coef, strict=True))
        pq.write_table(pa.table({"ngram": tone.ngrams, "idf": tone.idf, **coefficients}), folder / NGRAMS)
    if model.topics:
        pq.write_table(pa.concat_tables(map(topic_words, model.topics)), folder / WORDS)


def topic_words(topics: TopicModel) -> pa.Table:
    """One row a word of a language."""
    return pa.table(
        {
            "language": [topics.language] * len(topics.words),
            "word": pa.array(topics.words, pa.string()),
            "idf": topics.idf,
            "weights": pa.array(list(topics.components.T), pa.list_(pa.float32())),
        }
    )


def load_text_model(folder: Path) -> TextModel | None:
    """Read what `save_text_model` wrote; None where there is none."""
    if not (folder / CONTENT).is_file():
        return None
    content = json.loads((folder / CONTENT).read_text(encoding="utf-8"))
    words = {language: Words.model_validate(lists) for language, lists in content["words"].items()}
    tone: ToneModel | None = None
    topics: tuple[TopicModel, ...] = ()
    if content["tone_intercept"] is not None:
        table = pq.read_table(folder / NGRAMS, partitioning=None)
        ngrams, idf, *coef = (table[name].to_numpy() for name in ("ngram", "idf", *COEFFICIENTS))
        tone = ToneModel(ngrams, idf, np.stack(coef), np.array(content["tone_intercept"]))
    if content["topics"]:
        table = pq.read_table(folder / WORDS, partitioning=None)
        topics = tuple(read_topics(table, language) for language in sorted(content["topics"]))
    parser = TextParser(words, tuple(content["competitors"]))
    return TextModel(parser, int(content["window_days"]), tone, topics)


def read_topics(table: pa.Table, language: str) -> TopicModel:
    """The topics of one language."""
    rows = table.filter(pa.compute.equal(table["language"], language))
    components = np.ascontiguousarray(np.array(rows["weights"].to_pylist(), np.float32).T)
    return TopicModel(language, tuple(rows["word"].to_pylist()), rows["idf"].to_numpy(), components)

"""A text model as files: JSON and Parquet, to the last bit."""

import json
from collections.abc import Mapping
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


def text_model_files(model: TextModel) -> dict[str, bytes]:
    """A text model as files of a bundle: name → content.

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
    files = {CONTENT: text.encode()}
    if (tone := model.tone) is not None:
        coefficients = dict(zip(COEFFICIENTS, tone.coef, strict=True))
        files[NGRAMS] = to_parquet(pa.table({"ngram": tone.ngrams, "idf": tone.idf, **coefficients}))
    if model.topics:
        files[WORDS] = to_parquet(pa.concat_tables(map(topic_words, model.topics)))
    return files


def to_parquet(table: pa.Table) -> bytes:
    """A table as the content of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


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


def read_text_model(files: Mapping[str, bytes]) -> TextModel | None:
    """The text model among the files of a bundle; None: the bundle has none."""
    if CONTENT not in files:
        return None
    content = json.loads(files[CONTENT])
    words = {language: Words.model_validate(lists) for language, lists in content["words"].items()}
    tone: ToneModel | None = None
    topics: tuple[TopicModel, ...] = ()
    if content["tone_intercept"] is not None:
        table = pq.read_table(pa.BufferReader(files[NGRAMS]))
        ngrams, idf, *coef = (table[name].to_numpy() for name in ("ngram", "idf", *COEFFICIENTS))
        tone = ToneModel(ngrams, idf, np.stack(coef), np.array(content["tone_intercept"]))
    if content["topics"]:
        table = pq.read_table(pa.BufferReader(files[WORDS]))
        topics = tuple(read_topics(table, language) for language in sorted(content["topics"]))
    parser = TextParser(words, tuple(content["competitors"]))
    return TextModel(parser, int(content["window_days"]), tone, topics)


def read_topics(table: pa.Table, language: str) -> TopicModel:
    """The topics of one language."""
    rows = table.filter(pa.compute.equal(table["language"], language))
    components = np.ascontiguousarray(np.array(rows["weights"].to_pylist(), np.float32).T)
    return TopicModel(language, tuple(rows["word"].to_pylist()), rows["idf"].to_numpy(), components)

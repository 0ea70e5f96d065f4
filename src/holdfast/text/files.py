"""A text model as files: JSON and Parquet, bit for bit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.text.learned import TextModel
from holdfast.text.reading import Reader
from holdfast.text.settings import Words
from holdfast.text.tone import GROUPS, Tone
from holdfast.text.topics import Topics

CONTENT, TERMS, WORDS = "text.json", "text_terms.parquet", "text_words.parquet"
WEIGHTS = [f"weight_{group}" for group in range(GROUPS)]


def save_texts(model: TextModel, folder: Path) -> None:
    """Write a text model into a model's folder.

    `text_terms.parquet`: one row an n-gram, key term (its hash): rarity, and its weight for each group of
    customers. `text_words.parquet`: one row a word of a topic, key (language, word): rarity, and its
    weight in each topic of the language.
    """
    content: dict[str, Any] = {
        "days": model.days,
        "words": {language: words.model_dump(mode="json") for language, words in model.reader.words.items()},
        "competitors": list(model.reader.competitors),
        "tone_base": None if model.tone is None else model.tone.base.tolist(),
        "topics": {one.language: one.shown() for one in model.topics},
    }
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / CONTENT).write_text(text, encoding="utf-8")
    if model.tone is not None:
        weights = dict(zip(WEIGHTS, model.tone.weights, strict=True))
        columns = {"term": model.tone.terms, "rarity": model.tone.rarity, **weights}
        pq.write_table(pa.table(columns), folder / TERMS)
    if model.topics:
        pq.write_table(pa.concat_tables(topic_words(one) for one in model.topics), folder / WORDS)


def topic_words(topics: Topics) -> pa.Table:
    """One row a word."""
    return pa.table(
        {
            "language": [topics.language] * len(topics.words),
            "word": pa.array(topics.words, pa.string()),
            "rarity": topics.rarity,
            "weights": pa.array(list(topics.weights.T), pa.list_(pa.float32())),
        }
    )


def load_texts(folder: Path) -> TextModel | None:
    """What `save_texts` wrote; None where there is none."""
    if not (folder / CONTENT).is_file():
        return None
    content = json.loads((folder / CONTENT).read_text(encoding="utf-8"))
    words = {language: Words.model_validate(lists) for language, lists in content["words"].items()}
    topics: tuple[Topics, ...] = ()
    if content["topics"]:
        table = pq.read_table(folder / WORDS, partitioning=None)
        topics = tuple(read_topics(table, language) for language in sorted(content["topics"]))
    tone = None if content["tone_base"] is None else read_tone(folder, content["tone_base"])
    return TextModel(Reader(words, tuple(content["competitors"])), int(content["days"]), tone, topics)


def read_tone(folder: Path, base: list[float]) -> Tone:
    """The n-grams and their weights."""
    table = pq.read_table(folder / TERMS, partitioning=None)
    weights = np.stack([table[name].to_numpy() for name in WEIGHTS])
    return Tone(table["term"].to_numpy(), table["rarity"].to_numpy(), weights, np.array(base))


def read_topics(table: pa.Table, language: str) -> Topics:
    """The topics of one language."""
    own = table.filter(pa.compute.equal(table["language"], language))
    weights = np.array(own["weights"].to_pylist(), np.float32).T
    return Topics(
        language, tuple(own["word"].to_pylist()), own["rarity"].to_numpy(), np.ascontiguousarray(weights)
    )

"""Texts beside the features: written by features, read by whoever trains, explains and scores.

They are personal data. They stay in data/features: no text goes to tracking, into a log or an error.
"""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from holdfast.job import Job, Manifest, Result
from holdfast.text.collecting import SOURCES, collect_texts, first_days
from holdfast.text.log import TextLog
from holdfast.text.model import Corpus, parse_corpus
from holdfast.text.settings import TextSettings, Words

TEXTS = "texts.parquet"


def keep_texts(job: Job, out: Path, dates: tuple[dt.date, ...], before: dt.date) -> Manifest:
    """Write what the customers of the features in `out` wrote before a day; gives since when there are texts.

    `texts.parquet`: one row a text, see `holdfast.text.log.TextLog`. Without a column of texts nothing is
    written, and nothing said.
    """
    paths = {name: job.layout.validated / f"{name}.parquet" for name in SOURCES}
    if not any(path.exists() and SOURCES[name] in pq.read_schema(path).names for name, path in paths.items()):
        return {}
    with job.engine() as engine:
        texts = collect_texts(job.tables(engine), before)
        assert texts is not None
        people = engine.read_parquet(out / "part-*.parquet").select("customer_id").distinct()
        own = texts.semi_join(people, "customer_id").order_by(*texts.columns)
        engine.write_parquet(own, out / TEXTS)
        return {"texts_since": first_days(texts, dates)}


def read_texts(data: Result) -> TextLog | None:
    """What the customers of some features wrote; None where there is no column of texts."""
    since = data.manifest.get("texts_since")
    if since is None:
        return None
    days = {dt.date.fromisoformat(date): dt.date.fromisoformat(first) for date, first in since.items()}
    return TextLog(pq.read_table(data.folder / TEXTS, partitioning=None), days)


def read_corpus(job: Job, data: Result, by: Mapping[str, Any] | None = None) -> Corpus | None:
    """The texts that a training may learn from; None: there are none.

    Args:
        by: settings and word lists as `read_with` gives them; None: those of this training.
    """
    log = read_texts(data)
    if log is None or not log.table.num_rows:
        return None
    job.say(f"reading {log.table.num_rows:,} texts")
    if by is None:
        return parse_corpus(log, job.config.words, job.config.text)
    words = {language: Words.model_validate(lists) for language, lists in by["words"].items()}
    return parse_corpus(log, words, TextSettings.model_validate(by["text"]))


def read_with(job: Job, data: Result) -> dict[str, Any] | None:
    """The settings that texts are read with; None where there are no texts."""
    if "texts_since" not in data.manifest or not job.config.model.text:
        return None
    words = {language: lists.model_dump() for language, lists in job.config.words.items()}
    return {"text": job.config.text.model_dump(), "words": words}

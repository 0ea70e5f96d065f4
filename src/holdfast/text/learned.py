"""What a training learns from texts, and the columns that it makes of them."""

import dataclasses
import datetime as dt
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.text.log import DAY, TextLog, Visible, micros, see
from holdfast.text.reading import SUBJECTS, Reader, Texts
from holdfast.text.reasons import MEASURES
from holdfast.text.settings import TextSettings, Words
from holdfast.text.tone import Tone, fit_tone
from holdfast.text.topics import Topics, fit_topics

LANGUAGE = "text__language__all"
PREFIX = "text__"
TOPIC = "TOPIC"

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class TextModel:
    """What was learned from the texts of a training.

    Attributes:
        reader: the word lists that it was learned with.
        days: texts of so many days before an as-of date count.
        tone: None: too few wrote, or too few of them left.
        topics: of each main language.
    """

    reader: Reader
    days: int
    tone: Tone | None
    topics: tuple[Topics, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it makes."""
        window = f"{self.days}d"
        named = [f"talks_of_{subject}__{window}" for subject in SUBJECTS] + [f"texts__{window}"]
        named += [f"length_mean__{window}", f"tone__{window}", "tone_last__all", "language__all"]
        named += [f"topic_{name}__{window}" for name in self.topic_names]
        return tuple(PREFIX + name for name in named)

    @property
    def topic_names(self) -> tuple[str, ...]:
        """`<language>_<number>` of each topic; the number is the place in `Topics.shown()`, from 1 on."""
        return tuple(
            f"{one.language}_{place}" for one in self.topics for place in range(1, len(one.weights) + 1)
        )

    @property
    def reasons(self) -> dict[str, str]:
        """The reason code of each column."""
        measures = {name: name.split("__")[1] for name in self.names}
        return {name: MEASURES.get(measure, (TOPIC, None))[0] for name, measure in measures.items()}

    def judge(self, texts: Texts) -> "Judged":
        """The tone and the topics of each text."""
        count = len(texts.language)
        tone = np.full(count, np.nan) if self.tone is None else self.tone.margins(texts)
        topics = [one.shares(texts) for one in self.topics]
        return Judged(self, texts, tone, np.concatenate([np.empty((count, 0)), *topics], axis=1))

    def extend(self, features: pa.Table, log: TextLog | None) -> pa.Table:
        """A table of snapshots with the columns of `Judged.extend`; all null without a log of texts."""
        if log is not None:
            return self.judge(self.reader.read(log.of(features["customer_id"]))).extend(features)
        for name in self.names:
            kind = pa.string() if name == LANGUAGE else pa.float32()
            features = features.append_column(name, pa.nulls(features.num_rows, kind))
        return features


@dataclasses.dataclass(frozen=True)
class Judged:
    """Texts with what a model says of each.

    Attributes:
        tone: (texts,) log-odds that a customer who writes so leaves; NaN: no tone was learned.
        topics: (texts, topics) shares from 0 to 1; NaN: another language.
    """

    model: TextModel
    texts: Texts
    tone: Floats
    topics: Floats

    def extend(self, features: pa.Table) -> pa.Table:
        """Snapshots (customer_id, as_of, …) with what their customers wrote, float32.

        Over the window: how many texts (0: none) there were, and talked of each subject; the mean length
        (characters), tone (log-odds) and share of each topic, null without a text. Of all time: the tone
        and the language of the newest text. Null where the window begins before the first text of anybody.
        """
        customers, as_of = features["customer_id"], micros(features["as_of"])
        seen = see(self.texts.log, customers, as_of, self.model.days)
        newest = see(self.texts.log, customers, as_of).last()
        values = self.count(seen) + self.average(seen)
        for column in values:
            column[self.too_early(as_of)] = np.nan
        told = {name: as_float32(column) for name, column in zip(self.windowed(), values, strict=True)}
        last = np.append(self.tone, np.nan)[newest]
        told[f"{PREFIX}tone_last__all"] = as_float32(last)
        told[LANGUAGE] = self.texts.language.take(pa.array(newest, mask=newest < 0))
        for name in self.model.names:
            features = features.append_column(name, told[name])
        return features

    def windowed(self) -> list[str]:
        """The columns over the window, those that are counted first."""
        return [name for name in self.model.names if not name.endswith("__all")]

    def count(self, seen: Visible) -> list[Floats]:
        """(snapshots,) for each subject the texts that talk of it; and all texts."""
        talks = np.column_stack([self.texts.facts[subject] for subject in SUBJECTS])
        return [*(seen.matrix(len(talks)) @ talks).T, np.diff(seen.start).astype(np.float64)]

    def average(self, seen: Visible) -> list[Floats]:
        """(snapshots,) length, tone and topics, each over the texts of which it is known."""
        values = np.column_stack([self.texts.facts["length"], self.tone, self.topics])
        matrix, known = seen.matrix(len(values)), ~np.isnan(values)
        total, count = matrix @ np.where(known, values, 0), matrix @ known.astype(np.float64)
        return list(np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0).T)

    def too_early(self, as_of: Ints) -> NDArray[np.bool_]:
        """(snapshots,) whether the window begins before the first day of which any text was known."""
        dates, place = np.unique(as_of, return_inverse=True)
        since = self.texts.log.since
        firsts = [since.get(day_of(date)) for date in dates]
        begins = [day_of(date) - dt.timedelta(days=self.model.days) for date in dates]
        early = [first is None or begin < first for first, begin in zip(firsts, begins, strict=True)]
        return np.array(early, bool)[place]


@dataclasses.dataclass(frozen=True)
class Corpus:
    """The texts that a training may learn from, read once for all its fits.

    Attributes:
        topics: how many of each main language; 0: none.
    """

    reader: Reader
    days: int
    topics: int
    texts: Texts

    def learn(self, snapshots: pa.Table) -> Judged:
        """Learn from what some labelled snapshots (customer_id, as_of, churned) see, and nothing else."""
        seen = see(self.texts.log, snapshots["customer_id"], micros(snapshots["as_of"]), self.days)
        matrix = seen.matrix(len(self.texts.language))
        times = matrix.sum(axis=0)
        rows = np.flatnonzero(times)
        share = (matrix.T @ snapshots["churned"].to_numpy())[rows] / times[rows]
        tone = fit_tone(self.texts, rows, share)
        model = TextModel(self.reader, self.days, tone, fit_topics(self.texts, rows, self.topics))
        return model.judge(self.texts)


def open_corpus(log: TextLog, words: Mapping[str, Words], settings: TextSettings) -> Corpus:
    """Read all texts of a log."""
    reader = Reader(dict(words), settings.competitors)
    return Corpus(reader, settings.days, settings.topics, reader.read(log))


def day_of(micros: int) -> dt.date:
    """The day of a midnight."""
    return dt.date(1970, 1, 1) + dt.timedelta(days=int(micros) // DAY)


def as_float32(values: Floats) -> pa.Array:
    """A column of features: null for NaN."""
    return pa.array(values.astype(np.float32), mask=np.isnan(values))

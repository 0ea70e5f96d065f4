"""The text model of a training, and its text features."""

import dataclasses
import datetime as dt
import logging
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.text.log import DAY, TextLog, VisibleTexts, microseconds, visible_texts
from holdfast.text.parsing import SUBJECTS, ParsedTexts, TextParser
from holdfast.text.reasons import MEASURES
from holdfast.text.settings import TextSettings, Words
from holdfast.text.tone import ToneModel, fit_tone
from holdfast.text.topics import TopicModel, fit_topics

LANGUAGE = "text__language__all"
PREFIX = "text__"
TOPIC = "TOPIC"

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class TextModel:
    """The fitted text model.

    Attributes:
        window_days: features are over this many days before the as-of date.
        tone: None: too few customers wrote to fit it.
        topics: one model for each main language.
    """

    parser: TextParser
    window_days: int
    tone: ToneModel | None
    topics: tuple[TopicModel, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The text features."""
        window = f"{self.window_days}d"
        names = [f"talks_of_{subject}__{window}" for subject in SUBJECTS] + [f"texts__{window}"]
        names += [f"length_mean__{window}", f"tone__{window}", "tone_last__all", "language__all"]
        names += [f"topic_{name}__{window}" for name in self.topic_names]
        return tuple(PREFIX + name for name in names)

    @property
    def topic_names(self) -> tuple[str, ...]:
        """`<language>_<number>` of each topic; `TopicModel.top_words()` has them in this order, from 1 on."""
        return tuple(
            f"{topics.language}_{number + 1}"
            for topics in self.topics
            for number in range(len(topics.components))
        )

    @property
    def reasons(self) -> dict[str, str]:
        """The reason code of each text feature."""
        return {name: MEASURES.get(name.split("__")[1], (TOPIC, None))[0] for name in self.names}

    def score(self, texts: ParsedTexts) -> "ScoredTexts":
        """Tone and topics of each text."""
        count = len(texts.language)
        tone = np.full(count, np.nan) if self.tone is None else self.tone.logits(texts)
        shares = [topics.shares(texts) for topics in self.topics]
        return ScoredTexts(self, texts, tone, np.concatenate([np.empty((count, 0)), *shares], axis=1))

    def add_features(self, features: pa.Table, log: TextLog | None) -> pa.Table:
        """Snapshots with their text features (see `ScoredTexts.add_features`); null without a log."""
        if log is not None:
            texts = self.parser.parse(log.filter_customers(features["customer_id"]))
            return self.score(texts).add_features(features)
        for name in self.names:
            kind = pa.string() if name == LANGUAGE else pa.float32()
            features = features.append_column(name, pa.nulls(features.num_rows, kind))
        return features


@dataclasses.dataclass(frozen=True)
class ScoredTexts:
    """Texts with their tone and topics.

    Attributes:
        tone: (texts,) log-odds that a customer who wrote the text churns; NaN: there is no tone model.
        topics: (texts, topics) shares from 0 to 1; NaN: another language.
    """

    model: TextModel
    texts: ParsedTexts
    tone: Floats
    topics: Floats

    def add_features(self, features: pa.Table) -> pa.Table:
        """Snapshots (customer_id, as_of, …) with their text features, float32.

        Over the window: the number of texts (0: none), and of those that mention each subject; the mean
        length (characters), tone (log-odds) and share of each topic, null without a text. All of these are
        null where no text of any customer was known. Of all time: the tone and the
        language of the newest text.
        """
        customers, as_of = features["customer_id"], microseconds(features["as_of"])
        visible = visible_texts(self.texts.log, customers, as_of, self.model.window_days)
        newest = visible_texts(self.texts.log, customers, as_of).newest()
        values = np.column_stack([self.counts(visible), self.means(visible)])
        values[self.nothing_observed(as_of)] = np.nan
        windowed = [name for name in self.model.names if not name.endswith("__all")]
        columns = {name: as_float32(column) for name, column in zip(windowed, values.T, strict=True)}
        columns[f"{PREFIX}tone_last__all"] = as_float32(np.append(self.tone, np.nan)[newest])
        columns[LANGUAGE] = self.texts.language.take(pa.array(newest, mask=newest < 0))
        for name in self.model.names:
            features = features.append_column(name, columns[name])
        return features

    def counts(self, visible: VisibleTexts) -> Floats:
        """(snapshots, subjects + 1) visible texts that mention each subject; all visible texts."""
        mentions = np.column_stack([self.texts.facts[subject] for subject in SUBJECTS])
        return np.column_stack([visible.matrix(len(mentions)) @ mentions, np.diff(visible.start)])

    def means(self, visible: VisibleTexts) -> Floats:
        """(snapshots, 2 + topics) mean length, tone and topic shares, over the texts where each is known."""
        values = np.column_stack([self.texts.facts["length"], self.tone, self.topics])
        matrix, known = visible.matrix(len(values)), ~np.isnan(values)
        total, count = matrix @ np.where(known, values, 0), matrix @ known.astype(np.float64)
        return np.asarray(np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0))

    def nothing_observed(self, as_of: Ints) -> NDArray[np.bool_]:
        """(snapshots,) whether no text of any customer was known by then."""
        dates, position = np.unique(as_of, return_inverse=True)
        days = [dt.date(1970, 1, 1) + dt.timedelta(days=int(date) // DAY) for date in dates]
        return np.array([day not in self.texts.log.since for day in days], bool)[position]


@dataclasses.dataclass(frozen=True)
class Corpus:
    """The texts that a training may learn from, parsed once for all its fits.

    Attributes:
        window_days: see `TextModel`.
        n_topics: of each main language; 0: none.
    """

    parser: TextParser
    window_days: int
    n_topics: int
    texts: ParsedTexts

    def fit(self, snapshots: pa.Table) -> ScoredTexts:
        """Fit a text model on the texts that labelled snapshots can see, and score all texts.

        Args:
            snapshots: customer_id, as_of, churned (0 or 1).
        """
        as_of = microseconds(snapshots["as_of"])
        visible = visible_texts(self.texts.log, snapshots["customer_id"], as_of, self.window_days)
        matrix = visible.matrix(len(self.texts.language))
        seen_by = matrix.sum(axis=0)
        rows = np.flatnonzero(seen_by)
        churn_share = (matrix.T @ snapshots["churned"].to_numpy())[rows] / seen_by[rows]
        tone, topics = fit_tone(self.texts, rows, churn_share), fit_topics(self.texts, rows, self.n_topics)
        return TextModel(self.parser, self.window_days, tone, topics).score(self.texts)


def parse_corpus(log: TextLog | None, words: Mapping[str, Words], settings: TextSettings) -> Corpus | None:
    """Parse all texts of a log; None: there are none."""
    if log is None or not log.table.num_rows:
        return None
    logger.info("reading %s texts", f"{log.table.num_rows:,}")
    parser = TextParser(dict(words), settings.competitors)
    return Corpus(parser, settings.window_days, settings.n_topics, parser.parse(log))


def as_float32(values: Floats) -> pa.Array:
    """A float32 column; NaN becomes null."""
    return pa.array(values.astype(np.float32), mask=np.isnan(values))

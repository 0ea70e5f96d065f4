"""What texts are about: topics of words that go together, learned without labels, with words to show."""

import dataclasses
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from holdfast.text.reading import Texts
from holdfast.text.tone import LEAST_CUSTOMERS, evenly_drawn, rarity_of, weigh

LEAST_TEXTS, LEAST_SHARE = 500, 0.05  # of a language, to have topics of its own
MOST_TEXTS, MOST_WORDS = 5_000, 2_000  # of a language, learned from and kept
SHOWN = 8  # words that stand for a topic
TOO_COMMON = 0.2  # a word in more than this share of the texts tells none from the others
SWEEPS = 20

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Topics:
    """The topics of one language: a text is taken as a sum of topics (non-negative matrix factorisation).

    Source: Lee and Seung (1999), Learning the parts of objects by non-negative matrix factorization.

    Attributes:
        language: ISO 639-1.
        words: (words,) in alphabetical order, as they are written; each was used by LEAST_CUSTOMERS at
            the least.
        rarity: (words,) inverse document frequencies.
        weights: (topics, words) how much of each word a topic holds.
    """

    language: str
    words: tuple[str, ...]
    rarity: NDArray[np.float32]
    weights: NDArray[np.float32]

    def shown(self) -> list[list[str]]:
        """For each topic its words, the heaviest first."""
        heaviest = np.argsort(-self.weights, axis=1, kind="stable")[:, :SHOWN]
        return [[unicodedata.normalize("NFC", self.words[word]) for word in topic] for topic in heaviest]

    def shares(self, texts: Texts) -> Floats:
        """(texts, topics) the share of each topic in a text; NaN in another language and without a word."""
        found = np.full((len(texts.language), len(self.weights)), np.nan)
        rows = np.flatnonzero(pc.equal(texts.language, self.language).fill_null(False).to_numpy())
        if len(rows):
            counts = count_words(*words_of(texts, rows), len(rows), self.words)
            parts = take_apart(weigh(counts, self.rarity), self.weights)
            total = parts.sum(axis=1, keepdims=True)
            found[rows] = np.divide(parts, total, out=np.full_like(parts, np.nan), where=total > 0)
        return found


def fit_topics(texts: Texts, rows: Ints, count: int) -> tuple[Topics, ...]:
    """Learn `count` topics of each main language from some texts; languages in alphabetical order."""
    if not count:
        return ()
    language = texts.language.take(pa.array(rows))
    found = []
    for entry in sorted(pc.value_counts(language.drop_null()).to_pylist(), key=lambda entry: entry["values"]):
        if entry["counts"] >= max(LEAST_TEXTS, LEAST_SHARE * len(rows)):
            own = rows[pc.equal(language, entry["values"]).fill_null(False).to_numpy()]
            topics = fit_language(texts, own, entry["values"], count)
            found += [topics] if topics else []
    return tuple(found)


def fit_language(texts: Texts, rows: Ints, language: str, count: int) -> Topics | None:
    """The topics of one language; None: too few words are common to customers."""
    from sklearn.decomposition import NMF

    rows = rows[evenly_drawn(len(rows), MOST_TEXTS)]
    words, text = words_of(texts, rows)
    known = common_words(words, text, texts.log.owner()[rows])
    if len(known) <= count:
        return None
    counts = count_words(words, text, len(rows), known)
    rarity = rarity_of(counts)
    # tol=0: always so many rounds; scikit-learn would warn of fewer, and folds run in threads
    model = NMF(count, init="nndsvd", max_iter=40, tol=0, random_state=0)
    model.fit(weigh(counts, rarity))
    weights = model.components_.astype(np.float32)
    return Topics(language, known, rarity, weights[weights.any(axis=1)])


def words_of(texts: Texts, rows: Ints) -> tuple[pa.Array, Ints]:
    """All words of some texts one after the other, and for each word which of the texts it is from."""
    several = texts.words.take(pa.array(rows))
    lengths = pc.list_value_length(several).to_numpy(zero_copy_only=False)
    return several.flatten(), np.repeat(np.arange(len(rows)), lengths)


def common_words(words: pa.Array, text: Ints, customer: Ints) -> tuple[str, ...]:
    """The words that LEAST_CUSTOMERS use, the most frequent of them, in alphabetical order.

    Args:
        words, text: as `words_of` gives them.
        customer: (texts,) whose each text is.
    """
    known = pc.unique(words).sort()
    code = pc.index_in(words, value_set=known).to_numpy().astype(np.int64)
    users = np.bincount(once_each(code, customer[text]), minlength=len(known))
    in_texts = np.bincount(once_each(code, text), minlength=len(known))
    fit = np.flatnonzero((users >= LEAST_CUSTOMERS) & (in_texts <= TOO_COMMON * len(customer)))
    kept = np.sort(fit[np.argsort(-users[fit], kind="stable")[:MOST_WORDS]])
    return tuple(known.take(pa.array(kept)).to_pylist())


def once_each(code: Ints, of: Ints) -> Ints:
    """The codes, each once for each of those that have it."""
    width = int(of.max(initial=0)) + 1
    return np.asarray(np.unique(code * width + of) // width)


def count_words(words: pa.Array, text: Ints, texts: int, known: tuple[str, ...]) -> csr_array:
    """(texts, known words) how often each text has each word."""
    place = pc.index_in(words, value_set=pa.array(known, pa.string())).fill_null(-1).to_numpy()
    kept = place >= 0
    ones = np.ones(int(kept.sum()), np.float32)
    return coo_array((ones, (text[kept], place[kept])), shape=(texts, len(known))).tocsr()


def take_apart(matrix: csr_array, weights: NDArray[np.float32]) -> Floats:
    """(texts, topics) the non-negative amounts of each topic that come nearest to each text.

    By coordinate descent with a fixed number of sweeps: a text's amounts do not depend on the others'.
    """
    alike = (weights @ weights.T).astype(np.float64)
    toward = (matrix @ weights.T).astype(np.float64)
    amounts: Floats = np.zeros(toward.shape)
    for _ in range(SWEEPS):
        for topic in range(len(weights)):
            rest = toward[:, topic] - amounts @ alike[:, topic]
            amounts[:, topic] = np.maximum(0, amounts[:, topic] + rest / alike[topic, topic])
    return amounts

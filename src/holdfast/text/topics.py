"""Topics of texts: words that occur together, found without labels by non-negative matrix factorization."""

import dataclasses
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from sklearn.feature_extraction.text import TfidfTransformer

from holdfast.text.parsing import ParsedTexts
from holdfast.text.tone import MIN_CUSTOMERS, random_sample, tfidf_of

MIN_TEXTS, MIN_SHARE = 500, 0.05  # of all texts, for a language to have topics
MAX_TEXTS, MAX_WORDS = 5_000, 2_000  # of a language, to fit on
MAX_DOCUMENT_FREQUENCY = 0.2  # words in more of the texts tell no topic from another
TOP_WORDS = 8  # shown for a topic
ITERATIONS = 20  # of coordinate descent for the topics of a text

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class TopicModel:
    """The topics of one language (NMF of the TF-IDF of words).

    Source: Lee and Seung (1999), Learning the parts of objects by non-negative matrix factorization.

    Attributes:
        words: (words,) in alphabetical order; at least MIN_CUSTOMERS customers used each.
        components: (topics, words) the weight of each word in each topic.
    """

    language: str
    words: tuple[str, ...]
    idf: NDArray[np.float32]
    components: NDArray[np.float32]

    def top_words(self) -> list[list[str]]:
        """For each topic the words with the largest weights, the largest first."""
        top = np.argsort(-self.components, axis=1, kind="stable")[:, :TOP_WORDS]
        return [[unicodedata.normalize("NFC", self.words[word]) for word in topic] for topic in top]

    def shares(self, texts: ParsedTexts) -> Floats:
        """(texts, topics) the share of each topic; NaN in another language and without a known word."""
        shares = np.full((len(texts.language), len(self.components)), np.nan)
        rows = np.flatnonzero(pc.equal(texts.language, self.language).fill_null(False).to_numpy())
        if len(rows):
            tfidf = tfidf_of(self.idf).transform(count_words(texts, rows, pa.array(self.words, pa.string())))
            amounts = topic_amounts(tfidf, self.components)
            total = amounts.sum(axis=1, keepdims=True)
            shares[rows] = np.divide(amounts, total, out=np.full_like(amounts, np.nan), where=total > 0)
        return shares


def fit_topics(texts: ParsedTexts, rows: Ints, n_topics: int) -> tuple[TopicModel, ...]:
    """Fit the topics of each main language of some texts; languages in alphabetical order."""
    if not n_topics:
        return ()
    language = texts.language.take(pa.array(rows))
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(language.drop_null()).to_pylist()}
    main = [name for name in sorted(counts) if counts[name] >= max(MIN_TEXTS, MIN_SHARE * len(rows))]
    models = [
        fit_language(texts, rows[pc.equal(language, name).fill_null(False).to_numpy()], name, n_topics)
        for name in main
    ]
    return tuple(model for model in models if model is not None)


def fit_language(texts: ParsedTexts, rows: Ints, language: str, n_topics: int) -> TopicModel | None:
    """The topics of one language; None: too few words are used by enough customers."""
    from sklearn.decomposition import NMF

    rows = rows[random_sample(len(rows), MAX_TEXTS)]
    vocabulary = pc.unique(texts.words.take(pa.array(rows)).flatten()).sort()
    counts = count_words(texts, rows, vocabulary)
    kept = frequent_words(counts, texts.log.customer_codes()[rows])
    if len(kept) <= n_topics:
        return None
    transformer = TfidfTransformer(sublinear_tf=True)
    # tol=0: always 40 iterations; scikit-learn would warn of not converging
    model = NMF(n_topics, init="nndsvd", max_iter=40, tol=0, random_state=0)
    model.fit(transformer.fit_transform(counts[:, kept]))
    components = model.components_.astype(np.float32)
    words = tuple(vocabulary.take(pa.array(kept)).to_pylist())
    return TopicModel(language, words, transformer.idf_, components[components.any(axis=1)])


def frequent_words(counts: csr_array, customers: Ints) -> Ints:
    """The words that most customers use, at least MIN_CUSTOMERS, and that are not in too many texts.

    Args:
        counts: (texts, words)
        customers: (texts,) the customer of each text.
    """
    texts, words = counts.shape
    ones = np.ones(texts, np.float32)
    by_customer = coo_array(
        (ones, (customers, np.arange(texts))), shape=(customers.max(initial=0) + 1, texts)
    )
    users = np.bincount((by_customer.tocsr() @ counts).indices, minlength=words)
    in_texts = np.bincount(counts.indices, minlength=words)
    allowed = np.flatnonzero((users >= MIN_CUSTOMERS) & (in_texts <= MAX_DOCUMENT_FREQUENCY * texts))
    return np.sort(allowed[np.argsort(-users[allowed], kind="stable")[:MAX_WORDS]])


def count_words(texts: ParsedTexts, rows: Ints, vocabulary: pa.Array) -> csr_array:
    """(rows, vocabulary) how often each text has each word, float32."""
    words = texts.words.take(pa.array(rows))
    lengths = pc.list_value_length(words).to_numpy(zero_copy_only=False)
    column = pc.index_in(words.flatten(), value_set=vocabulary).fill_null(-1).to_numpy()
    row, known = np.repeat(np.arange(len(rows)), lengths), column >= 0
    ones = np.ones(int(known.sum()), np.float32)
    return coo_array((ones, (row[known], column[known])), shape=(len(rows), len(vocabulary))).tocsr()


def topic_amounts(tfidf: csr_array, components: NDArray[np.float32]) -> Floats:
    """(texts, topics) the non-negative amounts of each topic that best reproduce each text.

    With a fixed number of iterations a text's amounts do not depend on the other texts.
    """
    from sklearn.decomposition import non_negative_factorization

    amounts, _, _ = non_negative_factorization(
        tfidf, H=components, n_components=len(components), update_H=False, tol=0, max_iter=ITERATIONS
    )
    return np.asarray(amounts, dtype=np.float64)

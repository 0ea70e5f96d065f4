"""The tone of texts: how much more often customers who write like this churn."""

import dataclasses
import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import logit
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from holdfast.text.parsing import ParsedTexts

GROUPS = 4
MIN_CUSTOMERS = 20  # who use an n-gram or word that is kept: no names, addresses or phone numbers
MIN_WRITERS, MIN_WRITERS_A_CLASS = 200, 40  # customers with texts that are needed to fit a tone
MAX_TEXTS, MAX_NGRAMS = 25_000, 20_000  # to fit on: more cost time and gain little
MAX_SELECTED = 2000  # n-grams in a group's regression
BLOCK = 8192  # texts scored at once, to bound memory
C = 0.5  # scikit-learn's inverse penalty

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class ToneModel:
    """Logistic regressions on the TF-IDF of character n-grams, one for each group of customers.

    A group's regression is fitted on the customers of all other groups: no customer's tone depends on their
    own outcome, in training as in scoring.

    Attributes:
        ngrams: (ngrams,) hashes, ascending; at least MIN_CUSTOMERS customers used each.
        coef: (GROUPS, ngrams)
        intercept: (GROUPS,) log-odds of a text without any of the n-grams.
    """

    ngrams: Ints
    idf: NDArray[np.float32]
    coef: NDArray[np.float32]
    intercept: Floats

    def logits(self, texts: ParsedTexts) -> Floats:
        """(texts,) log-odds that a customer who wrote the text churns."""
        # compiled code is needed only here, and where models are served without texts it is not installed
        from holdfast.text.ngrams import characters_of, count_ngrams

        group = customer_groups(texts.log.table["customer_id"])
        logits, characters = np.empty(len(group)), characters_of(texts.normalized)
        for start in range(0, len(group), BLOCK):
            rows = np.arange(start, min(start + BLOCK, len(group)))
            tfidf = tfidf_of(self.idf).transform(count_ngrams(characters, rows, self.ngrams))
            by_group = tfidf @ self.coef.T + self.intercept
            logits[rows] = by_group[np.arange(len(rows)), group[rows]]
        return logits


def fit_tone(texts: ParsedTexts, rows: Ints, churn_share: Floats) -> ToneModel | None:
    """Fit the tone of texts.

    Args:
        rows: the texts that the training rows can see.
        churn_share: (rows,) of the snapshots that see the text, the share that churned.

    Returns:
        None where too few customers wrote, churned or stayed.
    """
    from holdfast.text.ngrams import characters_of, count_ngrams, customers_per_ngram

    customers = texts.log.table["customer_id"].take(pa.array(rows))
    classes = (customers.filter(pa.array(part)) for part in (churn_share > 0, churn_share < 1))
    smaller_class = min(pc.count_distinct(part).as_py() for part in classes)
    if pc.count_distinct(customers).as_py() < MIN_WRITERS or smaller_class < MIN_WRITERS_A_CLASS:
        return None
    characters = characters_of(texts.normalized)
    users = customers_per_ngram(characters, rows, texts.log.customer_codes()[rows])
    frequent = np.argsort(-users, kind="stable")[:MAX_NGRAMS]
    ngrams = np.sort(frequent[users[frequent] >= MIN_CUSTOMERS])
    if not len(ngrams):
        return None
    sample = random_sample(len(rows), MAX_TEXTS)
    counts = count_ngrams(characters, rows[sample], ngrams)
    transformer = TfidfTransformer(sublinear_tf=True).fit(counts)
    tfidf = transformer.transform(counts)
    group, share = customer_groups(customers)[sample], churn_share[sample]
    coef, intercept = np.zeros((GROUPS, len(ngrams)), np.float32), np.zeros(GROUPS)
    for number, selected in enumerate(select_ngrams(tfidf, group, share)):
        others = np.flatnonzero(group != number)
        coef[number, selected], intercept[number] = fit_shares(tfidf[others][:, selected], share[others])
    used = np.flatnonzero(coef.any(axis=0))
    return ToneModel(ngrams[used], transformer.idf_[used], coef[:, used], intercept)


def select_ngrams(tfidf: csr_array, group: Ints, share: Floats) -> list[Ints]:
    """For each group the n-grams whose texts churn most differently, by chi-squared on all other groups."""
    present = csr_array((np.ones(tfidf.nnz), tfidf.indices, tfidf.indptr), shape=tfidf.shape)
    others = (group != np.arange(GROUPS)[:, None]).astype(np.float64)  # (groups, texts)
    texts, churned = others @ present, (others * share) @ present
    rate = (others @ share) / np.maximum(others.sum(axis=1), 1)
    chi = np.abs(churned - texts * rate[:, None]) / np.sqrt(np.maximum(texts, 1))
    return [np.sort(np.argsort(-row, kind="stable")[:MAX_SELECTED]) for row in chi]


def fit_shares(tfidf: csr_array, share: Floats) -> tuple[Floats, float]:
    """Coefficients and intercept of a logistic regression on shares between 0 and 1.

    scikit-learn takes classes: a text counts as churned with the weight `share`, as stayed with the rest.
    """
    churned, stayed = np.flatnonzero(share > 0), np.flatnonzero(share < 1)
    if not len(churned) or not len(stayed):  # a sample of very many texts may hold one class only
        return np.zeros(tfidf.shape[1]), float(logit(np.clip(share.mean(), 1e-6, 1 - 1e-6)))
    labels = np.repeat([1, 0], [len(churned), len(stayed)])
    weights = np.concatenate([share[churned], 1 - share[stayed]])
    rows = np.concatenate([churned, stayed])
    fitted = LogisticRegression(C=C, max_iter=1000).fit(tfidf[rows], labels, weights)
    return fitted.coef_[0], float(fitted.intercept_[0])


def tfidf_of(idf: NDArray[np.float32]) -> TfidfTransformer:
    """The fitted transformer with these inverse document frequencies."""
    transformer = TfidfTransformer(sublinear_tf=True)
    transformer.idf_ = idf
    return transformer


def random_sample(count: int, size: int) -> Ints:
    """All numbers below `count`, or a sample of them that is the same every time; ascending."""
    if count <= size:
        return np.arange(count)
    return np.sort(np.random.default_rng(count).choice(count, size, replace=False))


def customer_groups(customers: pa.ChunkedArray) -> Ints:
    """(rows,) the group of each row's customer, by SHA-256: the same on every machine."""
    ids = pc.unique(customers)
    group = [hashlib.sha256(customer.encode()).digest()[0] % GROUPS for customer in ids.to_pylist()]
    return np.asarray(np.array(group, np.int64)[pc.index_in(customers, value_set=ids).to_numpy()])

"""The tone of texts: how much more often customers who write like this leave."""

import dataclasses
import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import expit

from holdfast.text.reading import Texts

GROUPS = 4
LEAST_CUSTOMERS = 20  # who use an n-gram or a word that is kept: no names, addresses, phone numbers
LEAST_WRITERS, LEAST_LEAVERS = 200, 40  # customers to learn anything from
MOST_TEXTS, MOST_TERMS = 25_000, 20_000  # learned from, and looked at: more cost time and bring little
TELLING = 2000  # n-grams that a group's regression is given
BLOCK = 8192  # texts weighed at once: bounds memory
STRENGTH = 2.0  # the penalty, as so many texts that tell nothing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Tone:
    """Logistic regressions on character n-grams, one a group of customers.

    That of a group was fitted on all customers but those of the group: nobody's tone was ever taught by
    what they themselves did, in training as in use. The n-grams and their rarity are learned without labels.

    Attributes:
        terms: (terms,) hashes of the n-grams, ascending; each was used by LEAST_CUSTOMERS at the least.
        rarity: (terms,) inverse document frequencies.
        weights: (GROUPS, terms) log-odds a term of a text of length 1.
        base: (GROUPS,) log-odds of a text with no known n-gram.
    """

    terms: Ints
    rarity: NDArray[np.float32]
    weights: NDArray[np.float32]
    base: Floats

    def margins(self, texts: Texts) -> Floats:
        """(texts,) log-odds that a customer who wrote such a text leaves."""
        # compiled code is needed only here, and where models are served without texts it is not installed
        from holdfast.text.terms import count_terms, letters

        group = groups_of(texts.log.table["customer_id"])
        found, whole = np.empty(len(group)), letters(texts.folded)
        for at in range(0, len(group), BLOCK):
            rows = np.arange(at, min(at + BLOCK, len(group)))
            by_group = weigh(count_terms(whole, rows, self.terms), self.rarity) @ self.weights.T
            own = by_group[np.arange(len(rows)), group[rows]]
            found[rows] = own + self.base[group[rows]]
        return found


def fit_tone(texts: Texts, rows: Ints, share_churned: Floats) -> Tone | None:
    """Learn the tone.

    Args:
        rows: the texts that a training may learn from.
        share_churned: (rows,) of the training's snapshots that see the text, the share that churned.

    Returns:
        None where too few wrote, or too few of them left, to learn anything.
    """
    from holdfast.text.terms import count_terms, customers_of_terms, letters

    customers = texts.log.table["customer_id"].take(pa.array(rows))
    if pc.count_distinct(customers).as_py() < LEAST_WRITERS:
        return None
    leavers, stayers = (customers.filter(pa.array(some)) for some in (share_churned > 0, share_churned < 1))
    if min(pc.count_distinct(some).as_py() for some in (leavers, stayers)) < LEAST_LEAVERS:
        return None
    whole = letters(texts.folded)
    users = customers_of_terms(whole, rows, texts.log.owner()[rows])
    kept = np.argsort(-users, kind="stable")[:MOST_TERMS]
    terms = np.sort(kept[users[kept] >= LEAST_CUSTOMERS])
    if not len(terms):
        return None
    drawn = evenly_drawn(len(rows), MOST_TEXTS)
    counts = count_terms(whole, rows[drawn], terms)
    rarity = rarity_of(counts)
    matrix = weigh(counts, rarity)
    group, shares = groups_of(customers)[drawn], share_churned[drawn]
    telling = most_telling(matrix, group, shares)
    weights, base = np.zeros((GROUPS, len(terms)), np.float32), np.zeros(GROUPS)
    for one in range(GROUPS):
        others = np.flatnonzero(group != one)
        seen = matrix[others][:, telling[one]]
        weights[one, telling[one]], base[one] = fit_logistic(seen, shares[others])
    used = np.flatnonzero(weights.any(axis=0))
    return Tone(terms[used], rarity[used], weights[:, used], base)


def most_telling(matrix: csr_array, group: Ints, share: Floats) -> list[Ints]:
    """For each group the columns that differ most between who left and who stayed, in their order.

    By chi-squared, on the texts of all other groups.
    """
    (rows, terms), sizes = matrix.shape, np.diff(matrix.indptr)
    place = np.repeat(group * terms, sizes) + matrix.indices
    texts, churned = (
        np.bincount(place, weight, GROUPS * terms).reshape(GROUPS, terms)
        for weight in (None, np.repeat(share, sizes))
    )
    found = []
    for one in range(GROUPS):
        others = texts.sum(axis=0) - texts[one]
        expected = others * share[group != one].sum() / max(rows - np.count_nonzero(group == one), 1)
        surprise = np.abs(churned.sum(axis=0) - churned[one] - expected) / np.sqrt(np.maximum(others, 1))
        found.append(np.sort(np.argsort(-surprise, kind="stable")[:TELLING]))
    return found


def evenly_drawn(count: int, most: int) -> Ints:
    """All places, or `most` of them, always the same."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(count).choice(count, most, replace=False))


def rarity_of(counts: csr_array) -> NDArray[np.float32]:
    """(terms,) smoothed inverse document frequencies (as scikit-learn's TfidfTransformer)."""
    texts, terms = counts.shape
    with_term = np.bincount(counts.indices, minlength=terms)
    return np.asarray(np.log((1 + texts) / (1 + with_term)) + 1, dtype=np.float32)


def weigh(counts: csr_array, rarity: NDArray[np.float32]) -> csr_array:
    """(texts, terms) TF-IDF, sublinear in the count; each text has the length 1 (0 without any term)."""
    values = np.log(counts.data)
    values += 1
    values *= rarity[counts.indices]
    starts, sizes = counts.indptr[:-1], np.diff(counts.indptr)
    lengths = np.ones(len(sizes), values.dtype)
    some = sizes > 0  # reduceat knows no empty parts
    lengths[some] = np.sqrt(np.add.reduceat(values**2, starts[some])) if some.any() else 1
    values /= np.repeat(lengths, sizes)
    return csr_array((values, counts.indices, counts.indptr), shape=counts.shape)


def fit_logistic(matrix: csr_array, share: Floats) -> tuple[Floats, float]:
    """Weights and base of a logistic regression on shares between 0 and 1, with an L2 penalty.

    scikit-learn takes classes only: each text would have to be there twice.
    """
    turned, terms = matrix.T.tocsr(), matrix.shape[1]

    def loss(at: Floats) -> tuple[float, Floats]:
        margin = matrix @ at[:-1].astype(np.float32) + at[-1]
        excess = expit(margin) - share
        value = np.logaddexp(0, margin).sum() - share @ margin + STRENGTH / 2 * at[:-1] @ at[:-1]
        slope = turned @ excess.astype(np.float32) + STRENGTH * at[:-1]
        return float(value), np.append(slope, excess.sum())

    limits = {"maxiter": 50, "ftol": 1e-4}
    found = minimize(loss, np.zeros(terms + 1), jac=True, method="L-BFGS-B", options=limits).x
    return found[:-1], float(found[-1])


def groups_of(customers: pa.ChunkedArray) -> Ints:
    """(rows,) the group of each row's customer, by SHA-256: the same everywhere and always."""
    ids = pc.unique(customers)
    group = [hashlib.sha256(one.encode()).digest()[0] % GROUPS for one in ids.to_pylist()]
    return np.asarray(np.array(group, np.int64)[pc.index_in(customers, value_set=ids).to_numpy()])

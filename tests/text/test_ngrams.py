"""N-grams: the compiled counts are scikit-learn's; loading a bundle does not load the compiler."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer

from holdfast.text.ngrams import SLOTS, characters_of, count_ngrams, customers_per_ngram
from holdfast.text.parsing import normalize


def slot(ngram: str) -> int:
    """FNV-1a over code points."""
    code = 2166136261
    for character in ngram:
        code = (code ^ ord(character)) * 16777619 % 2**32
    return code % SLOTS


def expected(texts: list[str]) -> np.ndarray:
    """(texts, SLOTS) counts by scikit-learn's analyzer of n-grams within words."""
    ngrams = CountVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()
    counts = np.zeros((len(texts), SLOTS), np.float32)
    for row, text in enumerate(texts):
        for ngram in ngrams(text):
            counts[row, slot(ngram)] += 1
    return counts


@settings(max_examples=20)
@given(
    st.lists(st.text(alphabet="abαβی 🙁", max_size=12).map(lambda text: f"{text}b"), min_size=1, max_size=5)
)
def test_counts_are_scikit_learns(texts: list[str]) -> None:
    normalized = normalize(pa.chunked_array([texts], pa.string()))
    counts = expected(normalized.to_pylist())
    rows, customers = np.arange(len(texts)), np.arange(len(texts)) // 2
    users = customers_per_ngram(characters_of(normalized), rows, customers)
    by_customer = csr_array((np.ones(len(rows)), (customers, rows))) @ counts
    assert users.tolist() == (by_customer > 0).sum(axis=0).tolist()
    ngrams = np.flatnonzero(users)
    found = count_ngrams(characters_of(normalized), rows, ngrams)
    np.testing.assert_array_equal(found.toarray(), counts[:, ngrams])


def test_a_part_of_a_column_is_counted_by_its_own_texts() -> None:
    normalized = normalize(pa.chunked_array([["aa", "bb"], ["cc"]])).slice(1)
    counts = count_ngrams(characters_of(normalized), np.array([1, 0]), np.array([slot("bb"), slot("cc")]))
    assert counts.toarray().tolist() == [[0, 1], [1, 0]]


def test_a_bundle_loads_without_the_compiler_and_the_engine() -> None:
    code = "import sys, holdfast.model.bundle; print({'numba', 'ibis', 'py3langid'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "set()"

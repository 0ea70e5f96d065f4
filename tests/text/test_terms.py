"""N-grams: the compiled count is the plain one; what serves models does not load the compiler."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.text.reading import fold
from holdfast.text.terms import SLOTS, count_terms, customers_of_terms, letters


def slot(gram: str) -> int:
    code = 2166136261
    for byte in gram.encode():
        code = (code ^ byte) * 16777619 % 2**32
    return code % SLOTS


def grams(folded: str) -> Counter[str]:
    """2 to 5 characters of one word with the blanks around it."""
    found: Counter[str] = Counter()
    for begin in range(len(folded)):
        for size in range(2, 6):
            gram = folded[begin : begin + size]
            if len(gram) == size and " " not in gram[1:-1]:
                found[gram] += 1
    return found


def test_ngrams_stay_within_a_word() -> None:
    assert set(grams(" ab c ")) == {" a", " ab", " ab ", "ab", "ab ", "b ", " c", " c ", "c "}


@settings(max_examples=20)
@given(st.lists(st.text(alphabet="abαβی 🙁", max_size=12), min_size=1, max_size=5))
def test_counts_are_the_plain_ones(texts: list[str]) -> None:
    folded = fold(pa.chunked_array([texts], pa.string()))
    plain = [grams(text) for text in folded.to_pylist()]
    rows, customer = np.arange(len(texts)), np.arange(len(texts)) // 2
    users = customers_of_terms(letters(folded), rows, customer)
    expected = Counter(
        one for who in set(customer) for one in {slot(g) for at in rows[customer == who] for g in plain[at]}
    )
    assert {int(one): int(users[one]) for one in np.flatnonzero(users)} == expected
    terms = np.flatnonzero(users)
    counts = count_terms(letters(folded), rows, terms).toarray()
    for at, found in enumerate(plain):
        by_slot: Counter[int] = Counter()
        for gram, times in found.items():
            by_slot[slot(gram)] += times
        assert {int(terms[place]): int(counts[at, place]) for place in np.flatnonzero(counts[at])} == by_slot


def test_a_part_of_a_column_is_read_from_its_place() -> None:
    folded = fold(pa.chunked_array([["aa", "bb"], ["cc"]])).slice(1)
    terms = np.sort([slot("bb"), slot("cc")])
    counts = count_terms(letters(folded), np.array([1, 0]), terms).toarray()
    place = {gram: int(np.searchsorted(terms, slot(gram))) for gram in ("bb", "cc")}
    assert counts[0, place["cc"]] == counts[1, place["bb"]] == 1
    assert counts.sum() == 2


def test_a_bundle_loads_without_the_compiler_and_the_engine() -> None:
    code = "import sys, holdfast.model.bundle; print({'numba', 'ibis', 'py3langid'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "set()"

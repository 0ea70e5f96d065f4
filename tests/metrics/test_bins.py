"""Where values fall: tenths, values of their own, levels, nulls."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.metrics.bins import learn_bins


def counts(bins, column):
    return np.bincount(bins.place(column), minlength=bins.count).tolist()


def test_tenths_of_the_reference():
    column = pa.array(np.arange(1, 101, dtype=np.float32))
    bins = learn_bins(column)
    assert counts(bins, column) == [11, 10, 10, 10, 10, 10, 10, 10, 10, 9, 0]
    assert counts(bins, pa.array([-5.0, 1000.0, None], pa.float32())) == [1, *[0] * 8, 1, 1]


def test_a_value_that_many_share_has_a_bin_of_its_own_and_the_rest_is_in_tenths():
    column = pa.array([0.0] * 900 + [float(value) for value in range(1, 101)], pa.float32())
    bins = learn_bins(column)
    assert counts(bins, column)[:2] == [900, 11]
    assert counts(bins, pa.array([0.0, 50_000.0], pa.float32()))[-2] == 1  # × 500: seen, though 90% are 0


def test_what_lies_above_a_frequent_largest_value_is_new():
    column = pa.array([1.0] * 30 + [2.0] * 70, pa.float32())
    bins = learn_bins(column)
    assert counts(bins, column) == [30, 70, 0, 0]
    assert counts(bins, pa.array([3.0], pa.float32())) == [0, 0, 1, 0]


def test_levels_others_and_nulls():
    column = pa.array(["GR", "GR", "LT", None]).dictionary_encode()
    bins = learn_bins(column)
    assert bins.levels == ("GR", "LT")
    assert counts(bins, pa.array(["LT", "DE", None, "GR", "FR"])) == [1, 1, 2, 1]


def test_of_many_levels_the_rarest_share_a_bin():
    column = pa.array([f"{level:02}" for level in range(60) for _ in range(60 - level)])
    bins = learn_bins(column)
    assert bins.levels is not None
    assert len(bins.levels) == 50
    assert counts(bins, column)[-2] == sum(range(1, 11))


@pytest.mark.parametrize("column", [pa.nulls(5, pa.float32()), pa.array([], pa.float32())])
def test_nothing_known(column: pa.Array):
    assert counts(learn_bins(column), column) == [0, len(column)]


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6, width=32)), max_size=80),
    st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9, width=32)), max_size=80),
)
def test_every_row_falls_into_one_bin_and_nulls_into_the_last(
    reference: list[float | None], later: list[float | None]
):
    bins = learn_bins(pa.array(reference, pa.float32()))
    found = counts(bins, pa.array(later, pa.float32()))
    assert len(found) == bins.count
    assert (sum(found), found[-1]) == (len(later), later.count(None))
    assert (np.diff(bins.edges) > 0).all()
